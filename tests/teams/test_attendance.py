"""Who is there: what counts as a sign of life, and what an abandoned tab does by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from inbox import assignment, queue
from inbox.models import Activity, Item
from teams import attendance
from teams.models import User
from tests.inbox.client import Api
from tests.world import World, make_item

LONG_AGO = timezone.now() - timedelta(hours=2)


@pytest.fixture
def alice(world: World) -> Client:
    client = Client()
    client.force_login(world.alice)
    User.objects.update(seen_at=LONG_AGO)
    return client


def seen(person: User) -> bool:
    """Whether anything was heard of this person in this test."""
    at = User.objects.values_list("seen_at", flat=True).get(pk=person.pk)
    return at is not None and at > LONG_AGO


def test_opening_a_page_is_a_sign_of_life(world: World, alice: Client) -> None:
    alice.get("/")
    assert seen(world.alice)
    assert not seen(world.bob)


def test_what_an_abandoned_tab_asks_by_itself_is_none(world: World, alice: Client) -> None:
    item = make_item(world.connection, world.support)
    for path, part in (("/", "rows"), ("/counts/", "counts"), (f"/items/{item.pk}/live/", "live")):
        assert alice.get(path, headers={"X-Part": part, "X-Active": "no"}).status_code == 200
    assert not seen(world.alice)


def test_the_same_is_one_while_somebody_sits_before_the_tab(world: World, alice: Client) -> None:
    alice.get("/counts/", headers={"X-Part": "counts", "X-Active": "yes"})
    assert seen(world.alice)


def test_a_program_with_a_token_of_theirs_is_one_too(world: World, alice: Client) -> None:
    Api(world.alice).get("teams/")
    assert seen(world.alice)


def test_the_items_of_who_left_their_tab_open_go_back(world: World, alice: Client) -> None:
    item = make_item(world.connection, world.support)
    queue.claim(item=item.pk, by=world.alice)
    Item.objects.filter(pk=item.pk).update(claimed_at=LONG_AGO)
    alice.get("/counts/", headers={"X-Part": "counts", "X-Active": "no"})
    assert assignment.release_absent() == 1
    assert Item.objects.get(pk=item.pk).assignee is None
    assert Activity.objects.filter(item=item).last().data == {"holder": "alice", "why": "silent"}

    queue.claim(item=item.pk, by=world.alice)
    Item.objects.filter(pk=item.pk).update(claimed_at=LONG_AGO)
    alice.get("/counts/", headers={"X-Part": "counts", "X-Active": "yes"})
    assert assignment.release_absent() == 0
    assert Item.objects.get(pk=item.pk).assignee == world.alice


def test_nobody_is_written_down_more_than_once_a_minute(world: World) -> None:
    now = timezone.now()
    attendance.saw([world.alice.pk], now)
    attendance.saw([world.alice.pk], now + timedelta(seconds=59))
    assert User.objects.get(pk=world.alice.pk).seen_at == now
    attendance.saw([world.alice.pk], now + timedelta(seconds=61))
    assert User.objects.get(pk=world.alice.pk).seen_at == now + timedelta(seconds=61)
