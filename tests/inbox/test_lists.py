"""The lists: what they show to whom, in which order, page by page, and what they cost."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.http import QueryDict

from inbox.models import Connection, Item
from inbox.selectors import keyset, lists
from inbox.selectors.filters import EVERY, UNFINISHED, Filters, refuse_unknown
from inbox.selectors.keyset import Cursor
from inbox.selectors.sight import Sight
from teams.errors import Invalid
from tests.inbox.rows import START, add_item, fill
from tests.world import World


def item(world: World, *, team=None, connection=None, **more) -> Item:
    return add_item(connection or world.connection, team or world.support, **more)


def show(user, query="", **more):
    return [item.pk for item in lists.page(user, Filters.parse(QueryDict(query)), **more).items]


def test_newest_first_and_unfinished_only(world: World):
    first, second = item(world), item(world)
    item(world, state="resolved")
    item(world, state="ignored")
    assert show(world.alice) == [second.pk, first.pk]


def test_each_person_sees_the_teams_they_may_see(world: World):
    support, marketing = item(world), item(world, team=world.marketing)
    legal = item(world, team=world.legal)
    assert show(world.ada) == [legal.pk, marketing.pk, support.pk]
    assert show(world.alice) == show(world.bob) == [marketing.pk, support.pk]
    assert show(world.dora) == [legal.pk, marketing.pk, support.pk]
    assert show(world.charlie) == []


def test_a_hidden_team_is_the_same_as_none(world: World):
    item(world, team=world.legal)
    with pytest.raises(Invalid) as hidden:
        show(world.alice, "team=legal")
    with pytest.raises(Invalid) as unknown:
        show(world.alice, "team=nowhere")
    assert hidden.value.facts() == unknown.value.facts() == {"team": ["There is no such team."]}


@pytest.mark.parametrize(
    "query", ["assignee=dora", "assignee=dora&state=all", "assignee=dora&order=urgent", "state=open"]
)
def test_no_way_to_ask_reaches_a_hidden_team(world: World, monkeypatch, query: str):
    hidden = item(world, team=world.legal, assignee=world.dora)
    assert show(world.dora, query) == [hidden.pk]
    assert show(world.alice, query) == []
    monkeypatch.setattr(lists, "_MOST_WALKS", 0)  # all teams in one walk
    assert show(world.dora, query) == [hidden.pk]
    assert show(world.alice, query) == []


def test_the_items_of_a_page_are_chosen_and_read_in_one_statement(world: World, django_assert_num_queries):
    """So none can leave for a hidden team between the two."""
    stays, sight = item(world), Sight.of(world.alice)
    with django_assert_num_queries(1):
        rows = lists.page(world.alice, Filters(), sight=sight, dress=lambda items: items).items
    assert [row.pk for row in rows] == [stays.pk]


def test_filters_narrow_the_list(world: World):
    chat = Connection.objects.create(name="Chat", kind="telegram")
    plain = item(world)
    special = item(
        world,
        connection=chat,
        kind="dm",
        priority=30,
        labels=["vip"],
        returned=True,
        assignee=world.alice,
        state="waiting",
    )
    assert show(world.alice) == [special.pk, plain.pk]
    for query in (
        "kind=dm", "platform=telegram", f"connection={chat.pk}", "label=vip", "priority=high", "returned=true",
        "assignee=me", "assignee=alice", "state=waiting", "state=waiting,snoozed", "state=waiting&state=resolved",
    ):  # fmt: skip
        assert show(world.alice, query) == [special.pk], query
    assert show(world.alice, "assignee=none") == [plain.pk]
    assert show(world.alice, "state=all&returned=false") == [plain.pk]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("state=lost", "state"),
        ("kind=shout", "kind"),
        ("priority=7", "priority"),
        ("returned=maybe", "returned"),
        ("order=owner__password", "order"),
        ("connection=x", "connection"),
        ("connection=99999999999999999999", "connection"),
        ("assignee=nobody-we-know", "assignee"),
        ("team=%00", "team"),
        (f"q={'x' * 201}", "q"),
    ],
)
def test_a_wrong_value_is_refused_by_name(world: World, query: str, field: str):
    with pytest.raises(Invalid) as refused:
        show(world.alice, query)
    assert list(refused.value.facts()) == [field]


def test_an_unknown_filter_is_refused():
    with pytest.raises(Invalid) as refused:
        refuse_unknown(QueryDict("owner__password__startswith=a"), known=frozenset({"team"}))
    assert list(refused.value.facts()) == ["owner__password__startswith"]


def test_the_default_states_can_be_chosen_by_the_caller():
    assert Filters.parse(QueryDict("")).states == UNFINISHED
    assert Filters.parse(QueryDict(""), states=EVERY).states == EVERY
    assert Filters.parse(QueryDict("state=unfinished"), states=EVERY).states == UNFINISHED


@pytest.mark.parametrize("order", ["newest", "oldest", "urgent"])
@pytest.mark.parametrize("who", ["ada", "alice"])
def test_pages_show_every_item_once_forwards_and_back(world: World, order: str, who: str):
    for number in range(11):  # ties in every column but the id
        waits = None if number % 4 == 0 else START + timedelta(minutes=number % 3)
        item(
            world,
            team=[world.support, world.marketing][number % 2],
            at=START + timedelta(minutes=number // 4),
            waiting_since=waits,
            due_at=None if number % 3 else START + timedelta(minutes=number % 2),
            priority=[20, 40][number % 3 == 0],
        )
    user, filters = getattr(world, who), Filters(order=order)
    pages, cursor = [], None
    while True:
        page = lists.page(user, filters, cursor=cursor, size=3)
        pages.append([item.pk for item in page.items])
        last, cursor = page, page.next_cursor
        if not cursor:
            break
    flat = [pk for one in pages for pk in one]
    assert len(flat) == len(set(flat)) == 11
    assert flat == [item.pk for item in sorted(Item.objects.all(), key=KEYS[order])]
    back = []
    while last.previous_cursor:
        last = lists.page(user, filters, cursor=last.previous_cursor, size=3)
        back.insert(0, [item.pk for item in last.items])
    assert back == pages[:-1]


KEYS = {
    "newest": lambda item: (-item.last_message_at.timestamp(), -item.pk),
    "oldest": lambda item: (item.last_message_at.timestamp(), item.pk),
    "urgent": lambda item: (item.due_at or keyset.NEVER, -item.priority, item.waiting_since or keyset.NEVER, item.pk),
}


@pytest.mark.parametrize(
    "cursor",
    [
        "x", "%%%", "W10", "bnVsbA", "eyJhIjoxfQ", "é", "a" * 400, "W1tbW1tbXQ",
        Cursor((START, 1)).text(keyset.ORDERS["oldest"]),
        Cursor(("2026-13-40", 1)).text(keyset.ORDERS["newest"]),
        Cursor(("2026-11-20T00:00:00", 1)).text(keyset.ORDERS["newest"]),
        Cursor((START, 2**70)).text(keyset.ORDERS["newest"]),
        Cursor((START, True)).text(keyset.ORDERS["newest"]),
        Cursor((START, 1, 2)).text(keyset.ORDERS["newest"]),
    ],
)  # fmt: skip
def test_a_made_up_cursor_is_refused(world: World, cursor: str):
    with pytest.raises(Invalid) as refused:
        show(world.alice, cursor=cursor)
    assert list(refused.value.facts()) == ["cursor"]


def test_a_page_costs_the_same_number_of_queries_for_one_item_as_for_many(world: World, django_assert_num_queries):
    for _number in range(12):
        item(world, assignee=world.bob)
    with django_assert_num_queries(3):
        rows = lists.page(world.ada, Filters()).items
        assert {(row.team.slug, row.assignee.username, row.connection.name, row.contact.name) for row in rows} == {
            ("support", "bob", world.connection.name, "Ann")
        }
        assert [identity.handle for identity in rows[0].contact.identities.all()] == ["ann"]


@pytest.mark.slow
@pytest.mark.parametrize("who", ["ada", "alice"])
@pytest.mark.parametrize(
    "query",
    ["", "team=support", "order=urgent", "order=oldest", "assignee=none", "state=all", "state=open", "returned=true"],
)
def test_a_page_reads_a_page_however_long_the_queue_is(filled: World, who: str, query: str):
    """No walk reads more than a few pages of rows (of other teams, in between) out of 20,000."""
    user, filters = getattr(filled, who), Filters.parse(QueryDict(query))
    second = lists.page(user, filters).next_cursor
    for cursor in (None, second):
        most = rows_read(user, filters, cursor)
        assert most <= 5 * lists.PAGE, (cursor, most)


@pytest.fixture
def filled(world: World) -> World:
    fill(world.connection, [world.support, world.marketing, world.legal])
    return world


def rows_read(user, filters: Filters, cursor: str | None) -> int:
    """The most rows that any scan of the page's key query read, as PostgreSQL counted them."""
    order = keyset.ORDERS[filters.order]
    start = keyset.read(cursor, order)
    walks = lists._walks(user, filters, lists._Teams.of(Sight.of(user), filters))
    plans = [lists._walk(walk, order, start, lists.PAGE + 1).explain(format="json", analyze=True) for walk in walks]
    return max(most_rows(json.loads(plan)[0]["Plan"]) for plan in plans)


def most_rows(node) -> int:
    read = node["Actual Rows"] * node["Actual Loops"] + node.get("Rows Removed by Filter", 0)
    return max([round(read), *[most_rows(child) for child in node.get("Plans", [])]])
