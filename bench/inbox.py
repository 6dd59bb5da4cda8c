"""The inbox at 1,000,000 items and 5,000,000 messages beside 10,000 items: lists, a thread, search, counts.

It makes two databases of its own beside the one it is given, fills them, asks both for the same pages in turn, and
drops them. What is measured is the server's time for a whole page (middleware, selectors, template, no row drawn
before), through Django's own handler, without the network. RELAYBOX_BENCH_ITEMS sets another size;
RELAYBOX_BENCH_KEEP=1 leaves the databases for the next run, which fills them only where they are not there.
"""

from __future__ import annotations

import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connection as database
from django.db import connections
from django.test import Client

from bench import cost, looked_at, million, targets
from bench.cost import Cost, median, p95, walls, works
from bench.targets import Target
from inbox.models import Item
from inbox.views import drawn
from teams.models import User

SMALL = 10_000
LARGE = int(os.environ.get("RELAYBOX_BENCH_ITEMS", "1000000"))
MESSAGES_EACH = 5
BLOCKS, ROUNDS = 4, 3  # the two sizes take turns, a block each
NAME = os.environ.get("RELAYBOX_BENCH_DATABASE", "relaybox_bench_inbox")
KEEP = os.environ.get("RELAYBOX_BENCH_KEEP") == "1"
LISTS = ("/", "/?order=urgent", "/?order=oldest", "/queue/mine/", "/queue/unclaimed/", "/queue/waiting/",
         "/team/bench1/", "/queue/done/", "/queue/all/", "/?label=vip", "/?rule=refunds", "/?language=th",
         "/?waits=1d&platform=x", "/?breached=true", "/?priority=urgent&kind=dm")  # fmt: skip
SEARCHES = ("help", "refund", "ship", "order A0000", "A2345678", "退款", "無法登入", "助け", "ขอคืน", '"does work"',
            "help refund -the", "from:ann refund", "team:bench1 account", "rule:refunds help", "zzzqqq", "is:done ment",
            "before:2025-06-01 help", "label:vip 退款")  # fmt: skip
Costs = dict[str, list[Cost]]
Measure = Callable[[Iterable[Cost]], list[float]]


def run() -> dict[str, Any]:
    began = time.perf_counter()
    with _filled(f"{NAME}_small", SMALL) as small, _filled(f"{NAME}_large", LARGE) as large:
        print(f"both are filled after {time.perf_counter() - began:.0f} s", file=sys.stderr)
        lists = _in_turns({SMALL: small, LARGE: large}, LISTS)
        _go_to(large)
        who = User.objects.get(username="agent0")
        threads, whole, counted = _threads(who, "talk"), _threads(who, ""), _costs(who, ["/counts/"])
        found = _costs(who, [f"/queue/all/?q={words}" for words in SEARCHES])
        count = partial(_get, _client(who), "/counts/")
        every = [*_flat(lists[LARGE]), *threads, *whole, *_flat(counted), *_flat(found)]
        return {
            "load": os.getloadavg(),
            "cores": os.cpu_count(),
            "messages": LARGE * MESSAGES_EACH,
            **targets.told([
                Target("first page p95, ms", p95(walls(_flat(lists[LARGE]))), 300, p95(works(_flat(lists[LARGE])))),
                Target(f"first page, best, over {SMALL} items", _ratio(lists[LARGE], lists[SMALL]), 1.2,
                       _ratio(lists[LARGE], lists[SMALL], of=works)),
                Target("thread opened p95, ms", p95(walls(threads)), 150, p95(works(threads))),
                Target("search p95, ms", p95(walls(_flat(found))), 500, p95(works(_flat(found)))),
                Target("closed items read by the counts", looked_at.closed(count), 0),
                Target("queries of a page", max(each.queries for each in every), 12),
            ]),
            "first_page_median_ms": [median(walls(_flat(lists[size]))) for size in (SMALL, LARGE)],
            "first_page_best_ms": {url: [_best(lists[size][url]) for size in (SMALL, LARGE)] for url in LISTS},
            "thread_beside_its_list_p95_ms": p95(walls(whole)),
            "counts_p95_ms": p95(walls(_flat(counted))),
            "items_read_by_the_counts": looked_at.read(count),
            "search_best_ms": {url.partition("q=")[2]: _best(costs) for url, costs in found.items()},
        }  # fmt: skip


@contextmanager
def _filled(name: str, items: int) -> Iterator[str]:
    """A database with so many items; one that is there from before is kept as it is."""
    before = str(settings.DATABASES["default"]["NAME"])
    with database.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        there = cursor.fetchone() is not None
        if there and not KEEP:
            cursor.execute(f'DROP DATABASE "{name}"')
        if not (there and KEEP):
            cursor.execute(f'CREATE DATABASE "{name}"')
    try:
        _go_to(name)
        call_command("migrate", verbosity=0)
        if not Item.objects.exists():
            million.fill(million.place(), items=items, messages=items * MESSAGES_EACH)
        _go_to(before)
        yield name
    finally:
        _go_to(before)
        if not KEEP:
            with database.cursor() as cursor:
                cursor.execute(f'DROP DATABASE "{name}"')


def _go_to(name: str) -> None:
    """Another database from now on, for the pool of connections too."""
    connection = connections["default"]
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]
    connection.settings_dict["NAME"] = name


def _in_turns(sizes: dict[int, str], urls: Iterable[str]) -> dict[int, Costs]:
    """The same pages of each database, in blocks, so that what else the machine does falls on all alike."""
    found: dict[int, Costs] = {size: defaultdict(list) for size in sizes}
    for _block in range(BLOCKS):
        for size, name in sizes.items():
            _go_to(name)
            for url, costs in _costs(User.objects.get(username="agent0"), urls, rounds=ROUNDS).items():
                found[size][url] += costs
    return found


def _threads(who: User, part: str) -> list[Cost]:
    """Threads all over the inbox, each opened for the first time."""
    seen = Item.objects.filter(team__is_private=False).order_by("-pk").values_list("pk", flat=True)
    urls = [f"/items/{pk}/" for pk in list(seen)[:: LARGE // 40]]
    return _flat(_costs(who, urls, rounds=1, warm=False, headers={"X-Part": part}))


def _costs(who: User, urls: Iterable[str], *, rounds: int = BLOCKS * ROUNDS, warm: bool = True, **more: Any) -> Costs:
    client = _client(who)
    client.get("/")  # compiled templates are not what is measured
    found: Costs = {}
    for url in urls:
        if warm:
            _get(client, url, **more)
        found[url] = [cost.of(partial(_get, client, url, **more)) for _round in range(rounds)]
    return found


def _client(who: User) -> Client:
    client = Client(HTTP_HOST="127.0.0.1")
    client.force_login(who, backend="django.contrib.auth.backends.ModelBackend")
    return client


def _get(client: Client, url: str, **more: Any) -> None:
    drawn.forget()
    response = client.get(url, **more)
    if response.status_code != 200:
        raise RuntimeError(f"{url} answered {response.status_code}")


def _flat(costs: Costs) -> list[Cost]:
    return [each for some in costs.values() for each in some]


def _best(costs: list[Cost], of: Measure = walls) -> float:
    return round(min(of(costs)), 1)


def _ratio(large: Costs, small: Costs, of: Measure = walls) -> float:
    """The best of each page, in all: what other work on the machine adds is not in it."""
    return round(sum(_best(some, of) for some in large.values()) / sum(_best(some, of) for some in small.values()), 2)
