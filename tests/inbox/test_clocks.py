"""Targets in hours of duty: what starts, pauses and ends a clock, and who is told before and after."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from connectors.registry import CONNECTORS
from inbox import alarms, clocks, outcomes, queue, relay, replies, sweep
from inbox.models import Activity, Item, Notification, Outbound, Target
from teams.models import Holiday, Membership, Shift, Team
from tests import world as small_world
from tests.world import World, entry, make_item, make_person, receive

MONDAY = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(MONDAY, tick=False) as traveller:
        yield traveller


@pytest.fixture
def office(world: World) -> World:
    """Support works from nine to five, Monday to Friday; a first reply takes 2 hours, a next one 1, all of it 8."""
    Shift.objects.bulk_create(
        [Shift(team=world.support, weekday=day, starts=time(9), ends=time(17)) for day in range(5)]
    )
    Target.objects.all().delete()
    Target.objects.create(first_reply=120, next_reply=60, resolution=480)
    return world


def support_item(world: World, **fields: object) -> Item:
    item = make_item(world.connection, world.support, thread=small_world.fresh("c"), **fields)
    clocks.rewind([item.pk])
    item.refresh_from_db()
    return item


def dues(item: Item) -> tuple[datetime | None, datetime | None, datetime | None]:
    item.refresh_from_db()
    return item.first_reply_due, item.next_reply_due, item.resolution_due


def verbs(item: Item) -> list[str]:
    return list(Activity.objects.filter(item=item).order_by("pk").values_list("verb", flat=True))


def test_a_new_item_is_due_in_hours_of_duty(office: World, clock: time_machine.Traveller) -> None:
    item = support_item(office)
    assert dues(item) == (MONDAY + 2 * HOUR, None, MONDAY + 8 * HOUR)
    assert (item.due_at, item.due_from) == (MONDAY + 2 * HOUR, MONDAY)
    clock.move_to(MONDAY + 7 * HOUR)
    assert dues(support_item(office)) == (MONDAY + 25 * HOUR, None, MONDAY + 31 * HOUR)


def test_a_reply_ends_the_reply_clock_and_pauses_the_other(office: World, clock: time_machine.Traveller) -> None:
    item = support_item(office)
    clock.move_to(MONDAY + HOUR)
    replies.reply(item=item.pk, by=office.alice, text="We look at it", key="k")
    assert dues(item) == (None, None, None)
    assert item.alarm_at is None
    clock.move_to(MONDAY + 3 * HOUR)
    receive(office.connection, entry("And?", thread=item.thread))
    spent = HOUR  # of eight; of the seven left five are today's
    assert dues(item) == (None, MONDAY + 4 * HOUR, MONDAY + 24 * HOUR + 2 * HOUR)
    assert item.resolution_spent == spent


def test_the_resolution_clock_stands_still_while_the_customer_has_the_word(
    office: World, clock: time_machine.Traveller
) -> None:
    item = support_item(office)
    clock.move_to(MONDAY + 3 * HOUR)
    replies.reply(item=item.pk, by=office.alice, text="We look at it", key="k")
    item.refresh_from_db()
    assert (item.resolution_spent, item.running_since) == (3 * HOUR, None)
    clock.move_to(MONDAY + 24 * HOUR)
    receive(office.connection, entry("And?", thread=item.thread))
    assert dues(item)[2] == MONDAY + 24 * HOUR + 5 * HOUR
    queue.resolve(item=item.pk, by=office.alice)
    assert dues(item) == (None, None, None)


def test_another_team_has_clocks_of_its_own(office: World, clock: time_machine.Traveller) -> None:
    item = support_item(office)
    clock.move_to(MONDAY + 10 * HOUR)  # Support has gone home; Marketing has no hours and so is always on
    relay.hand_off(item=item.pk, by=office.alice, to=office.marketing, reason="Yours")
    assert dues(item) == (MONDAY + 12 * HOUR, None, MONDAY + 18 * HOUR)
    assert item.waiting_since == MONDAY


def test_the_most_particular_target_counts_for_each_time(office: World, clock: time_machine.Traveller) -> None:
    Target.objects.create(platform="generic", first_reply=30)
    Target.objects.create(team=office.support, first_reply=90, next_reply=5)
    Target.objects.create(team=office.support, priority=40, first_reply=10)
    Target.objects.create(platform="email", first_reply=1)
    item = support_item(office)
    assert dues(item) == (MONDAY + 90 * MINUTE, None, MONDAY + 8 * HOUR)
    Item.objects.filter(pk=item.pk).update(priority=40)
    clocks.rewind([item.pk])
    assert dues(item)[0] == MONDAY + 10 * MINUTE


def test_a_reply_that_did_not_go_out_leaves_the_customer_waiting_for_the_first(
    office: World, clock: time_machine.Traveller
) -> None:
    item = support_item(office)
    outbound = replies.reply(item=item.pk, by=office.alice, text="We look at it", key="k")
    Outbound.objects.filter(pk=outbound.pk).update(state="sending")
    row = Outbound.objects.select_related(*outcomes.RELATED).get(pk=outbound.pk)
    outcomes.settle(row, Outbound.State.FAILED, reason="refused")
    assert Item.objects.get(pk=item.pk).first_reply_at is None
    assert dues(item)[0] is not None
    assert dues(item)[1] is None


def test_no_target_no_clock(office: World, clock: time_machine.Traveller) -> None:
    Target.objects.all().delete()
    item = support_item(office)
    assert dues(item) == (None, None, None)
    assert item.alarm_at == MONDAY + 15 * MINUTE  # the ladder: nothing waits without a next step


def test_a_warning_comes_once_before_and_a_report_once_after(office: World, clock: time_machine.Traveller) -> None:
    Team.objects.update(escalate_team=None, escalate_lead=None, escalate_cover=None, escalate_everyone=None)
    item = support_item(office)
    queue.claim(item=item.pk, by=office.alice)
    before = verbs(item)
    clock.move_to(MONDAY + 89 * MINUTE)
    alarms.ring()
    assert verbs(item) == before
    clock.move_to(MONDAY + 90 * MINUTE)
    assert [alarms.ring(), alarms.ring()] == [1, 0]
    assert verbs(item) == [*before, "due_soon"]
    assert Notification.objects.get(item=item).topic == "due_soon"
    clock.move_to(MONDAY + 120 * MINUTE)
    assert [alarms.ring(), alarms.ring()] == [1, 0]
    assert verbs(item) == [*before, "due_soon", "overdue"]
    last = Activity.objects.filter(item=item).last()
    assert last.data == {"clock": "first_reply", "due": (MONDAY + 2 * HOUR).isoformat()}
    told = Notification.objects.filter(item=item, topic="overdue").values_list("user__username", flat=True)
    assert list(told) == ["alice"]  # she holds it and leads the team: told once all the same


def test_the_ladder_is_climbed_step_by_step_and_each_step_once(office: World, clock: time_machine.Traveller) -> None:
    Target.objects.all().delete()
    sam = make_person("sam", office.support)
    Team.objects.filter(pk=office.support.pk).update(covered_by=office.marketing)
    item = support_item(office)
    climbed = []
    for minutes in (14, 15, 29, 30, 60, 119, 120, 600):
        clock.move_to(MONDAY + minutes * MINUTE)
        alarms.ring()
        alarms.ring()
        rows = Activity.objects.filter(item=item, verb="escalated").order_by("pk")
        climbed.append([row.data["step"] for row in rows])
    assert climbed == [
        [],
        ["team"],
        ["team"],
        ["team", "lead"],
        ["team", "lead", "cover"],
        ["team", "lead", "cover"],
        ["team", "lead", "cover", "everyone"],
        ["team", "lead", "cover", "everyone"],
    ]
    told = Notification.objects.filter(item=item).order_by("pk").values_list("user__username", flat=True)
    assert sorted(told) == sorted(["alice", "sam", "alice", "bob", "alice", "sam", "bob", "dora", "ada"])
    assert sam.notifications.count() == 2


def test_a_claim_stops_the_ladder_and_a_release_begins_it_anew(office: World, clock: time_machine.Traveller) -> None:
    Target.objects.all().delete()
    item = support_item(office)
    clock.move_to(MONDAY + 15 * MINUTE)
    alarms.ring()
    queue.claim(item=item.pk, by=office.alice)
    clock.move_to(MONDAY + 200 * MINUTE)
    alarms.ring()
    assert verbs(item).count("escalated") == 1
    queue.release(item=item.pk, by=office.alice)
    clock.move_to(MONDAY + 214 * MINUTE)
    alarms.ring()
    assert verbs(item).count("escalated") == 1
    clock.move_to(MONDAY + 215 * MINUTE)
    alarms.ring()
    assert [row.data["step"] for row in Activity.objects.filter(item=item, verb="escalated")] == ["team", "team"]


def test_the_ladder_of_a_private_team_reaches_only_who_may_see_it(office: World, clock: time_machine.Traveller) -> None:
    Target.objects.all().delete()
    Team.objects.filter(pk=office.legal.pk).update(covered_by=office.marketing)
    Membership.objects.filter(user=office.dora).update(role="lead")
    item = make_item(office.connection, office.legal, thread="secret")
    clocks.rewind([item.pk])
    clock.move_to(MONDAY + 130 * MINUTE)
    alarms.ring()
    told = set(Notification.objects.filter(item=item).values_list("user__username", flat=True))
    assert told == {"dora", "ada"}
    assert Activity.objects.filter(item=item, data__step="cover").get().data["people"] == 0


def test_new_hours_set_the_clocks_anew(office: World, clock: time_machine.Traveller) -> None:
    items = [support_item(office) for _number in range(3)]
    Holiday.objects.create(team=office.support, day=MONDAY.date())
    clocks.rewind_team(office.support)
    assert [clocks.rewind_some(limit=2) for _round in range(3)] == [2, 1, 0]
    assert {dues(item)[0] for item in items} == {MONDAY + 26 * HOUR}
    assert Team.objects.get(pk=office.support.pk).rewind_from is None


def test_a_snoozed_item_that_wakes_has_its_ladder(office: World, clock: time_machine.Traveller) -> None:
    item = support_item(office)
    queue.snooze(item=item.pk, by=office.alice, until=MONDAY + HOUR)
    item.refresh_from_db()
    assert item.unclaimed_since is None
    Item.objects.filter(pk=item.pk).update(snoozed_until=timezone.now() - 365 * 24 * HOUR)
    clock.move_to(MONDAY + HOUR)
    assert sweep.wake_due() == 1
    item.refresh_from_db()
    assert item.unclaimed_since == MONDAY + HOUR
    assert item.alarm_at == MONDAY + 75 * MINUTE


def test_many_arrivals_read_targets_and_hours_once(office: World) -> None:
    few = [entry(f"a{n}", thread=f"few{n}") for n in range(2)]
    many = [entry(f"b{n}", thread=f"many{n}") for n in range(40)]
    with CaptureQueriesContext(connection) as first:
        receive(office.connection, *few)
    with CaptureQueriesContext(connection) as second:
        receive(office.connection, *many)
    assert len(second) <= len(first)


def test_every_target_from_the_start_is_for_a_platform_there_is(world: World) -> None:
    named = set(Target.objects.values_list("platform", flat=True)) - {""}
    assert named == {"discord", "email", "line", "messenger", "slack", "telegram", "whatsapp"}
    assert named <= CONNECTORS.keys()
