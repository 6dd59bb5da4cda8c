"""Many items at once: each as if alone, each undoable."""

from __future__ import annotations

import pytest
from django.test import Client

from inbox import marks, queue
from inbox.models import Activity, Item
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


def as_shown(rows: list[Item]) -> str:
    return ",".join(f"{row.pk}:{row.version}" for row in rows)


VERBS = {
    "/bulk/claim/": {},
    "/bulk/resolve/": {},
    "/bulk/label/": {"label": "vip"},
    "/bulk/snooze/": {"preset": "tomorrow"},
    "/bulk/hand-over/": {"to": "marketing", "other": "Wrong team"},
}


@pytest.mark.parametrize(("url", "data"), VERBS.items(), ids=VERBS)
def test_what_changed_since_the_list_showed_it_is_left_as_it_is_and_named(world, alice, url, data):
    rows = items(world)
    shown = as_shown(rows)
    marks.label(item=rows[1].pk, by=world.bob, add=["waits for the bank"])
    before = Item.objects.filter(pk=rows[1].pk).values().get()
    lines = Activity.objects.filter(item=rows[1]).count()

    told = alice.post(url, {"items": shown, **data}).json()

    assert (told["done"], told["refused"]) == ([rows[0].pk, rows[2].pk], 1)
    assert told["say"].endswith(f"1 was not: A Customer #{rows[1].pk}: It has changed since the list showed it.")
    assert Item.objects.filter(pk=rows[1].pk).values().get() == before
    assert Activity.objects.filter(item=rows[1]).count() == lines

    back = alice.post(told["undo"]).json()
    assert (back["done"], back["refused"]) == ([rows[0].pk, rows[2].pk], 0)
    assert Item.objects.filter(state="open", assignee=None, team=rows[0].team).count() == 3


def test_who_claimed_it_since_is_said_for_all_that_they_took(world, alice):
    rows = items(world, 8)
    shown = as_shown(rows)
    for row in rows[1:]:
        queue.claim(item=row.pk, by=world.bob)
    told = alice.post("/bulk/claim/", {"items": shown}).json()
    assert (told["done"], told["refused"]) == ([rows[0].pk], 7)
    five = ", ".join(f"A Customer #{row.pk}" for row in rows[1:6])
    assert told["say"].endswith(f"7 were not: {five} and 2 more: bob has claimed this item.")
    assert Item.objects.filter(assignee=world.bob).count() == 7


def test_a_version_of_a_hidden_item_tells_nothing(world, alice):
    hidden = small.make_item(world.connection, world.legal)
    for version in (hidden.version, hidden.version + 1):
        told = alice.post("/bulk/claim/", {"items": f"{hidden.pk}:{version}"}).json()
        assert told["say"].endswith(f"1 was not: #{hidden.pk}: There is no such item.")
    hidden.refresh_from_db()
    assert (hidden.assignee, hidden.version) == (None, 1)


def test_the_form_that_asks_where_to_carries_the_versions_along(world, alice):
    rows = items(world)
    page = alice.get(f"/bulk/hand-over/?items={as_shown(rows)}").content.decode()
    assert f'name="items" value="{as_shown(rows)}"' in page
    assert "Hand 3 items over" in page
