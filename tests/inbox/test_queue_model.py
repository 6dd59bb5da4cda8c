"""The queue against a small model of it: whatever people, customers and the clock do, in any order.

Every step runs on the real services and the real PostgreSQL; beside it a model of a few lines says
what must come of it, refusals included. After every step both must agree. Time passes for both: all that
is written down moves into the past, which is the same to PostgreSQL's clock and to ours, and the sweeper runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection as database
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests import world as small_world
from tests.inbox.queue_machine import QueueMachine

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

Walk = list[tuple[str, dict[str, Any]]]


def step(name: str, who: str = "", **given: Any) -> tuple[str, dict[str, Any]]:
    return name, {"who": who, **given} if who else given


def hand_off(who: str, to: str, named: str | None = None) -> tuple[str, dict[str, Any]]:
    return step("hand_off", who, to=to, named=named)


def later(*minutes: int) -> Walk:
    return [step("time_passes", minutes=each) for each in minutes]


# What dice seldom bring together: each operation where it has something to do.
WALKS: dict[str, Walk] = {
    "to and fro until the lead decides": [
        hand_off("alice", "marketing"),
        *later(10),
        step("claim", "bob"),
        step("hand_back", "bob"),
        hand_off("alice", "marketing"),
        step("hand_back", "bob"),
        *later(30),
        hand_off("alice", "marketing", "bob"),
        step("hand_back", "alice"),
        step("hand_back", "bob"),
        step("reassign", "alice", to="alice"),
        step("resolve", "alice"),
    ],
    "out of sight": [
        hand_off("alice", "legal"),
        step("claim", "alice"),
        step("skip", "bob"),
        step("note", "dora", text="Look at the invoice"),
        step("next_for_me", "dora"),
        step("hand_back", "dora"),
    ],
    "answered and asked again": [
        *later(30),
        step("reply", "alice"),
        *later(60),
        step("customer_writes"),
        *later(30),
        step("reply", "bob"),
        step("reply", "alice"),
        *later(130),
        step("resolve", "alice"),
        step("claim", "bob"),
        step("customer_writes"),
        step("ignore", "bob"),
        step("claim", "alice"),
        step("reopen", "alice"),
        step("claim", "bob"),
        step("claim", "alice"),
    ],
    "told step by step, asleep and awake": [
        *later(10, 10, 10),
        step("snooze", "alice", hours=1),
        *later(30, 30, 10),
        *later(60, 60),
        step("claim", "alice"),
        step("snooze", "alice", hours=0),
        step("customer_writes"),
    ],
    "nobody there": [
        step("claim", "alice"),
        *later(30, 30, 10),
        step("is_heard_of", "alice"),
        step("claim", "alice"),
        step("goes_away_or_comes_back", "alice", away=True),
        *later(30, 30, 10),
        step("goes_away_or_comes_back", "alice", away=False),
        step("claim", "bob"),
        step("reassign", "bob", to="alice"),
        step("leave_and_come_back", "bob"),
        step("claim", "alice"),
        step("resolve", "alice"),
        step("reopen", "bob"),
    ],
    "given out": [
        step("is_heard_of", "alice"),
        step("goes_away_or_comes_back", "alice", away=True),
        step("support_gives_its_items_out", gives=True),
        step("goes_away_or_comes_back", "alice", away=False),
        *later(10),
        step("is_heard_of", "alice"),
        step("support_gives_its_items_out", gives=True),
        step("release", "alice"),
        step("support_gives_its_items_out", gives=True),
    ],
    "closed in the evening": [
        step("duty_ends_or_begins", slug="support"),
        step("customer_writes"),
        step("duty_ends_or_begins", slug="marketing"),
        step("customer_writes"),
        step("customer_writes"),
        *later(130),
        step("reply", "alice"),
        step("duty_ends_or_begins", slug="support"),
        step("customer_writes"),
        *later(30),
    ],
    "regretted": [
        step("claim", "alice"),
        *later(30),
        step("hand_off_many", "alice", to="marketing", regrets=True),
        step("hand_off_many", "alice", to="marketing", regrets=False),
        step("hand_off_many", "bob", to="support", regrets=True),
        step("ignore", "bob"),
        step("customer_writes"),
    ],
    "of a team that closes": [
        hand_off("alice", "marketing"),
        *later(30),
        step("claim", "bob"),
        step("close_a_team_and_open_it_again", slug="marketing", to="support"),
        step("hand_back", "alice"),
        step("skip", "alice"),
    ],
    "helped before": [
        step("customer_begins_another_conversation"),
        step("reply", "alice"),
        step("is_heard_of", "alice"),
        step("customer_begins_another_conversation"),
    ],
}


@pytest.fixture(autouse=True)
def _no_step_waits_for_the_disk() -> Iterator[None]:
    small_world.build_once.cache_clear()
    with database.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
    yield
    with database.cursor() as cursor:
        cursor.execute("SET synchronous_commit = on")


@pytest.mark.parametrize("walk", WALKS.values(), ids=WALKS)
def test_the_queue_agrees_with_its_model_on_a_walk(walk: Walk) -> None:
    machine = QueueMachine()
    machine.check()
    for name, given in walk:
        getattr(machine, name)(**given)
        machine.check()


def test_the_queue_agrees_with_its_model_wherever_the_dice_lead() -> None:
    assert database.vendor == "postgresql"
    run_state_machine_as_test(
        QueueMachine,
        settings=settings(
            max_examples=6, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
