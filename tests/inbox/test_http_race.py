"""A hundred agents race for twenty items over real HTTP, against two web processes as bin/run starts them.

Half of them click in the page, with a session; half are programs with a token. All are let go together.
"""

from __future__ import annotations

import http.client
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from threading import Barrier

import pytest
from django.conf import settings
from django.db import connection as database

from inbox.models import Activity, Item
from teams.models import User
from teams.tokens import create_token
from tests import world as small_world
from tests.inbox.at_the_hub import session_of
from tests.inbox.processes import Web, web

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
AGENTS, ITEMS = 100, 20
EACH = 5  # items that one agent goes for, so that 25 go for each
CSRF = "c" * 32


@dataclass(frozen=True)
class Answer:
    agent: str
    item: int
    status: int
    body: str


@dataclass
class Agent:
    """One person before one web process, by page or by program."""

    user: User
    port: int
    headers: dict[str, str]
    path: str

    def ask(self, path: str, item: int = 0) -> Answer:
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            client.request("POST", path, b"", self.headers)
            response = client.getresponse()
            return Answer(self.user.username, item, response.status, response.read().decode())
        finally:
            client.close()

    def claim(self, item: int) -> Answer:
        return self.ask(self.path % item, item)


def agent(number: int, user: User, port: int) -> Agent:
    if number % 2:
        token = {"Authorization": f"Bearer {create_token(user)}", "Content-Type": "application/json"}
        return Agent(user, port, token, "/api/v1/items/%d/claim/")
    cookies = f"{settings.SESSION_COOKIE_NAME}={session_of(user)}; {settings.CSRF_COOKIE_NAME}={CSRF}"
    return Agent(user, port, {"Cookie": cookies, "X-CSRFToken": CSRF, "HX-Request": "true"}, "/items/%d/claim/")


@pytest.fixture
def servers() -> Iterator[list[Web]]:
    with ExitStack() as stack:
        yield [stack.enter_context(web("--backlog", "4096", RELAYBOX_LOG_LEVEL="ERROR")) for _ in range(2)]


@pytest.fixture
def agents(servers: list[Web]) -> list[Agent]:
    world = small_world.build()
    people = [
        small_world.make_person(f"agent{n}", world.support, display_name=f"Agent Number {n}.") for n in range(AGENTS)
    ]
    for n in range(ITEMS):
        small_world.make_item(world.connection, world.support, thread=f"race-{n}")
    return [agent(number, user, servers[number // 2 % 2].port) for number, user in enumerate(people)]


def let_go(runs: Sequence[Callable[[], list[Answer]]]) -> list[Answer]:
    barrier = Barrier(len(runs))

    def one(run: Callable[[], list[Answer]]) -> list[Answer]:
        barrier.wait(timeout=60)
        return run()

    with ThreadPoolExecutor(len(runs)) as pool:
        return [answer for answers in pool.map(one, runs) for answer in answers]


def deadlocks() -> int:
    with database.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


def held() -> dict[int, str]:
    return dict(Item.objects.filter(assignee__isnull=False).values_list("pk", "assignee__username"))


def check_every_item_has_one_winner(answers: Sequence[Answer], before: int) -> None:
    """20 wins, no double, no deadlock, and one line in the history for each win."""
    winners = {(answer.item, answer.agent) for answer in answers if answer.status == 200}
    assert Counter(answer.status for answer in answers if answer.status == 200) == {200: ITEMS}
    assert winners == set(held().items())
    assert len(held()) == ITEMS
    claims = Activity.objects.filter(verb="claimed").values_list("item", "actor__username")
    assert sorted(claims) == sorted(held().items())
    assert deadlocks() == before


def test_a_hundred_agents_claim_twenty_items_and_every_loser_is_told_who_won(agents: list[Agent]) -> None:
    items, before = sorted(Item.objects.values_list("pk", flat=True)), deadlocks()

    def go_for(number: int, one: Agent) -> Callable[[], list[Answer]]:
        wanted = [items[(number + step) % ITEMS] for step in range(EACH)]
        return lambda: [one.claim(item) for item in wanted]

    answers = let_go([go_for(number, one) for number, one in enumerate(agents)])

    assert len(answers) == AGENTS * EACH
    check_every_item_has_one_winner(answers, before)
    names = dict(User.objects.values_list("username", "display_name"))
    for lost in (answer for answer in answers if answer.status != 200):
        assert lost.status == 409, lost
        winner = held()[lost.item]
        if lost.body.startswith("{"):
            told = json.loads(lost.body)
            assert (told["code"], told["assignee"]) == ("already_claimed", winner)
        else:
            assert f"{names[winner]} has claimed this item." in lost.body
    by_page = [answer for answer in answers if answer.status == 409 and not answer.body.startswith("{")]
    assert len(by_page) > AGENTS  # both doors were raced through


def test_a_hundred_agents_ask_for_the_next_item_and_twenty_get_one_each(agents: list[Agent]) -> None:
    before = deadlocks()
    programs = [
        Agent(one.user, one.port, agent(1, one.user, one.port).headers, "/api/v1/items/next/") for one in agents
    ]

    def next_for(one: Agent) -> Callable[[], list[Answer]]:
        return lambda: [one.ask(one.path)]

    answers = let_go([next_for(one) for one in programs])

    got = [
        Answer(answer.agent, json.loads(answer.body)["id"], 200, "") if answer.status == 200 else answer
        for answer in answers
    ]
    check_every_item_has_one_winner(got, before)
    assert len(set(held().values())) == ITEMS
    refused = [json.loads(answer.body)["code"] for answer in answers if answer.status != 200]
    assert Counter(refused) == {"nothing_to_do": AGENTS - ITEMS}
