"""The pages of the inbox: what each shows, and that a write goes through the same door as everywhere."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from inbox import queue, relay
from inbox.models import Activity, HandoffReason, Item, Outbound
from teams.models import User
from tests import world as small
from tests.world import World

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def htmx(client: Client, url: str, **data: object):
    return client.post(url, data, headers={"HX-Request": "true"})


def told(response) -> dict:
    """What the page's script is told after a write."""
    return json.loads(response["HX-Trigger"])["relaybox:acted"]


def row_ids(response) -> list[int]:
    return [int(pk) for pk in re.findall(r'id="row-(\d+)"', response.content.decode())]


@pytest.fixture(autouse=True)
def _usual_reasons(db: None) -> None:
    for text in ("Wrong team", "Needs approval"):
        HandoffReason.objects.get_or_create(text=text)


@pytest.fixture
def item(world: World) -> Item:
    return small.make_item(world.connection, world.support, "I can't log in, help")


def at(name: str, item: Item) -> str:
    return reverse(f"inbox:{name}", args=[item.pk])


class TestLists:
    def test_home_shows_what_is_unfinished(self, world, item):
        done = small.make_item(world.connection, world.support)
        queue.resolve(item=done.pk, by=world.alice)
        assert row_ids(signed_in(world.alice).get("/")) == [item.pk]

    def test_views_show_what_their_names_say(self, world, item):
        held = small.make_item(world.connection, world.support)
        queue.claim(item=held.pk, by=world.alice)
        client = signed_in(world.alice)
        assert row_ids(client.get("/queue/mine/")) == [held.pk]
        assert row_ids(client.get("/queue/unclaimed/")) == [item.pk]
        assert row_ids(client.get("/queue/done/")) == []

    def test_a_team_has_a_list_of_its_own(self, world, item):
        other = small.make_item(world.connection, world.marketing)
        client = signed_in(world.alice)
        assert row_ids(client.get("/team/support/")) == [item.pk]
        assert row_ids(client.get("/team/marketing/")) == [other.pk]

    def test_a_private_team_does_not_exist_for_others(self, world):
        hidden = small.make_item(world.connection, world.legal, "A secret matter")
        for url in ("/team/legal/", f"/items/{hidden.pk}/", f"/items/{hidden.pk}/live/"):
            response = signed_in(world.alice).get(url)
            assert response.status_code == 404
            assert b"secret" not in response.content
        assert row_ids(signed_in(world.alice).get("/queue/all/")) == []
        assert row_ids(signed_in(world.dora).get("/queue/all/")) == [hidden.pk]

    def test_the_stranger_sees_nothing(self, world, item):
        client = signed_in(world.charlie)
        assert row_ids(client.get("/")) == []
        assert client.get(f"/items/{item.pk}/").status_code == 404

    def test_filters_compose_in_the_address(self, world, item):
        queue.claim(item=item.pk, by=world.alice)
        client = signed_in(world.alice)
        assert row_ids(client.get("/?assignee=me&kind=mention")) == [item.pk]
        assert row_ids(client.get("/?assignee=me&kind=review")) == []

    def test_a_wrong_filter_is_refused_by_name(self, world):
        response = signed_in(world.alice).get("/?state=nonsense")
        assert response.status_code == 400

    def test_the_next_page_continues_where_the_first_ended(self, world):
        items = [small.make_item(world.connection, world.support) for _ in range(55)]
        client = signed_in(world.alice)
        first = client.get("/team/support/")
        following = re.search(r'rel="next" href="([^"]+)"', first.content.decode())
        assert following
        second = client.get(following[1].replace("&amp;", "&"))
        assert sorted(row_ids(first) + row_ids(second)) == sorted(row.pk for row in items)

    def test_rows_are_not_sent_again_when_nothing_changed(self, world, item):
        client = signed_in(world.alice)
        first = client.get("/", headers={"X-Part": "rows"})
        again = client.get("/", headers={"X-Part": "rows", "If-None-Match": first["ETag"]})
        assert (first.status_code, again.status_code) == (200, 304)
        queue.claim(item=item.pk, by=world.alice)
        assert client.get("/", headers={"X-Part": "rows", "If-None-Match": first["ETag"]}).status_code == 200

    def test_a_list_asks_the_database_the_same_for_one_item_as_for_fifty(
        self, world, item, django_assert_max_num_queries
    ):
        for _ in range(49):
            small.make_item(world.connection, world.support)
        client = signed_in(world.alice)
        client.get("/")  # the first request of a while also notes that the person is here
        with django_assert_max_num_queries(12):
            client.get("/")


