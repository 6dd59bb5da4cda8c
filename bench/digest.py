"""How many events a second the workers of `bin/run` digest and route, beside storing the bare rows.

The named alternative is what most inboxes do: one Celery-style call per event. Here it is the same
`digest`, given one event at a time, in the same process and the same database.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from inbox import ingest
from inbox.doorbell import ring_digest
from inbox.models import Connection, Event
from routing import rulesets
from teams.models import User

COUNT = 6_000
ALONE = 400
BATCH = 100
PATIENCE = 120  # seconds
TEXTS = ("I can't log in since the update, please help", "So much fun with this, really engaging!", "Guten Morgen")
RULES = """
teams: [{slug: bench-support, name: Support}, {slug: bench-marketing, name: Marketing}]
fallback: bench-support
rules:
  - {name: Help, any: [help, "can't", problem], team: bench-support, priority: high}
  - {name: Fun, any: [fun, funny, engaging], team: bench-marketing}
"""


def run() -> dict[str, Any]:
    by, _new = User.objects.get_or_create(username="bench", defaults={"is_admin": True})
    rulesets.import_yaml(RULES, by=by)
    connection = Connection.objects.create(kind="generic", name="Digest benchmark")
    one, many = _in_process(connection, 1), _in_process(connection, BATCH)
    return {
        "events_per_second": round(_with_workers(connection)),
        "workers": 2,
        "one_process_in_batches_per_second": round(many),
        "one_process_one_by_one_per_second": round(one),
        "batches_over_one_by_one": round(many / one, 1),
        "target_events_per_second": 500,
    }


def _store(connection: Connection, count: int) -> list[int]:
    tag = time.monotonic_ns()
    rows = [Event(connection=connection, delivery_key=f"{tag}-{n}", body=_body(f"{tag}-{n}", n)) for n in range(count)]
    return [row.pk for row in Event.objects.bulk_create(rows, batch_size=1000)]


def _body(name: str, number: int) -> bytes:
    author = {"id": f"u{number % 997}", "name": f"Customer {number % 997}"}
    return json.dumps({"id": name, "kind": "mention", "text": TEXTS[number % len(TEXTS)], "author": author}).encode()


def _in_process(connection: Connection, batch: int) -> float:
    ids = _store(connection, ALONE if batch == 1 else ALONE * 5)
    return len(ids) / _timed(lambda: [ingest.digest(ids[n : n + batch]) for n in range(0, len(ids), batch)])


def _with_workers(connection: Connection) -> float:
    """The same workers as `bin/run` starts: one Celery process group with two of them."""
    argv = [sys.executable, "-m", "celery", "-A", "config", "worker", "-Q", "ingest", "-c", "2", "--loglevel", "ERROR"]
    worker = subprocess.Popen([*argv, "--without-gossip", "--without-mingle"], start_new_session=True)
    try:
        warm = _store(connection, 2 * BATCH)
        _ring(warm)
        _wait_for(warm)
        ids = _store(connection, COUNT)
        start = time.perf_counter()
        _ring(ids)
        _wait_for(ids)
        return COUNT / (time.perf_counter() - start)
    finally:
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()


def _ring(ids: list[int]) -> None:
    for n in range(0, len(ids), BATCH):
        ring_digest(ids[n : n + BATCH])


def _wait_for(ids: list[int]) -> None:
    """Asks one batch at a time, in their order: the question must not cost what is being measured."""
    until = time.monotonic() + PATIENCE
    for n in range(0, len(ids), BATCH):
        left = Event.objects.filter(pk__in=ids[n : n + BATCH]).exclude(state=Event.State.DONE)
        while left.exists():
            if time.monotonic() > until:
                raise TimeoutError(f"event {ids[n]} and those with it are still not done")
            time.sleep(0.05)


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
