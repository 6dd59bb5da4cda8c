"""Races with real threads, each with a database connection of its own, on real PostgreSQL."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection as database
from django.utils import timezone

from connectors.base import Verb
from inbox import bulk, delivery, ingest, queue, relay, replies
from inbox.errors import AlreadyClaimed
from inbox.models import Activity, Event, Handoff, Item, Message, Outbound
from teams.errors import Refusal
from tests import world as small_world

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


def all_at_once(jobs: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run every job in a thread of its own, let go together; returns results, refusals among them."""
    barrier = Barrier(len(jobs))

    def run(job: Callable[[], Any]) -> Any:
        try:
            database.ensure_connection()
            barrier.wait(timeout=30)
            return job()
        except Refusal as refusal:
            return refusal
        finally:
            database.close()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


@pytest.fixture
def roomy_pool(settings: Any) -> None:
    """Fifty threads want fifty connections."""
    database.close_pool()
    options = database.settings_dict["OPTIONS"]["pool"]
    before = options["max_size"]
    options["max_size"] = 64
    yield
    database.close_pool()
    options["max_size"] = before


def test_two_who_act_on_the_same_list_at_once_never_undo_each_other(roomy_pool: None) -> None:
    world = small_world.build()
    items = [small_world.make_item(world.connection, world.support) for _ in range(20)]
    seen = {item.pk: item.version for item in items}
    jobs = [
        lambda: bulk.snooze(items=seen, seen=seen, by=world.alice, until=timezone.now() + timedelta(days=1)),
        lambda: bulk.resolve(items=reversed(seen), seen=seen, by=world.bob),
    ]

    slept, done = all_at_once(jobs)

    assert slept.done + done.done == 20
    for one, other in zip(slept.results, reversed(done.results), strict=True):
        assert one.item == other.item
        assert sorted([(one.done, one.code), (other.done, other.code)]) == [(False, "stale"), (True, "")]
        row = Item.objects.get(pk=one.item)
        assert (row.state, row.version) == ("snoozed" if one.done else "resolved", seen[one.item] + 1)


def test_fifty_agents_claim_one_item_and_one_wins(roomy_pool: None) -> None:
    world = small_world.build()
    agents = [small_world.make_person(f"agent{n}", world.support) for n in range(50)]
    item = small_world.make_item(world.connection, world.support)

    results = all_at_once([lambda agent=agent: queue.claim(item=item.pk, by=agent) for agent in agents])

    winners = [result for result in results if isinstance(result, Item)]
    losers = [result for result in results if isinstance(result, AlreadyClaimed)]
    assert (len(winners), len(losers)) == (1, 49)
    holder = Item.objects.get(pk=item.pk).assignee
    assert winners[0].assignee == holder
    assert {loser.facts()["assignee"] for loser in losers} == {holder.username}
    assert Activity.objects.filter(item=item, verb="claimed").count() == 1


def test_a_claim_and_a_handoff_never_both_count(roomy_pool: None) -> None:
    world = small_world.build()
    for _round in range(15):
        item = small_world.make_item(world.connection, world.support)
        claimed, handed = all_at_once(
            [
                lambda item=item: queue.claim(item=item.pk, by=world.alice),
                lambda item=item: relay.hand_off(item=item.pk, by=world.bob, to=world.marketing, reason="Ours"),
            ]
        )
        row = Item.objects.select_related("team").get(pk=item.pk)
        if isinstance(handed, AlreadyClaimed):
            assert (row.team.slug, row.assignee) == ("support", world.alice)
            assert not Handoff.objects.filter(item=item).exists()
        else:
            assert isinstance(claimed, Item)  # before the handoff, or after it: then she accepted it
            assert row.team.slug == "marketing"


def test_a_reply_sent_ten_times_at_once_is_one_reply(roomy_pool: None) -> None:
    world = small_world.build()
    item = small_world.make_item(world.connection, world.support)
    results = all_at_once(
        [lambda: replies.reply(item=item.pk, by=world.alice, text="We are on it", key="one-key")] * 10
    )
    assert Counter(type(result) for result in results) == {Outbound: 10}
    assert len({result.pk for result in results}) == 1
    assert Outbound.objects.count() == 1
    assert Message.objects.filter(direction="out").count() == 1


def test_one_reply_is_leased_by_one_worker(roomy_pool: None) -> None:
    world = small_world.build()
    item = small_world.make_item(world.connection, world.support)
    outbound = replies.reply(item=item.pk, by=world.alice, text="We are on it", key="k")
    taken = all_at_once([lambda: delivery._lease([outbound.pk], 1)] * 12)
    assert sorted(len(parcels) for parcels in taken) == [0] * 11 + [1]


def test_an_album_that_arrives_in_twenty_parts_at_once_is_one_item(roomy_pool: None) -> None:
    world = small_world.build()

    def part(number: int) -> Callable[[], Any]:
        found = small_world.entry(f"Picture {number}", external_id=f"p{number}", thread="album")
        return lambda: small_world.deliver(world.connection, found)

    all_at_once([part(number) for number in range(20)])

    assert Item.objects.filter(thread="album").count() == 1
    assert Message.objects.filter(item__thread="album").count() == 20
    assert Event.objects.exclude(state="done").count() == 0


def test_an_edit_and_its_message_meet_whoever_commits_first(roomy_pool: None) -> None:
    world = small_world.build()
    for number in range(15):
        created = small_world.entry("frist", external_id=f"e{number}")
        edited = small_world.entry("first", external_id=f"e{number}", verb=Verb.EDIT)
        all_at_once(
            [
                lambda found=created: small_world.deliver(world.connection, found),
                lambda found=edited: small_world.deliver(world.connection, found),
            ]
        )
        assert Message.objects.get(external_id=f"e{number}").text == "first"


def test_workers_that_share_a_backlog_do_each_event_once(roomy_pool: None) -> None:
    world = small_world.build()
    events = [small_world.store(world.connection, small_world.entry(f"Number {n}")) for n in range(120)]
    done = all_at_once([lambda: ingest.digest([event.pk for event in events])] * 4)
    assert sum(done) == 120
    assert Message.objects.count() == Item.objects.count() == 120
    assert set(Event.objects.values_list("state", "attempts")) == {("done", 1)}