class TestThread:
    def test_text_from_outside_is_shown_as_text(self, world):
        nasty = small.make_item(world.connection, world.support, '<script>alert("x")</script>')
        page = signed_in(world.alice).get(f"/items/{nasty.pk}/").content.decode()
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page

    def test_the_fragment_is_not_sent_when_the_tab_has_it(self, world, item):
        client = signed_in(world.alice)
        stamp = re.search(r'data-stamp="([^"]+)"', client.get(f"/items/{item.pk}/").content.decode())[1]
        assert client.get(at("live", item), {"stamp": stamp}).status_code == 204
        queue.note(item=item.pk, by=world.alice, text="Look at this")
        changed = client.get(at("live", item), {"stamp": stamp})
        assert changed.status_code == 200
        assert "Look at this" in changed.content.decode()

    def test_the_relay_shows_each_leg(self, world):
        (item,) = small.receive(world.connection, small.entry())
        relay.hand_off(item=item.pk, by=world.alice, to=world.marketing, reason="Wrong team")
        relay.return_(item=item.pk, by=world.bob, reason="Not ours")
        page = signed_in(world.alice).get(f"/items/{item.pk}/").content.decode()
        assert re.findall(r'class="leg".*?<b>(\w+)</b>', page, re.S) == ["Unsorted", "Marketing", "Unsorted"]
        assert "returned, Not ours" in re.sub(r"\s+", " ", page)


class TestActions:
    def test_claim_without_javascript_leads_back_to_the_item(self, world, item):
        response = signed_in(world.alice).post(at("claim", item), {"inside": "in=unclaimed"})
        assert response.headers["Location"] == f"/items/{item.pk}/?in=unclaimed"
        item.refresh_from_db()
        assert item.assignee == world.alice

    def test_the_loser_of_a_claim_is_told_who_won_and_changes_nothing(self, world, item):
        queue.claim(item=item.pk, by=world.alice)
        before = Activity.objects.count()
        for response in (
            htmx(signed_in(world.bob), at("claim", item)),
            signed_in(world.bob).post(at("claim", item)),
        ):
            assert response.status_code == 409
            assert "alice has claimed this item" in response.content.decode()
        assert Activity.objects.count() == before

    def test_a_stale_page_is_told_what_came_in_between(self, world, item):
        last = item.activities.last().pk
        queue.claim(item=item.pk, by=world.alice)
        queue.release(item=item.pk, by=world.alice)
        response = htmx(signed_in(world.bob), at("resolve", item), seen=item.version, since=last)
        assert response.status_code == 409
        assert "alice put it back into the queue" in response.content.decode()
        item.refresh_from_db()
        assert item.state == Item.State.OPEN

    def test_hand_over_moves_the_item_with_its_reason(self, world, item):
        data = {"to": "marketing", "because": "Wrong team", "note": "A campaign question"}
        response = htmx(signed_in(world.alice), at("hand-over", item), **data)
        assert (response.status_code, told(response)["say"]) == (200, "Marketing has it now.")
        handoff = item.handoffs.get()
        assert (handoff.to_team, handoff.reason, handoff.note) == (world.marketing, "Wrong team", "A campaign question")

    def test_hand_over_without_a_reason_keeps_what_was_typed(self, world, item):
        response = htmx(signed_in(world.alice), at("hand-over", item), to="marketing", note="Typed already")
        assert response.status_code == 400
        assert "Typed already" in response.content.decode()
        assert response["HX-Retarget"] == "#dialogs"
        assert not item.handoffs.exists()

    def test_hand_over_of_what_a_colleague_holds_names_them_and_keeps_the_note(self, world, item):
        queue.claim(item=item.pk, by=world.alice)
        data = {"to": "marketing", "because": "Wrong team", "note": "Typed already"}
        response = htmx(signed_in(world.bob), at("hand-over", item), **data)
        page = response.content.decode()
        assert response.status_code == 409
        assert "alice has claimed this item" in page
        assert "Typed already" in page
        assert not item.handoffs.exists()

    def test_words_of_ones_own_come_before_the_usual_reason(self, world, item):
        data = {"to": "marketing", "because": "Wrong team", "other": "Our launch video"}
        htmx(signed_in(world.alice), at("hand-over", item), **data)
        assert item.handoffs.get().reason == "Our launch video"

    def test_return_says_where_it_goes_and_why_it_came(self, world, item):
        words = {"reason": "Wrong team", "note": "See the photo"}
        relay.hand_off(item=item.pk, by=world.alice, to=world.marketing, **words)
        page = htmx_get(signed_in(world.bob), at("return", item))
        assert "Return to Support" in page
        assert "alice handed it over: Wrong team" in page
        assert "See the photo" in page

    def test_return_of_what_nobody_handed_over_can_be_asked_for(self, world, item):
        assert "handed it over" not in htmx_get(signed_in(world.alice), at("return", item))

    def test_return_gives_it_back(self, world, item):
        relay.hand_off(item=item.pk, by=world.alice, to=world.marketing, reason="Wrong team")
        response = htmx(signed_in(world.bob), at("return", item), because="Not ours")
        assert told(response)["say"] == "Support has it back."
        item.refresh_from_db()
        assert (item.team, item.returned) == (world.support, True)

    def test_handing_to_a_private_team_takes_it_out_of_sight(self, world, item):
        response = htmx(signed_in(world.alice), at("hand-over", item), to="legal", because="Needs approval")
        assert response.status_code == 200
        assert "The item is with a team whose items you cannot see." in response.content.decode()

    def test_the_dialog_tells_nothing_of_a_private_team_but_its_name(self, world, item):
        small.make_item(world.connection, world.legal)
        page = htmx_get(signed_in(world.alice), at("hand-over", item))
        legal = page[page.index('value="legal"') :]
        assert "Private" in legal
        assert "dora" not in page

    def test_snooze_until_a_preset(self, world, item):
        htmx(signed_in(world.alice), at("snooze", item), preset="tomorrow")
        item.refresh_from_db()
        assert item.state == Item.State.SNOOZED

    def test_snooze_into_the_past_is_refused_by_field(self, world, item):
        response = htmx(signed_in(world.alice), at("snooze", item), at="2020-01-01T09:00")
        assert response.status_code == 400
        assert "Choose a time in the future." in response.content.decode()
        item.refresh_from_db()
        assert item.state == Item.State.OPEN

    def test_done_offers_the_way_back(self, world, item):
        response = htmx(signed_in(world.alice), at("resolve", item), seen=item.version)
        assert told(response)["undo"] == at("reopen", item)
        htmx(signed_in(world.alice), told(response)["undo"])
        item.refresh_from_db()
        assert item.state == Item.State.OPEN


