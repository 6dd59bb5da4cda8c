"""No page asks the database more than twelve times, however much it shows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from connectors.base import Kind
from connectors.registry import CONNECTORS
from inbox import queue, relay, replies
from inbox.models import Connection, Item, MessageRevision
from teams.models import User
from tests.inbox.rows import add_item, add_message
from tests.strangers import Hidden, routes
from tests.world import World

MOST_QUERIES = 12


def queries(user: User, url: str, **headers: str) -> int:
    """How many a page takes when nothing is remembered from before, not even that the person is there."""
    client = Client()
    client.force_login(user)
    User.objects.filter(pk=user.pk).update(seen_at=None)
    with CaptureQueriesContext(connection) as caught:
        response = client.get(url, headers=headers)
    assert response.status_code == 200, (url, response.status_code)
    return len(caught)


@pytest.fixture
def told(world: World) -> Item:
    """An item with everything an item can have, in a full list."""
    for _number in range(60):
        add_item(world.connection, world.support, assignee=world.alice)
    item = add_item(world.connection, world.marketing, "Please help", labels=["vip"], priority=30)
    queue.claim(item=item.pk, by=world.bob)
    relay.hand_off(item=item.pk, by=world.bob, to=world.support, reason="Wrong team")
    queue.claim(item=item.pk, by=world.alice)
    queue.note(item=item.pk, by=world.alice, text="Look at this")
    replies.reply(item=item.pk, by=world.alice, text="We look at it", key="k")
    edited = add_message(item, "Please help us", edited_at=timezone.now())
    MessageRevision.objects.create(message=edited, text="Help")
    MessageRevision.objects.create(message=edited, text="Please help")
    return item


@pytest.mark.parametrize("who", ["ada", "alice", "dora", "charlie"])
@pytest.mark.parametrize(
    "url",
    ["/", "/?order=urgent", "/?q=help", "/?priority=high&label=vip&kind=mention", "/queue/mine/", "/queue/unclaimed/",
     "/queue/done/", "/queue/all/?assignee=alice", "/queues/", "/counts/"],
)  # fmt: skip
def test_a_list_takes_at_most_twelve_queries(world: World, told: Item, who: str, url: str):
    assert queries(getattr(world, who), url) <= MOST_QUERIES


@pytest.mark.parametrize("who", ["ada", "alice", "bob"])
def test_an_item_beside_its_list_takes_at_most_twelve_queries(world: World, told: Item, who: str):
    user, url = getattr(world, who), f"/items/{told.pk}/"
    assert queries(user, url) <= MOST_QUERIES
    assert queries(user, f"{url}?in=team:support&order=urgent") <= MOST_QUERIES
    assert queries(user, url, **{"X-Part": "talk"}) <= MOST_QUERIES
    assert queries(user, f"{url}live/") <= MOST_QUERIES


def test_to_open_an_item_is_a_sign_of_life_unless_the_tab_asks_by_itself(world: World, told: Item):
    client = Client()
    client.force_login(world.alice)
    for active, seen in (("no", False), ("yes", True)):
        User.objects.filter(pk=world.alice.pk).update(seen_at=None)
        assert client.get(f"/items/{told.pk}/", headers={"X-Active": active}).status_code == 200
        world.alice.refresh_from_db()
        assert (world.alice.seen_at is not None) is seen


def test_every_page_there_is_takes_at_most_twelve_queries(world: World):
    """Found in the addresses themselves, so that a new page is asked too.

    On a page outside the inbox one more may come, once a minute: that the person is there.
    """
    hidden = Hidden.make(world)
    spent = {}
    client = Client()
    client.force_login(world.ada)
    for route in routes():
        if route.startswith("api/"):
            continue
        User.objects.filter(pk=world.ada.pk).update(seen_at=timezone.now())
        with CaptureQueriesContext(connection) as caught:
            response = client.get(hidden.path(route))
        if response.status_code == 200 and "text/html" in response["Content-Type"]:
            spent[route] = len(caught)
    assert {"", "items/<int:pk>/", "rules/", "connections/", "people/"} <= set(spent)
    assert {route: number for route, number in spent.items() if number > MOST_QUERIES} == {}


def test_the_number_of_queries_does_not_grow_with_what_is_shown(world: World, told: Item):
    before = queries(world.alice, "/"), queries(world.alice, f"/items/{told.pk}/")
    for number in range(20):
        add_message(told, f"And another thing {number}")
        add_item(world.connection, world.support, by=f"Somebody {number}")
        queue.note(item=told.pk, by=world.alice, text="A note")
    assert (queries(world.alice, "/"), queries(world.alice, f"/items/{told.pk}/")) == before


def test_what_a_reply_may_look_like_is_known_without_any_secret(world: World, django_assert_num_queries):
    with django_assert_num_queries(0):
        for kind, connector in CONNECTORS.items():
            account = Connection(kind=kind).bare_account()
            assert account.secrets == {}
            assert connector.limits(Kind.DM, account) == connector.limits(Kind.DM, account)


def test_an_item_that_may_go_back_says_so(world: World, told: Item):
    client = Client()
    client.force_login(world.alice)
    back = f"/items/{told.pk}/return/"
    assert back in client.get(f"/items/{told.pk}/").content.decode()
    relay.return_(item=told.pk, by=world.alice, reason="No stock")
    assert back not in client.get(f"/items/{told.pk}/").content.decode()
    other = add_item(world.connection, world.support, waiting_since=timezone.now() - timedelta(hours=1))
    assert f"/items/{other.pk}/return/" not in client.get(f"/items/{other.pk}/").content.decode()
