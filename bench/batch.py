"""One delivery of a thousand entries, end to end: how soon the door acknowledges it, how soon it is a thousand items.

Through the processes of `bin/run`: a web process and a worker, beside a real PostgreSQL and broker. The time to the
acknowledgement is the client's, from the first byte to the answer; the time to split runs until the event is done,
which commits together with all its messages. One of the entries is bad in a second series: that costs its neighbours
nothing. The alternative beside it is what the door would be if it parsed before it answered.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Iterator
from typing import Any

import httpx

from bench.connector_samples import COMMENT
from bench.processes import Web, web, worker
from connectors import registry
from connectors.base import Account, Delivery
from connectors.generic import sign
from connectors.meta import signature
from inbox.connections import add_connection
from inbox.models import Connection, Event, Message
from routing import rulesets
from teams.models import User

ENTRIES = 1_000
ROUNDS = 3
PATIENCE = 60.0  # seconds
TARGET_ACK_MS, TARGET_SPLIT_SECONDS = 250, 20
SECRET = "app-secret-of-the-benchmark"
RULES = """
teams: [{slug: bench-support, name: Support}]
fallback: bench-support
rules: [{name: Help, any: [help, "can't", problem], team: bench-support}]
"""


def run() -> dict[str, Any]:
    by, _new = User.objects.get_or_create(username="bench", defaults={"is_admin": True})
    rulesets.import_yaml(RULES, by=by)
    with web() as door, worker():
        warm_up(door)
        return {kind: measure(door, kind) for kind in ("generic", "facebook")} | {"worker_processes": 2}


def measure(door: Web, kind: str) -> dict[str, Any]:
    added = add_connection(kind=kind, name=f"Batch of {kind}", secret="" if kind == "generic" else SECRET)
    secret = added.secret or SECRET
    rounds = [one(door, added.connection, secret, bad=False) for _ in range(ROUNDS)]
    spoiled = one(door, added.connection, secret, bad=True)
    acks, splits = zip(*[(ack, split) for ack, split, _made in [*rounds, spoiled]], strict=True)
    return {
        "ack_ms": [round(ack * 1000, 1) for ack in acks],
        "split_seconds": [round(split, 2) for split in splits],
        "messages": [made for _ack, _split, made in rounds],
        "messages_beside_a_bad_one": spoiled[2],
        "parse_alone_ms": round(parse_alone(kind), 1),
        "target": {"ack_ms": TARGET_ACK_MS, "split_seconds": TARGET_SPLIT_SECONDS},
        "reached": statistics.median(acks) * 1000 <= TARGET_ACK_MS and max(splits) <= TARGET_SPLIT_SECONDS,
    }


def one(door: Web, connection: Connection, secret: str, *, bad: bool) -> tuple[float, float, int]:
    """Seconds to the acknowledgement, seconds from there until it was split, and how many messages it made."""
    before = Message.objects.filter(connection=connection).count()
    body = batch(connection.kind, str(time.monotonic_ns()), bad=bad)
    url = f"http://127.0.0.1:{door.port}/hooks/{connection.key}/"
    headers = signed(connection.kind, secret, body)
    with httpx.Client(timeout=PATIENCE) as client:
        start = time.perf_counter()
        answer = client.post(url, content=body, headers=headers)
        acked = time.perf_counter()
    if answer.status_code != 200:
        raise RuntimeError(f"the door answered {answer.status_code}")
    event = Event.objects.filter(connection=connection).latest("pk")
    while Event.objects.get(pk=event.pk).state in {Event.State.PENDING, Event.State.LEASED}:
        if time.perf_counter() - acked > PATIENCE:
            raise TimeoutError("the batch is not split")
        time.sleep(0.02)
    split = time.perf_counter() - acked
    return acked - start, split, Message.objects.filter(connection=connection).count() - before


def batch(kind: str, tag: str, *, bad: bool) -> bytes:
    """A thousand entries that nobody has seen. With `bad`, the one in the middle cannot be read."""
    pieces = list(_generic(tag)) if kind == "generic" else list(_comments(tag))
    if bad:
        pieces[ENTRIES // 2] = {"value": 7}
    if kind == "generic":
        return json.dumps(pieces).encode()
    return json.dumps({"object": "page", "entry": [{"id": "501", "time": 1, "changes": pieces}]}).encode()


def _generic(tag: str) -> Iterator[dict[str, Any]]:
    for n in range(ENTRIES):
        author = {"id": f"u{n % 300}", "name": f"Customer {n % 300}"}
        yield {"id": f"{tag}-{n}", "kind": "comment", "text": f"I can't log in, number {n}", "author": author}


def _comments(tag: str) -> Iterator[dict[str, Any]]:
    for n in range(ENTRIES):
        value = {**COMMENT, "comment_id": f"8_{tag}{n}", "from": {"id": str(n % 300), "name": f"Customer {n % 300}"}}
        yield {"field": "feed", "value": value}


def signed(kind: str, secret: str, body: bytes) -> dict[str, str]:
    if kind == "generic":
        return sign(secret, f"batch-{time.monotonic_ns()}", int(time.time()), body)
    return {"x-hub-signature-256": signature(secret, body)}


def parse_alone(kind: str) -> float:
    """Milliseconds that a door which parses first would add to each answer."""
    delivery, start = Delivery(batch(kind, "alone", bad=False)), time.perf_counter()
    found = len(list(registry.get(kind).parse(delivery, Account(kind))))
    if found != ENTRIES:
        raise RuntimeError(f"{found} entries")
    return (time.perf_counter() - start) * 1000


def warm_up(door: Web) -> None:
    added = add_connection(kind="generic", name="Warming up")
    one(door, added.connection, added.secret, bad=False)
