"""What answers the click that claims: the bar alone where the page was current, everything where it was not."""

from __future__ import annotations

import json

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from inbox import marks, queue
from inbox.models import Item
from tests import world as small
from tests.world import World

pytestmark = pytest.mark.django_db
QUERIES = 8  # session, person, savepoint and its release, the claim, what the bar shows, the history


@pytest.fixture
def alice(world: World) -> Client:
    client = Client()
    client.force_login(world.alice)
    client.get("/")  # what is noted once a minute is noted now
    return client


@pytest.fixture
def item(world: World) -> Item:
    return small.make_item(world.connection, world.support, "I can't log in, help")


def click(client: Client, item: Item, **data: object):
    return client.post(f"/items/{item.pk}/claim/", data, headers={"HX-Request": "true"})


def test_a_current_page_gets_its_bar_and_reads_the_rest_by_itself(world, alice, item):
    response = click(alice, item, seen=item.version, since=7)

    page = response.content.decode()
    assert (response.status_code, response["HX-Retarget"], response["HX-Reswap"]) == (
        200,
        "#live > .talk-bar",
        "outerHTML",
    )
    assert f'data-stamp=""\n     data-version="{item.version + 1}"\n     data-since="7"' in page
    assert "act-release" in page
    assert "act-claim" not in page
    assert 'id="story"' not in page
    event = json.loads(response["HX-Trigger-After-Settle"])["relaybox:acted"]
    assert (event["item"], event["whole"], event["version"], event["since"]) == (item.pk, False, item.version + 1, 7)
    assert event["undo"] == f"/items/{item.pk}/release/"
    assert Item.objects.get(pk=item.pk).assignee == world.alice


def test_a_page_that_a_colleague_made_stale_gets_everything(world, alice, item):
    marks.label(item=item.pk, by=world.bob, add=["urgent"])
    response = click(alice, item, seen=item.version, since=0)

    assert "HX-Retarget" not in response
    assert 'id="story"' in response.content.decode()
    event = json.loads(response["HX-Trigger"])["relaybox:acted"]
    assert (event["whole"], event["version"]) == (True, item.version + 2)
    assert Item.objects.get(pk=item.pk).assignee == world.alice


def test_who_holds_it_already_gets_everything_and_changes_nothing(world, alice, item):
    held = queue.claim(item=item.pk, by=world.alice)
    response = click(alice, item, seen=held.version, since=0)
    assert "HX-Retarget" not in response
    assert Item.objects.get(pk=item.pk).version == held.version


def test_the_loser_sees_at_once_who_won_and_what_came_in_between(world, alice, item):
    held = queue.claim(item=item.pk, by=world.bob)
    response = click(alice, item, seen=item.version, since=0)
    page = response.content.decode()
    assert (response.status_code, "HX-Retarget" in response) == (409, False)
    assert "bob has claimed this item" in page
    assert 'id="story"' in page
    after = Item.objects.get(pk=item.pk)
    assert (after.assignee, after.version) == (world.bob, held.version)


def test_the_click_asks_the_database_little(alice, item):
    with CaptureQueriesContext(database) as asked:
        assert click(alice, item, seen=item.version, since=0).status_code == 200
    assert len(asked) <= QUERIES, [query["sql"] for query in asked]


@pytest.mark.parametrize(
    ("address", "states"),
    [
        ("/", "open snoozed waiting"),
        ("/queue/waiting/", "waiting"),
        ("/queue/done/", "resolved"),
        ("/queue/all/?state=resolved", "resolved"),
        ("/?q=is:done", "resolved"),
    ],
)
def test_a_list_says_which_states_it_holds_and_an_answer_which_one_the_item_has(world, alice, item, address, states):
    assert f'data-states="{states}"' in alice.get(address).content.decode()
    response = alice.post(f"/items/{item.pk}/resolve/", {}, headers={"HX-Request": "true"})
    event = json.loads(response["HX-Trigger"])["relaybox:acted"]
    assert (event["finished"], event["state"]) == (True, "resolved")
