"""How soon an accepted event is to be seen in an open tab, and what 2,000 open tabs cost one web process.

Everything is real: signed deliveries at a steady rate through the door, the workers of bin/run, the live hub.
A measuring tab does on each nudge what a page does: it reads the database anew. An event counts as visible when
such a reading has found its message. Time runs from the platform's 200.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import resource
import statistics
import sys
import time
from typing import cast

import psycopg
import uvloop
from celery import current_app
from django.contrib.auth import login
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest

from bench.door import SECRET, make_connection
from bench.processes import Web, web, worker
from bench.senders import requests
from inbox.models import Connection
from inbox.webhooks.link import parameters
from teams.models import User

RATE = 100  # events per second
SECONDS = float(os.environ.get("BENCH_SECONDS", "8"))
TABS = 2000
SESSIONS = 40
BEAT = 20.0  # seconds between two heartbeats of the hub
NEW = "SELECT id, external_id FROM inbox_message WHERE connection_id = %s AND id > %s ORDER BY id"


class Tab(asyncio.Protocol):
    """One browser tab that only listens."""

    def __init__(self, cookie: str) -> None:
        self.cookie = cookie
        self.live = asyncio.get_running_loop().create_future()
        self.nudged = asyncio.Event()
        self.beats = self.nudges = 0
        self.closed = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        head = f"GET /live/ HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: session={self.cookie}\r\n\r\n"
        self.transport.write(head.encode())

    def data_received(self, data: bytes) -> None:
        if not self.live.done() and b"event: live" in data:
            self.live.set_result(None)
        self.beats += data.count(b": \n\n")
        if b"event: nudge" in data:
            self.nudges += 1
            self.nudged.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True


async def open_tab(port: int, cookie: str) -> Tab:
    _, tab = await asyncio.get_running_loop().create_connection(lambda: Tab(cookie), "127.0.0.1", port)
    await asyncio.wait_for(tab.live, 60)
    return tab


class Deliveries:
    """Signed requests sent at a steady rate over a few connections, whatever the answers take."""

    def __init__(self, port: int, connection: Connection) -> None:
        self.port, self.connection = port, connection
        self.accepted: dict[str, float] = {}  # external id → when its 200 came
        self.waiting: asyncio.Queue[bytes | None] = asyncio.Queue()

    async def send(self, seconds: float) -> None:
        ready = list(requests(self.connection.key, SECRET, int(seconds * RATE)))
        senders = [asyncio.create_task(self._sender()) for _ in range(16)]
        began = time.perf_counter()
        for number, request in enumerate(ready):
            await asyncio.sleep(began + number / RATE - time.perf_counter())
            self.waiting.put_nowait(request)
        for _ in senders:
            self.waiting.put_nowait(None)
        await asyncio.gather(*senders)

    async def _sender(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        while request := await self.waiting.get():
            writer.write(request)
            answer = await reader.readuntil(b"\r\n\r\n")
            if not answer.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(answer[:100])
            name = json.loads(request.split(b"\r\n\r\n", 1)[1])["id"]
            self.accepted[name] = time.perf_counter()
        writer.close()


async def watch(tab: Tab, connection: Connection, seen: dict[str, float]) -> None:
    """Re-read after each nudge, as an open page does."""
    last = 0
    async with await psycopg.AsyncConnection.connect(**parameters("bench live")) as database:
        while True:
            await tab.nudged.wait()
            tab.nudged.clear()
            # Workers commit side by side, so a smaller id may become visible after a larger one.
            rows = await (await database.execute(NEW, (connection.pk, last - 500))).fetchall()
            now = time.perf_counter()
            for number, name in rows:
                last = max(last, number)
                seen.setdefault(name, now)


async def latency(port: int, tab: Tab, connection: Connection) -> dict[str, float]:
    seen: dict[str, float] = {}
    watching = asyncio.create_task(watch(tab, connection, seen))
    warm, measured = Deliveries(port, connection), Deliveries(port, connection)
    await warm.send(1.0)
    await measured.send(SECONDS)
    end = time.perf_counter() + 15
    while time.perf_counter() < end and not measured.accepted.keys() <= seen.keys():
        await asyncio.sleep(0.05)
    watching.cancel()
    took = [seen[name] - at for name, at in measured.accepted.items() if name in seen]
    cuts = statistics.quantiles(took, n=100)
    return {
        "events": len(measured.accepted),
        "never_visible": len(measured.accepted) - len(took),
        "p50_ms": round(cuts[49] * 1000, 1),
        "p95_ms": round(cuts[94] * 1000, 1),
        "p99_ms": round(cuts[98] * 1000, 1),
    }


async def crowd(server: Web, cookies: list[str]) -> tuple[list[Tab], dict[str, float]]:
    """Open all the tabs, let them idle over a heartbeat, and see what they cost."""
    before, began = server.memory(), time.perf_counter()
    tabs: list[Tab] = []
    for start in range(0, TABS, 100):
        some = (open_tab(server.port, cookies[number % SESSIONS]) for number in range(start, start + 100))
        tabs += await asyncio.gather(*some)
    opened = time.perf_counter() - began
    await asyncio.sleep(BEAT + 5)
    return tabs, {
        "tabs": sum(not tab.closed and tab.beats > 0 for tab in tabs),
        "opened_in_seconds": round(opened, 1),
        "web_process_mb": round(server.memory() / 1e6),
        "kb_per_tab": round((server.memory() - before) / TABS / 1000, 1),
        "database_connections": await connections(),
    }


async def connections() -> int:
    async with await psycopg.AsyncConnection.connect(**parameters("bench live")) as database:
        cursor = await database.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        row = await cursor.fetchone()
        return int(row[0]) if row else 0


async def measure(server: Web, connection: Connection, cookies: list[str]) -> dict[str, object]:
    tab = await open_tab(server.port, cookies[0])
    alone = await latency(server.port, tab, connection)
    tabs, cost = await crowd(server, cookies)
    told = sum(each.nudges for each in tabs)
    crowded = await latency(server.port, tab, connection)
    told = sum(each.nudges for each in tabs) - told
    return {
        "rate_per_second": RATE,
        "accept_to_visible": alone,
        "idle_tabs": cost,
        "accept_to_visible_with_all_tabs_listening": {**crowded, "nudges_written": told},
        "target": {"p95_ms": 1000, "tabs": TABS},
        "reached": alone["p95_ms"] < 1000 and not alone["never_visible"] and cost["tabs"] >= TABS,
    }


def run() -> dict[str, object]:
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    current_app.control.purge()
    connection, cookies = make_connection(), [session() for _ in range(SESSIONS)]
    with web() as server, worker(), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        warm_up(server.port)
        while not current_app.control.ping(timeout=1):
            print("waiting for the workers", file=sys.stderr)
        return runner.run(measure(server, connection, cookies))


def warm_up(port: int) -> None:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    client.request("GET", "/accounts/login/")
    print("the pages answer", client.getresponse().status, file=sys.stderr)


def session() -> str:
    """An admin, signed in: sees every team, so that every nudge concerns every tab."""
    user, _ = User.objects.get_or_create(username="bench-live", defaults={"is_admin": True})
    request = HttpRequest()
    request.session = SessionStore()
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    request.session.save()
    return str(request.session.session_key)
