"""Who writes again comes to who helped them; who writes at night gets the team's message, once."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
import time_machine
from django.utils import timezone

from connectors.base import Author
from inbox import queue, replies
from inbox.models import Activity, Item, Message, Outbound
from teams.models import Membership, Shift, Team, User
from tests import world as small_world
from tests.world import World, entry, make_item, receive

AGAIN = Author(id="again", handle="again", name="Comes again")
MONDAY = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


def helped(world: World, by: User, team: Team) -> Item:
    """An item of the same customer that somebody answered and finished."""
    item = make_item(world.connection, team, thread=small_world.fresh("h"), author=AGAIN)
    replies.reply(item=item.pk, by=by, text="Here you are", key="k")
    queue.resolve(item=item.pk, by=by)
    User.objects.filter(pk=by.pk).update(seen_at=timezone.now())
    return item


def writes_again(world: World, author: Author = AGAIN) -> Item:
    (item,) = receive(world.connection, entry("Me again", thread=small_world.fresh("h"), author=author))
    return item


def test_who_writes_again_comes_to_who_helped(world: World) -> None:
    earlier = helped(world, world.alice, world.support)
    item = writes_again(world)
    assert (item.team, item.assignee) == (world.support, world.alice)
    routed, claimed = Activity.objects.filter(item=item).order_by("pk")
    assert routed.data["earlier"] == earlier.pk
    assert (claimed.verb, claimed.data) == ("claimed", {"why": "helped_before", "earlier": earlier.pk})
    stranger = writes_again(world, Author(id="new"))
    assert (stranger.team, stranger.assignee) == (world.fallback, None)


@pytest.mark.parametrize("gone", ["silent", "away", "left the team", "off duty", "full"])
def test_without_the_person_the_same_team_gets_it(world: World, gone: str) -> None:
    helped(world, world.alice, world.support)
    if gone == "silent":
        User.objects.filter(pk=world.alice.pk).update(seen_at=timezone.now() - timedelta(minutes=11))
    elif gone == "away":
        User.objects.filter(pk=world.alice.pk).update(away_since=timezone.now())
    elif gone == "left the team":
        Membership.objects.filter(user=world.alice).delete()
    elif gone == "off duty":
        tomorrow = (timezone.now() + timedelta(days=2)).weekday()
        Shift.objects.create(team=world.support, weekday=tomorrow, starts=time(9), ends=time(10))
    else:
        Team.objects.filter(pk=world.support.pk).update(capacity=0)
    item = writes_again(world)
    assert (item.team, item.assignee) == (world.support, None)


def test_it_is_forgotten_after_the_teams_days(world: World) -> None:
    earlier = helped(world, world.alice, world.support)
    Item.objects.filter(pk=earlier.pk).update(helped_at=timezone.now() - timedelta(days=15))
    item = writes_again(world)
    assert (item.team, item.assignee) == (world.fallback, None)
    Team.objects.filter(pk=world.support.pk).update(same_helper_days=30)
    Item.objects.filter(pk=item.pk).update(contact=None)
    assert writes_again(world).team == world.support


def night(world: World, text: str = "We are back at nine.") -> None:
    Team.objects.filter(pk=world.support.pk).update(away_message=text)
    Shift.objects.bulk_create(
        [Shift(team=world.support, weekday=day, starts=time(9), ends=time(17)) for day in range(7)]
    )


def sent(item: Item) -> list[str]:
    return list(Outbound.objects.filter(item=item).order_by("pk").values_list("message__text", flat=True))


def test_out_of_hours_the_customer_is_told_once_a_night(world: World) -> None:
    night(world)
    with time_machine.travel(MONDAY, tick=False) as clock:
        item = make_item(world.connection, world.support, thread="night")
        write = lambda: receive(world.connection, entry("Hello?", thread="night"))  # noqa: E731
        write()
        assert sent(item) == []
        clock.move_to(MONDAY + timedelta(hours=6))
        write()
        write()
        assert sent(item) == ["We are back at nine."]
        clock.move_to(MONDAY + timedelta(hours=20))  # still the same night
        write()
        assert sent(item) == ["We are back at nine."]
        clock.move_to(MONDAY + timedelta(hours=30))  # the next one
        write()
        assert sent(item) == ["We are back at nine."] * 2
    item.refresh_from_db()
    assert (item.state, item.first_reply_at) == ("open", None)  # nobody has answered yet
    outbound = Outbound.objects.filter(item=item).first()
    assert (outbound.author, outbound.answers.text, outbound.message.user) == (None, "Hello?", None)
    told = Activity.objects.filter(item=item, verb="replied")
    assert [row.data.get("automatic") for row in told] == [True, True]


def test_nobody_is_told_while_somebody_covers_or_nothing_is_to_be_said(world: World) -> None:
    night(world)
    with time_machine.travel(MONDAY + timedelta(hours=6), tick=False):
        Team.objects.filter(pk=world.support.pk).update(covered_by=world.marketing)
        item = make_item(world.connection, world.support, thread="night")
        receive(world.connection, entry("Hello?", thread="night"))
        Team.objects.filter(pk=world.support.pk).update(covered_by=None, away_message="  ")
        receive(world.connection, entry("Hello?", thread="night"))
    assert sent(item) == []
    assert not Message.objects.filter(item=item, direction="out").exists()
