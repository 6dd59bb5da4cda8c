"""The inbox at 1,000,000 items and 5,000,000 messages beside 10,000 items: lists, a thread, search, counts.

It makes a database of its own beside the one it is given, fills it, measures, and drops it. What is measured is the
server's time for a whole page (middleware, selectors, template), through Django's own handler, without the network.
RELAYBOX_BENCH_ITEMS sets another size.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connection as database
from django.db import connections
from django.test import Client

from bench import million
from inbox.models import Item
from teams.models import User

SMALL = 10_000
LARGE = int(os.environ.get("RELAYBOX_BENCH_ITEMS", "1000000"))
MESSAGES_EACH = 5
ROUNDS = 12
NAME = os.environ.get("RELAYBOX_BENCH_DATABASE", "relaybox_bench_inbox")
LISTS = ("/", "/?order=urgent", "/?order=oldest", "/queue/mine/", "/queue/unclaimed/", "/queue/waiting/",
         "/team/bench1/", "/queue/done/", "/queue/all/", "/?label=vip", "/?rule=refunds", "/?language=th",
         "/?waits=1d&platform=x", "/?breached=true", "/?priority=urgent&kind=dm")  # fmt: skip
SEARCHES = ("help", "refund", "ship", "order A0000", "A2345678", "退款", "無法登入", "助け", "ขอคืน", '"does work"',
            "help refund -the", "from:ann refund", "team:bench1 account", "rule:refunds help", "zzzqqq", "is:done ment",
            "before:2025-06-01 help", "label:vip 退款")  # fmt: skip


def run() -> dict[str, Any]:
    with _database_of_its_own():
        where = million.place()
        began = time.perf_counter()
        million.fill(where, items=SMALL, messages=SMALL * MESSAGES_EACH)
        small = _lists(where.agent)
        million.fill(where, items=LARGE - SMALL, messages=(LARGE - SMALL) * MESSAGES_EACH, first=SMALL + 1)
        filled = time.perf_counter() - began
        large, found = _lists(where.agent), _searches(where.agent)
        return {
            "items": [SMALL, LARGE],
            "messages": LARGE * MESSAGES_EACH,
            "filled_in_s": round(filled),
            "first_page_p95_ms": [_p95(_flat(small)), _p95(_flat(large))],
            "first_page_median_ms": [_median(_flat(small)), _median(_flat(large))],
            "large_over_small": round(_best(large) / _best(small), 2),
            "first_page_best_ms": {url: [_least(small[url]), _least(large[url])] for url in LISTS},
            "thread_p95_ms": _p95(_threads(where.agent)),
            "counts_p95_ms": _p95(_flat(_timed_each(where.agent, ["/counts/"]))),
            "search_p95_ms": _p95(_flat(found)),
            "search_best_ms": {url.partition("q=")[2]: _least(times) for url, times in found.items()},
            "search_worst": max(found, key=lambda url: statistics.median(found[url])),
            "targets_ms": {"first_page": 300, "thread": 150, "search": 500, "large_over_small": 1.2},
        }


@contextmanager
def _database_of_its_own() -> Iterator[None]:
    before = settings.DATABASES["default"]["NAME"]
    with database.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{NAME}"')
        cursor.execute(f'CREATE DATABASE "{NAME}"')
    _go_to(NAME)
    try:
        call_command("migrate", verbosity=0)
        yield
    finally:
        _go_to(str(before))
        with database.cursor() as cursor:
            cursor.execute(f'DROP DATABASE "{NAME}"')


def _go_to(name: str) -> None:
    connections["default"].close()
    connections["default"].settings_dict["NAME"] = name


def _lists(who: User) -> dict[str, list[float]]:
    return _timed_each(who, LISTS)


def _searches(who: User) -> dict[str, list[float]]:
    return _timed_each(who, [f"/queue/all/?q={words}" for words in SEARCHES])


def _threads(who: User) -> list[float]:
    """Threads all over the inbox, each opened for the first time."""
    keys = list(
        Item.objects.filter(team__is_private=False).order_by("-pk").values_list("pk", flat=True)[:: LARGE // 40]
    )
    return _flat(_timed_each(who, [f"/items/{pk}/" for pk in keys], rounds=1, headers={"X-Part": "talk"}))


def _timed_each(who: User, urls: Iterable[str], *, rounds: int = ROUNDS, **more: Any) -> dict[str, list[float]]:
    client = Client(HTTP_HOST="127.0.0.1")
    client.force_login(who, backend="django.contrib.auth.backends.ModelBackend")
    client.get("/")  # compiled templates are not what is measured
    return {url: [_timed(partial(_get, client, url, **more)) for _round in range(rounds)] for url in urls}


def _get(client: Client, url: str, **more: Any) -> None:
    response = client.get(url, **more)
    if response.status_code != 200:
        raise RuntimeError(f"{url} answered {response.status_code}")


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    spent = (time.perf_counter() - start) * 1000
    if spent > 1000:
        print(f"{spent:.0f} ms", file=sys.stderr)
    return spent


def _flat(times: dict[str, list[float]]) -> list[float]:
    return [each for some in times.values() for each in some]


def _p95(times: list[float]) -> float:
    return round(sorted(times)[int(len(times) * 0.95)], 1)


def _median(times: list[float]) -> float:
    return round(statistics.median(times), 1)


def _least(times: list[float]) -> float:
    return round(min(times), 1)


def _best(times: dict[str, list[float]]) -> float:
    """The best time of each page, in all: what other work on the machine adds is not in it."""
    return sum(min(some) for some in times.values())
