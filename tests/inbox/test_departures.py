"""People leave and teams close: nothing is orphaned, and the database would not allow it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from inbox import departures, queue, relay
from inbox.models import Activity, Handoff, Item, Notification
from teams.errors import Invalid, NotAllowed
from teams.models import Team, User
from tests import world as small_world
from tests.inbox.test_races import all_at_once, roomy_pool
from tests.world import World, entry, make_item, make_person, receive

__all__ = ["roomy_pool"]


def test_what_a_leaver_held_goes_back_and_says_why(world: World) -> None:
    held, asleep, done = (make_item(world.connection, world.support, thread=f"d{n}") for n in range(3))
    for item in (held, asleep, done):
        queue.claim(item=item.pk, by=world.bob)
    queue.snooze(item=asleep.pk, by=world.bob, until=timezone.now() + timedelta(days=1))
    queue.resolve(item=done.pk, by=world.bob)

    assert departures.deactivate(by=world.ada, person=world.bob) == 2

    rows = dict(Item.objects.values_list("pk", "assignee__username"))
    assert rows == {held.pk: None, asleep.pk: None, done.pk: "bob"}
    said = Activity.objects.filter(verb="released").values_list("data", flat=True)
    assert list(said) == [{"why": "deactivated", "holder": "bob"}] * 2
    assert not User.objects.get(pk=world.bob.pk).is_active


def test_only_an_admin_ends_access_and_a_refusal_moves_nothing(world: World) -> None:
    item = make_item(world.connection, world.support)
    queue.claim(item=item.pk, by=world.bob)
    for by, person in ((world.alice, world.bob), (world.ada, world.ada)):
        with pytest.raises(NotAllowed):
            departures.deactivate(by=by, person=person)
    assert Item.objects.get(pk=item.pk).assignee == world.bob
    with pytest.raises(NotAllowed):
        departures.close_team(by=world.alice, team=world.marketing)
    assert Team.objects.filter(closed_at=None).count() == 4


def test_a_closing_team_hands_everything_to_the_fallback_or_the_named_team(world: World) -> None:
    rows = [make_item(world.connection, world.marketing, thread=f"d{n}") for n in range(3)]
    queue.claim(item=rows[0].pk, by=world.bob)
    relay.hand_off(item=rows[1].pk, by=world.bob, to=world.support, reason="Yours")
    relay.hand_off(item=rows[1].pk, by=world.alice, to=world.marketing, reason="No, yours")
    queue.claim(item=rows[2].pk, by=world.bob)
    queue.resolve(item=rows[2].pk, by=world.bob)

    closed = departures.close_team(by=world.ada, team=world.marketing, to=world.support)

    assert (closed.closed_at is not None, closed.successor) == (True, world.support)
    after = Item.objects.order_by("pk").values_list("team__slug", "assignee", "state")
    assert list(after) == [
        ("support", None, "open"),
        ("support", None, "open"),
        ("marketing", world.bob.pk, "resolved"),
    ]
    moved = Activity.objects.filter(verb="moved").order_by("item")
    assert [(row.item_id, row.actor, row.data) for row in moved] == [
        (row.pk, world.ada, {"from": "marketing", "to": "support"}) for row in rows[:2]
    ]
    assert set(Handoff.objects.values_list("outcome", flat=True)) == {"passed_on"}
    assert Notification.objects.get(item=rows[0]).user == world.bob

    other = make_item(world.connection, world.legal)
    with pytest.raises(Invalid):
        departures.close_team(by=world.ada, team=world.legal)  # private: the fallback is open to all
    with pytest.raises(Invalid):
        departures.close_team(by=world.ada, team=world.fallback, to=world.support)
    with pytest.raises(Invalid):
        departures.close_team(by=world.ada, team=world.support, to=world.marketing)
    assert Item.objects.get(pk=other.pk).team == world.legal
    departures.close_team(by=world.ada, team=world.support)
    assert set(Item.objects.filter(state="open").exclude(pk=other.pk).values_list("team__slug", flat=True)) == {
        "unsorted"
    }


def test_what_wakes_up_in_a_closed_team_is_its_successors(world: World) -> None:
    by_person, by_customer = (make_item(world.connection, world.marketing, thread=f"d{n}") for n in range(2))
    queue.resolve(item=by_person.pk, by=world.bob)
    queue.resolve(item=by_customer.pk, by=world.bob)
    departures.close_team(by=world.ada, team=world.marketing, to=world.support)
    queue.reopen(item=by_person.pk, by=world.bob)
    receive(world.connection, entry("And?", thread=by_customer.thread))
    assert list(Item.objects.values_list("team__slug", "state")) == [("support", "open")] * 2


@pytest.mark.parametrize(
    ("name", "statement"),
    [
        ("item_is_in_an_open_team", "UPDATE inbox_item SET team_id = %(closed)s WHERE id = %(item)s"),
        (
            "item_is_held_by_an_active_person",
            "UPDATE inbox_item SET assignee_id = %(gone)s, claimed_at = now() WHERE id = %(item)s",
        ),
        ("closed_team_is_empty", "UPDATE teams_team SET closed_at = now() WHERE id = %(team)s"),
        ("who_left_holds_nothing", "UPDATE teams_user SET is_active = false WHERE id = %(holder)s"),
    ],
)
def test_the_database_refuses_an_orphan(world: World, name: str, statement: str) -> None:
    item = make_item(world.connection, world.support)
    queue.claim(item=item.pk, by=world.alice)
    gone = make_person("gone", is_active=False)
    closed = small_world.make_team("closed", closed_at=timezone.now())
    values = {"item": item.pk, "team": world.support.pk, "holder": world.alice.pk, "gone": gone.pk, "closed": closed.pk}
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        run(statement, values)
    assert refused.value.__cause__.diag.constraint_name == name


def run(statement: str, values: dict[str, int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_claims_arrivals_and_departures_at_once_leave_no_orphan(roomy_pool: None) -> None:
    world = small_world.build()
    people = [make_person(f"p{n}", world.marketing) for n in range(4)]
    for leaver in people:
        everything_at_once(world, people, partial(departures.deactivate, by=world.ada, person=leaver))
    close = partial(departures.close_team, by=world.ada, team=world.marketing, to=world.support)
    everything_at_once(world, people, close)
    unfinished = Item.objects.unfinished()
    assert unfinished.filter(assignee__is_active=False).count() == 0
    assert unfinished.filter(team__closed_at__isnull=False).count() == 0
    assert unfinished.count() == 20
    assert Activity.objects.filter(verb="moved").count() == 20


def everything_at_once(world: World, people: list[User], departure: Callable[[], object]) -> None:
    names = [small_world.fresh("race") for _n in range(4)]
    rows = [make_item(world.connection, world.marketing, thread=name) for name in names]
    claims = [partial(claim_unless_gone, row.pk, person) for row, person in zip(rows, people, strict=True)]
    arrivals = [partial(receive, world.connection, entry("more", thread=name)) for name in names]
    all_at_once([*claims, *arrivals, departure])


def claim_unless_gone(item: int, person: User) -> None:
    """Who leaves in the same moment is refused by the database."""
    with suppress(IntegrityError):
        queue.claim(item=item, by=User.objects.get(pk=person.pk))
