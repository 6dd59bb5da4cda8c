"""Filters that compose, queues of the frame, what is read, and what is due."""

from __future__ import annotations

import itertools
import re
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.db.models import F
from django.http import QueryDict
from django.test import Client
from django.utils import timezone

from inbox import mentions, queue
from inbox.models import Connection, Item, ItemRead, Mention
from inbox.selectors import lists
from inbox.selectors.filters import Filters
from teams.errors import Invalid
from teams.models import Membership, User
from tests.inbox.rows import add_item, add_message
from tests.world import World


def show(user: User, query: str) -> list[int]:
    return [row.pk for row in lists.page(user, Filters.parse(QueryDict(query))).items]


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def both(world: World) -> tuple[Item, Item]:
    """One item that every filter below fits, and one that none does."""
    now = timezone.now()
    plain = add_item(world.connection, world.support, waiting_since=now, at=now - timedelta(days=3))
    chat = Connection.objects.create(name="Chat", kind="telegram")
    special = add_item(
        chat, world.marketing, kind="dm", priority=40, labels=["vip"], language="de", returned=True,
        assignee=world.alice, at=now, waiting_since=now - timedelta(hours=5), due_at=now - timedelta(minutes=3),
    )  # fmt: skip
    Item.objects.filter(pk=special.pk).update(rule=Item.folded("Help"))
    ItemRead.objects.create(item=plain, user=world.alice, until=now)
    Mention.objects.create(
        item=special, user=world.alice, note=queue.timeline.record(special, queue.timeline.Verb.NOTED, by=world.bob)
    )
    return plain, special


FILTERS = [
    "team=marketing", "assignee=me", "platform=telegram", "kind=dm", "label=vip", "priority=urgent", "language=de",
    "rule=help", "waits=4h", "breached=true", "returned=true", "unread=true", "mentioned=true", "after=yesterday",
]  # fmt: skip


@pytest.mark.parametrize("query", FILTERS)
def test_each_filter_narrows_the_list(world: World, both: tuple[Item, Item], query: str):
    assert show(world.alice, query) == [both[1].pk]


def test_any_two_filters_compose(world: World, both: tuple[Item, Item]):
    for one, other in itertools.combinations(FILTERS, 2):
        assert show(world.alice, f"{one}&{other}") == [both[1].pk], (one, other)
    assert show(world.alice, "&".join(FILTERS)) == [both[1].pk]


@pytest.mark.parametrize(
    "query",
    ["team=support", "assignee=none", "platform=generic", "breached=false", "unread=false", "mentioned=false",
     "returned=false", "before=yesterday"],
)  # fmt: skip
def test_the_opposite_leaves_the_other(world: World, both: tuple[Item, Item], query: str):
    assert show(world.alice, query) == [both[0].pk]
    assert show(world.alice, f"{query}&label=vip") == []


@pytest.mark.parametrize(
    ("query", "field"),
    [("waits=long", "waits"), ("waits=0m", "waits"), ("waits=9999d", "waits"), ("before=soon", "before"),
     ("after=2026-13-40", "after"), ("breached=perhaps", "breached"), ("unread=2", "unread")],
)  # fmt: skip
def test_a_wrong_value_is_refused_by_name(world: World, query: str, field: str):
    with pytest.raises(Invalid) as refused:
        show(world.alice, query)
    assert list(refused.value.facts()) == [field]


def test_a_rule_is_found_by_its_name_in_any_case_and_only_by_the_whole_of_it(world: World):
    item = add_item(world.connection, world.support)
    Item.objects.filter(pk=item.pk).update(rule=Item.folded("Größe & STRASSE"))
    for name in ("größe & straße", "GRÖSSE & strasse"):
        assert show(world.alice, f"rule={quote(name)}") == [item.pk]
    assert show(world.alice, "rule=strasse") == []


class TestMentions:
    def test_the_queue_holds_what_names_me_and_counts_what_i_have_not_seen(self, world: World):
        Membership.objects.create(user=world.bob, team=world.support)
        item, other = add_item(world.connection, world.support), add_item(world.connection, world.support)
        for _twice in range(2):
            queue.note(item=item.pk, by=world.alice, text="@bob look")
        client = signed_in(world.bob)
        page = client.get("/queue/mentions/").content.decode()
        assert re.findall(r'id="row-(\d+)"', page) == [str(item.pk)]
        assert re.findall(r'data-queue="mentions">(\d+)<', page) == ["1"]
        client.get(f"/items/{item.pk}/")
        after = client.get("/queue/mentions/").content.decode()
        assert re.findall(r'id="row-(\d+)"', after) == [str(item.pk)]
        assert 'data-queue="mentions"' not in after
        assert str(other.pk) not in re.findall(r'id="row-(\d+)"', after)

    def test_a_mention_in_a_team_that_became_hidden_counts_for_nothing(self, world: World):
        item = add_item(world.connection, world.support)
        queue.note(item=item.pk, by=world.alice, text="@bob look")
        assert mentions.unseen(world.bob).count() == 1
        Item.objects.filter(pk=item.pk).update(team=world.legal)
        assert mentions.unseen(world.bob).count() == 0
        assert 'data-queue="mentions"' not in signed_in(world.bob).get("/counts/").content.decode()