def htmx_get(client: Client, url: str) -> str:
    return client.get(url, headers={"HX-Request": "true"}).content.decode()


class TestComposer:
    def test_a_reply_is_held_and_can_be_taken_back_with_its_text(self, world, item):
        client = signed_in(world.alice)
        response = htmx(client, at("answer", item), mode="reply", text="Try again now", key="k1", seen=item.version)
        sent = Outbound.objects.get()
        assert (response.status_code, sent.state, sent.message.text) == (200, "queued", "Try again now")
        back = htmx(client, told(response)["undo"])
        sent.refresh_from_db()
        assert sent.state == "cancelled"
        assert 'data-text-back="Try again now"' in back.content.decode()

    def test_a_double_click_is_one_reply(self, world, item):
        client = signed_in(world.alice)
        for _ in range(2):
            htmx(client, at("answer", item), mode="reply", text="Once", key="k1")
        assert Outbound.objects.count() == 1

    def test_a_note_never_becomes_a_reply(self, world, item):
        htmx(signed_in(world.alice), at("answer", item), mode="note", note="Between us", text="unsent words", key="k1")
        assert item.activities.filter(verb="noted").get().text == "Between us"
        assert not Outbound.objects.exists()

    def test_a_refused_reply_keeps_the_text_without_javascript(self, world, item):
        queue.claim(item=item.pk, by=world.alice)
        data = {"mode": "reply", "text": "My long answer", "key": "k1"}
        response = signed_in(world.bob).post(at("answer", item), data)
        page = response.content.decode()
        assert response.status_code == 409
        assert "alice has claimed this item" in page
        assert re.search(r"<textarea[^>]*id=\"reply-text\"[^>]*>\n?My long answer</textarea>", page)
        assert not Outbound.objects.exists()

    def test_a_refused_reply_answers_beside_the_text_with_htmx(self, world, item):
        response = htmx(signed_in(world.alice), at("answer", item), mode="reply", text="  ", key="k1")
        assert (response.status_code, response["HX-Retarget"]) == (400, "#answer-notice")
        assert not Outbound.objects.exists()

    def test_a_reply_to_what_changed_meanwhile_is_stopped_once(self, world, item):
        since = item.activities.last().pk
        queue.snooze(item=item.pk, by=world.bob, until=timezone.now() + timedelta(days=1))
        data = {"mode": "reply", "text": "Hello", "key": "k1", "seen": item.version, "since": since}
        response = htmx(signed_in(world.alice), at("answer", item), **data)
        assert response.status_code == 409
        assert "bob snoozed it until" in response.content.decode()
        assert not Outbound.objects.exists()

    def test_send_and_done(self, world, item):
        htmx(signed_in(world.alice), at("answer", item), mode="reply", text="Bye", key="k1", then="resolve")
        item.refresh_from_db()
        assert item.state == Item.State.RESOLVED
