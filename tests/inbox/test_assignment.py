"""Giving items to people who are on, and taking them back from people who are not."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone

from connectors.base import Author
from inbox import assignment, queue, replies
from inbox.models import Activity, Item, Notification
from teams import attendance
from teams.models import Capacity, Holiday, Membership, Team, User
from tests import world as small_world
from tests.world import World, make_item, make_person


def mode(world: World, how: str, **fields: object) -> None:
    Team.objects.filter(pk=world.support.pk).update(assignment=how, **fields)


def here(*people: User) -> None:
    User.objects.filter(pk__in=[person.pk for person in people]).update(seen_at=timezone.now())


def items(world: World, number: int) -> list[Item]:
    """Each from another customer, so that nobody has helped them before."""
    rows = []
    for _number in range(number):
        name = small_world.fresh("a")
        rows.append(make_item(world.connection, world.support, thread=name, author=Author(id=name)))
    return rows


def holders(rows: list[Item]) -> list[str | None]:
    return list(
        Item.objects.filter(pk__in=[row.pk for row in rows]).order_by("pk").values_list("assignee__username", flat=True)
    )


@pytest.fixture
def crew(world: World) -> list[User]:
    people = [make_person(name, world.support) for name in ("sam", "sue")]
    here(world.alice, *people)
    return people


def test_a_team_that_does_not_ask_for_it_is_left_alone(world: World, crew: list[User]) -> None:
    rows = items(world, 2)
    assert assignment.assign_due() == 0
    assert holders(rows) == [None, None]


def test_in_turn_means_whoever_was_not_asked_for_longest(world: World, crew: list[User]) -> None:
    mode(world, "round_robin")
    rows = items(world, 7)
    assert assignment.assign_due() == 7
    assert holders(rows) == ["alice", "sam", "sue", "alice", "sam", "sue", "alice"]
    claimed = Activity.objects.filter(verb="claimed")
    assert {row.data["why"] for row in claimed} == {"round_robin"}
    assert Notification.objects.filter(topic="assigned").count() == 7
    assert assignment.assign_due() == 0


def test_least_loaded_counts_what_is_open_everywhere(world: World, crew: list[User]) -> None:
    sam, sue = crew
    mode(world, "least_loaded")
    for person, number in ((world.alice, 2), (sam, 1)):
        for _n in range(number):
            other = make_item(world.connection, world.marketing, thread=small_world.fresh("o"))
            queue.claim(item=other.pk, by=person)
    waiting = make_item(world.connection, world.support, thread=small_world.fresh("w"))
    replies.reply(item=waiting.pk, by=sue, text="Soon", key="k")  # waits for the customer: no load
    rows = items(world, 3)
    assignment.assign_due()
    assert sorted(name or "" for name in holders(rows)) == ["sam", "sue", "sue"]


def test_only_people_who_are_there_get_anything(world: World, crew: list[User]) -> None:
    sam, sue = crew
    mode(world, "round_robin")
    attendance.set_away(person=sam, away=True)
    User.objects.filter(pk=sue.pk).update(seen_at=timezone.now() - timedelta(minutes=11))
    rows = items(world, 3)
    assignment.assign_due()
    assert holders(rows) == ["alice"] * 3
    attendance.set_away(person=sam, away=False)
    here(sam)
    more = items(world, 1)
    assignment.assign_due()
    assert holders(more) == ["sam"]


def test_nobody_gets_anything_while_the_team_is_off_duty(world: World, crew: list[User]) -> None:
    mode(world, "round_robin")
    day = timezone.now().date()
    Holiday.objects.bulk_create(
        [Holiday(team=world.support, day=date.fromordinal(day.toordinal() + n)) for n in (-1, 0, 1)]
    )
    rows = items(world, 2)
    assert assignment.assign_due() == 0
    assert holders(rows) == [None, None]


def test_nobody_gets_more_than_they_can_hold(world: World, crew: list[User]) -> None:
    sam, sue = crew
    mode(world, "round_robin", capacity=3)
    Capacity.objects.create(user=world.alice, most=1)
    Capacity.objects.create(user=sam, platform="generic", most=2)
    Capacity.objects.create(user=sue, platform="telegram", most=0)
    rows = items(world, 10)
    assert assignment.assign_due() == 6
    names = [name for name in holders(rows) if name]
    assert {name: names.count(name) for name in names} == {"alice": 1, "sam": 2, "sue": 3}


def test_what_somebody_gave_back_does_not_come_to_them_again(world: World, crew: list[User]) -> None:
    mode(world, "round_robin")
    here(world.alice)
    (row,) = items(world, 1)
    assignment.assign_due()
    queue.release(item=row.pk, by=world.alice)
    assignment.assign_due()
    assert holders([row]) == ["sam"]


def test_items_of_the_absent_go_back_with_the_reason(world: World, crew: list[User]) -> None:
    sam, sue = crew
    away, silent, fresh, waiting = items(world, 4)
    for row, person in ((away, sam), (silent, sue), (fresh, world.alice), (waiting, sue)):
        queue.claim(item=row.pk, by=person)
    replies.reply(item=waiting.pk, by=sue, text="Soon", key="k")
    past = timezone.now() - timedelta(minutes=61)
    Item.objects.update(claimed_at=past)
    User.objects.filter(pk=sam.pk).update(away_since=past)
    User.objects.filter(pk=sue.pk).update(seen_at=past)

    assert assignment.release_absent() == 2

    assert holders([away, silent, fresh, waiting]) == [None, None, "alice", "sue"]
    reasons = Activity.objects.filter(verb="released").order_by("item").values_list("item", "data", "actor")
    assert list(reasons) == [
        (away.pk, {"why": "away", "holder": "sam"}, None),
        (silent.pk, {"why": "silent", "holder": "sue"}, None),
    ]
    assert set(Notification.objects.values_list("user__username", "topic")) == {
        ("sam", "taken_back"),
        ("sue", "taken_back"),
    }
    assert assignment.release_absent() == 0


def test_who_has_just_claimed_or_gone_is_given_time(world: World, crew: list[User]) -> None:
    sam, sue = crew
    just_claimed, just_gone, patient = items(world, 3)
    queue.claim(item=just_claimed.pk, by=sam)
    queue.claim(item=just_gone.pk, by=sue)
    queue.claim(item=patient.pk, by=world.alice)
    past = timezone.now() - timedelta(minutes=61)
    User.objects.filter(pk=sam.pk).update(seen_at=past)
    Item.objects.filter(pk__in=[just_gone.pk, patient.pk]).update(claimed_at=past)
    User.objects.filter(pk=sue.pk).update(away_since=timezone.now())
    assert assignment.release_absent() == 0
    User.objects.filter(pk=world.alice.pk).update(seen_at=past)
    Team.objects.filter(pk=world.support.pk).update(return_after=None)
    assert assignment.release_absent() == 0
    assert None not in holders([just_claimed, just_gone, patient])


def test_who_may_no_longer_look_no_longer_holds(world: World) -> None:
    secret, open_one = make_item(world.connection, world.legal), make_item(world.connection, world.support)
    queue.claim(item=secret.pk, by=world.dora)
    queue.claim(item=open_one.pk, by=world.dora)
    assert assignment.release_unseen() == 0
    Membership.objects.filter(user=world.dora).delete()
    assert assignment.release_unseen() == 1
    assert holders([secret, open_one]) == [None, "dora"]
    assert not Notification.objects.filter(item=secret).exists()