class TestRead:
    def test_an_item_is_unread_until_this_person_opens_it_and_again_when_more_comes(self, world: World):
        item = add_item(world.connection, world.support)
        alice, bob = signed_in(world.alice), signed_in(world.bob)

        def unread(client: Client) -> bool:
            return "data-unread" in client.get("/").content.decode()

        assert unread(alice)
        assert unread(bob)
        alice.get(f"/items/{item.pk}/", headers={"X-Part": "talk"})
        assert not unread(alice)
        assert unread(bob)
        Item.objects.filter(pk=item.pk).update(last_message_at=F("last_message_at") + timedelta(minutes=1))
        assert unread(alice)
        alice.get(f"/items/{item.pk}/live/")
        assert not unread(alice)
        assert ItemRead.objects.count() == 1

    def test_what_a_tab_fetches_ahead_is_read_when_it_says_that_it_shows_it(self, world: World):
        item = add_item(world.connection, world.support)
        client = signed_in(world.alice)
        ahead = client.get(f"/items/{item.pk}/", headers={"X-Part": "ahead"})
        stamp = re.search(r'data-stamp="([^"]+)"', ahead.content.decode())
        assert stamp
        assert client.get(f"/items/{item.pk}/live/", {"stamp": stamp[1]}).status_code == 204
        assert not ItemRead.objects.exists()
        assert client.get(f"/items/{item.pk}/live/", {"stamp": stamp[1], "opened": ""}).status_code == 204
        assert ItemRead.objects.get().user == world.alice

    def test_reading_again_writes_nothing(self, world: World):
        item = add_item(world.connection, world.support)
        client = signed_in(world.alice)
        client.get(f"/items/{item.pk}/")
        ItemRead.objects.update(until=item.last_message_at + timedelta(hours=1))
        client.get(f"/items/{item.pk}/")
        assert ItemRead.objects.get().until == item.last_message_at + timedelta(hours=1)


class TestDue:
    @pytest.fixture
    def page(self, world: World) -> str:
        now = timezone.now()
        due = {"late": -11, "soon": 9, "hour": 50, "days": 60 * 24 * 3}
        for name, minutes in due.items():
            start = now - timedelta(minutes=100) if name in {"late", "soon"} else now
            add_item(
                world.connection,
                world.support,
                name,
                due_at=now + timedelta(minutes=minutes, seconds=5),
                due_from=start,
            )
        add_item(world.connection, world.support, "none")
        add_item(world.connection, world.support, "waiting", state="waiting")
        return signed_in(world.alice).get("/?order=urgent").content.decode()

    def test_what_is_due_first_comes_first_under_headings(self, page: str):
        assert re.findall(r'role="group" aria-label="([^"]+)"', page) == [
            "Overdue", "Due within the hour", "Another day", "No clock",
        ]  # fmt: skip
        texts = re.findall(r'class="text"[^>]*>\s*(\w+)', page)
        assert texts[:4] == ["late", "soon", "hour", "days"]
        assert set(texts[4:]) == {"none", "waiting"}

    def test_each_row_says_what_is_left_or_that_the_clock_stands_still(self, page: str):
        clocks = re.findall(
            r'class="clock ?(\w*)"[^>]*>.*?</svg>\s*(?:<time[^>]*data-due>([^<]*)</time>)?', page, re.DOTALL
        )
        assert [clock for clock in clocks if clock[1]] == [("late", "−10m"), ("soon", "9m"), ("", "50m"), ("", "3d")]
        assert "The clock stands still" in page


def test_a_search_says_where_it_looked_and_marks_what_it_found(world: World):
    item = add_item(world.connection, world.support, "Hello there")
    add_message(item, f"{'word ' * 60} the Settlement you promised <b>")
    page = signed_in(world.alice).get("/?q=settlem").content.decode()
    text = re.search(r'class="text"[^>]*>(.*?)</span>', page, re.DOTALL)[1]
    assert "…" in text
    assert "<mark>Settlem</mark>ent you promised &lt;b&gt;" in text
    assert "Only the newest items" not in page


def test_a_search_with_an_unknown_operator_says_so_on_the_page(world: World):
    answer = signed_in(world.alice).get("/?q=form:ann")
    assert answer.status_code == 400
    assert "There is no operator “form:”" in answer.content.decode()


def test_select_all_names_the_items_of_this_list_and_no_others(world: World):
    items = [add_item(world.connection, world.support, labels=["vip"]) for _number in range(60)]
    add_item(world.connection, world.legal, labels=["vip"])
    add_item(world.connection, world.support)
    answer = signed_in(world.alice).get("/?label=vip", headers={"X-Part": "numbers"}).json()
    assert answer == {"items": [item.pk for item in reversed(items)], "versions": [1] * 60, "more": False}
    nothing = {"items": [], "versions": [], "more": False}
    assert signed_in(world.charlie).get("/", headers={"X-Part": "numbers"}).json() == nothing


def test_a_label_is_put_on_many_items_and_taken_back(world: World):
    items = [add_item(world.connection, world.support, labels=labels) for labels in ([], ["old"], ["vip"])]
    client = signed_in(world.alice)
    chosen = ",".join(str(item.pk) for item in items)
    answer = client.post("/bulk/label/", {"items": chosen, "label": "vip"}).json()
    assert [Item.objects.get(pk=item.pk).labels for item in items] == [["vip"], ["old", "vip"], ["vip"]]
    queue.claim(item=items[1].pk, by=world.bob)  # somebody acts meanwhile: their item is left alone
    client.post(answer["undo"])
    assert [Item.objects.get(pk=item.pk).labels for item in items] == [[], ["old", "vip"], ["vip"]]
    client.post("/bulk/label/", {"items": chosen, "label": "vip", "off": "1"})
    assert [Item.objects.get(pk=item.pk).labels for item in items] == [[], ["old"], []]
    assert client.post("/bulk/label/", {"items": chosen, "label": " "}).json()["refused"] == 3
