"""Many items at once: each as if alone, each undoable."""

from __future__ import annotations

import pytest
from django.test import Client

from inbox import queue
from inbox.models import Item
from tests import world as small
from tests.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice(world: World) -> Client:
    client = Client()
    client.force_login(world.alice)
    return client


def items(world: World, count: int = 3) -> list[Item]:
    return [small.make_item(world.connection, world.support) for _ in range(count)]


def named(rows: list[Item]) -> str:
    return ",".join(str(row.pk) for row in rows)


def test_claiming_many_leaves_out_what_a_colleague_holds_and_says_so(world, alice):
    rows = items(world)
    queue.claim(item=rows[1].pk, by=world.bob)
    told = alice.post("/bulk/claim/", {"items": named(rows)}).json()
    assert (told["done"], told["refused"]) == ([rows[0].pk, rows[2].pk], 1)
    assert "bob has claimed this item" in told["say"]
    assert Item.objects.get(pk=rows[1].pk).assignee == world.bob


def test_what_was_done_is_undone_by_the_address_it_names(world, alice):
    rows = items(world)
    told = alice.post("/bulk/resolve/", {"items": named(rows)}).json()
    assert set(Item.objects.values_list("state", flat=True)) == {"resolved"}
    alice.post(told["undo"])
    assert set(Item.objects.values_list("state", flat=True)) == {"open"}


def test_a_hidden_item_is_refused_like_one_that_is_not_there(world, alice):
    hidden = small.make_item(world.connection, world.legal)
    told = alice.post("/bulk/claim/", {"items": f"{hidden.pk},999999,nonsense"}).json()
    assert (told["done"], told["refused"], told["undo"]) == ([], 2, "")
    hidden.refresh_from_db()
    assert hidden.assignee is None


def test_handing_many_over_asks_once(world, alice):
    rows = items(world)
    data = {"items": named(rows), "to": "marketing", "other": "Wrong team"}
    assert alice.post("/bulk/hand-over/", {"items": named(rows)}).status_code == 400
    assert not Item.objects.filter(team=world.marketing).exists()
    alice.post("/bulk/hand-over/", data)
    assert Item.objects.filter(team=world.marketing).count() == 3


def test_snoozing_many(world, alice):
    rows = items(world)
    alice.post("/bulk/snooze/", {"items": named(rows), "preset": "tomorrow"})
    assert Item.objects.filter(state="snoozed").count() == 3
