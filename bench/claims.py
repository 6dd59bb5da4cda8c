"""How long a claim takes while fifty are made every second and two hundred tabs are open.

Everything is real: the web process of bin/run, people with sessions, each with a tab that listens, and the click
that a page sends. Claims are sent by the clock, whether the ones before are answered or not, and each is timed
from the moment it was due. All tabs may see the team, so every claim nudges all of them.
"""

from __future__ import annotations

import asyncio
import os
import resource
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import uvloop
from django.conf import settings
from django.contrib.auth import login
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection as database
from django.http import HttpRequest
from django.utils import timezone

from bench.live import Tab, open_tab, warm_up
from bench.processes import Web, web
from bench.queue_page import _copy
from inbox.models import Connection, Item, Message
from teams.models import Membership, Team, User

RATE = 50  # claims per second
SECONDS = float(os.environ.get("BENCH_SECONDS", "10"))
TABS = 200
PROCESSES = (1, 2)  # RELAYBOX_WEB_PROCESSES of bin/run
TARGET = 150.0  # ms, for the slowest twentieth
CSRF = "b" * 32
TRIES = 3
NEW = 1  # the version of an item that nobody has touched, as the page shows it
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Agent:
    """A signed-in person at a connection that stays open between two clicks."""

    port: int
    cookie: str
    stream: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
    hand: asyncio.Lock = field(default_factory=asyncio.Lock)
    reconnected: int = 0

    async def claim(self, item: int) -> int:
        """Click, after the click before has been answered. The status of the answer."""
        async with self.hand:
            for _try in range(TRIES - 1):
                try:
                    return await self._ask(item)
                except (ConnectionError, asyncio.IncompleteReadError):  # as a browser does; a second claim is the same
                    self.stream, self.reconnected = None, self.reconnected + 1
            return await self._ask(item)

    async def _ask(self, item: int) -> int:
        if self.stream is None or self.stream[0].at_eof():  # servers close what is idle for some seconds
            self.stream = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self.stream
        writer.write(self._click(item))
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        await reader.readexactly(int(head.split(b"content-length:")[1].split(b"\r\n")[0]))
        return int(head.split(b" ", 2)[1])

    def _click(self, item: int) -> bytes:
        cookies = f"{settings.SESSION_COOKIE_NAME}={self.cookie}; {settings.CSRF_COOKIE_NAME}={CSRF}"
        body = f"seen={NEW}&since=0&inside="
        head = [
            f"POST /items/{item}/claim/ HTTP/1.1",
            "Host: 127.0.0.1",
            f"Cookie: {cookies}",
            f"X-CSRFToken: {CSRF}",
            "HX-Request: true",
            "Content-Type: application/x-www-form-urlencoded",
            f"Content-Length: {len(body)}",
        ]
        return ("\r\n".join(head) + "\r\n\r\n" + body).encode()


def run() -> dict[str, object]:
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    cookies = _people()
    figures = {f"{count}_web_processes": _crowded(cookies, count) for count in PROCESSES}
    best = min(found["p95_ms"] for found in figures.values())
    whole = all(found["tabs"] == TABS and not found["refused"] for found in figures.values())
    return {
        "rate_per_second": RATE,
        **figures,
        "target_p95_ms": TARGET,
        "p95_over_target": round(best / TARGET, 2),
        "reached": best <= TARGET and whole,
    }


def _crowded(cookies: Sequence[str], processes: int) -> dict[str, float]:
    warm, items = _items(RATE * processes), _items(int(RATE * SECONDS))
    with (
        web("--workers", str(processes)) as server,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        warm_up(server.port)
        return runner.run(_measure(server, cookies, warm, items))


async def _measure(server: Web, cookies: Sequence[str], warm: Sequence[int], items: Sequence[int]) -> dict[str, float]:
    agents = [Agent(server.port, cookie) for cookie in cookies]
    await _claims(agents, warm)
    tabs = [await open_tab(server.port, cookie) for cookie in cookies]
    found = await _timed(server, agents, items)
    return {
        **found,
        "reconnected": sum(agent.reconnected for agent in agents),
        "tabs": sum(not tab.closed for tab in tabs),
        "nudges_written": _nudges(tabs),
    }


def _nudges(tabs: Sequence[Tab]) -> int:
    return sum(tab.nudges for tab in tabs)


async def _timed(server: Web, agents: Sequence[Agent], items: Sequence[int]) -> dict[str, float]:
    before, idle = _cpu(server), _idle()
    began = time.perf_counter()
    took, statuses = await _claims(agents, items)
    spent, lasted = _cpu(server) - before, time.perf_counter() - began
    cuts = statistics.quantiles(took, n=100)
    return {
        "claims": len(took),
        "refused": sum(status != 200 for status in statuses),
        "p50_ms": round(cuts[49] * 1000, 1),
        "p95_ms": round(cuts[94] * 1000, 1),
        "p99_ms": round(cuts[98] * 1000, 1),
        "web_cpu_ms_per_claim": round(spent / len(took) * 1000, 1),
        "web_cpu_share_of_the_machine": round(spent / lasted / (os.cpu_count() or 1), 2),
        "idle_share_of_the_machine": round((_idle() - idle) / lasted / (os.cpu_count() or 1), 2),
    }


async def _claims(agents: Sequence[Agent], items: Sequence[int]) -> tuple[list[float], list[int]]:
    """Claim by the clock. Seconds from the moment each claim was due, and what was answered."""
    began = time.perf_counter() + 0.05

    async def one(number: int, item: int) -> tuple[float, int]:
        due = began + number / RATE
        await asyncio.sleep(due - time.perf_counter())
        status = await agents[number % len(agents)].claim(item)
        return time.perf_counter() - due, status

    answers = await asyncio.gather(*(one(number, item) for number, item in enumerate(items)))
    return [took for took, _status in answers], [status for _took, status in answers]


def _cpu(server: Web) -> float:
    """Seconds of processor time that the web processes have used: a session of their own, as `running` starts them."""
    fields = [stat.read_bytes().rsplit(b")", 1)[1].split() for stat in Path("/proc").glob("[0-9]*/stat")]
    return sum(int(each[11]) + int(each[12]) for each in fields if int(each[3]) == server.pid) / TICKS


def _idle() -> float:
    """Seconds in which the machine's processors had nothing to do: near none, and others were in the way."""
    return int(Path("/proc/stat").read_text().split()[4]) / TICKS


def _people() -> list[str]:
    """Sessions of as many people as there are tabs, all in one team."""
    team = _team()
    people = [User.objects.get_or_create(username=f"bench-agent-{n}")[0] for n in range(TABS)]
    Membership.objects.bulk_create([Membership(user=one, team=team) for one in people], ignore_conflicts=True)
    return [_session(one) for one in people]


def _session(user: User) -> str:
    request = HttpRequest()
    request.session = SessionStore()
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    request.session.save()
    return str(request.session.session_key)


def _items(count: int) -> list[int]:
    """Unclaimed items of one message each."""
    connection, _new = Connection.objects.get_or_create(kind="generic", name="Claims benchmark")
    now = timezone.now()
    item = Item.objects.create(
        connection=connection, team=_team(), preview="Where is my parcel?", last_message_at=now, waiting_since=now
    )
    message = Message.objects.create(item=item, connection=connection, text=item.preview, at=now)
    _copy(item, f"generate_series(1, {count - 1}) n", {})
    _copy(message, f"inbox_item i WHERE i.id > {item.pk}", {"item_id": "i.id"})
    with database.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE inbox_item, inbox_message")
    return list(Item.objects.filter(pk__gte=item.pk).order_by("pk").values_list("pk", flat=True))


def _team() -> Team:
    return Team.objects.get_or_create(slug="bench-claims", defaults={"name": "Claims benchmark"})[0]
