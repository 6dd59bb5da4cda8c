"""The desk over HTTP: next, skip, reassign, labels, bulk and undo, presence, notifications, duty, the ledger."""

from __future__ import annotations

import re
from datetime import time
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from inbox import bulk, notify, presence, queue, relay
from inbox.models import HandoffReason, Item, Target
from inbox.models.notification import Topic
from insights import ledger
from teams import duty
from teams.errors import Invalid
from teams.models import Membership, Team, User
from tests.inbox.client import Api
from tests.world import World, deliver, entry, make_item


def browser(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture(autouse=True)
def fresh_room(settings: Any) -> None:
    settings.LIVE_CHANNEL = "relaybox:test-desk"
    presence.room.redis.reset()
    presence.room.redis.ask(lambda client: client.flushdb())


def test_next_skip_reassign_and_marks_by_the_api(world: World) -> None:
    item = make_item(world.connection, world.support)
    alice, bob = Api(world.alice), Api(world.bob)
    assert alice.post("items/next/", {})["id"] == item.pk
    assert alice.post("items/next/", {}, expect=409)["code"] == "nothing_to_do"
    assert alice.post(f"items/{item.pk}/skip/", {"reason": "Thai"})["assignee"] is None
    assert alice.post("items/next/", {}, expect=409)["code"] == "nothing_to_do"
    assert bob.post("items/next/", {"teams": ["support"]})["assignee"] == "bob"
    bob.post(f"items/{item.pk}/reassign/", {"person": "alice"}, expect=403)
    assert alice.post(f"items/{item.pk}/reassign/", {"person": "alice"})["assignee"] == "alice"
    assert alice.post(f"items/{item.pk}/labels/", {"add": ["vip"]})["labels"] == ["vip"]
    assert alice.post(f"items/{item.pk}/priority/", {"priority": "urgent"})["priority"] == "urgent"
    stale = alice.post(f"items/{item.pk}/priority/", {"priority": "low", "version": 1}, expect=409)
    assert stale["code"] == "stale"


def test_bulk_and_undo_by_the_api(world: World) -> None:
    rows = [make_item(world.connection, world.support, thread=f"b{n}") for n in range(2)]
    hidden = make_item(world.connection, world.legal)
    alice = Api(world.alice)
    body = {"verb": "handoff", "items": [*(row.pk for row in rows), hidden.pk], "team": "legal", "reason": "Law"}
    batch = alice.post("items/bulk/", body)
    assert [result["done"] for result in batch["results"]] == [True, True, False]
    assert batch["results"][2]["code"] == "not_found"
    assert Item.objects.filter(team=world.legal).count() == 3
    sent = alice.get("handoffs/")
    assert {(row["item"], row["team"], row["outcome"]) for row in sent} == {(None, "legal", "with_team")}
    undone = alice.post("items/undo/", {"undo": batch["undo"]})
    assert [result["done"] for result in undone["results"]] == [True, True]
    assert Item.objects.filter(team=world.support).count() == 2
    alice.post("items/bulk/", {"verb": "snooze", "items": [rows[0].pk]}, expect=400)
    alice.post("items/bulk/", {"verb": "burn", "items": [rows[0].pk]}, expect=400)
    alice.post("items/bulk/", {"verb": "claim", "items": list(range(1, bulk.MOST + 2))}, expect=400)


def test_a_program_that_says_what_it_saw_leaves_alone_what_changed_since(world: World) -> None:
    rows = [make_item(world.connection, world.support, thread=f"v{n}") for n in range(3)]
    alice = Api(world.alice)
    alice.post(f"items/{rows[1].pk}/labels/", {"add": ["vip"]})
    body = {"verb": "resolve", "items": [row.pk for row in rows], "versions": {str(row.pk): 1 for row in rows[:2]}}
    batch = alice.post("items/bulk/", body)
    assert [result["code"] for result in batch["results"]] == ["", "stale", ""]
    assert [Item.objects.get(pk=row.pk).state for row in rows] == ["resolved", "open", "resolved"]


def test_versions_of_what_is_no_item_change_nothing(world: World) -> None:
    row = make_item(world.connection, world.support)
    strangers = {"9" * 5000: 1, "x": 1, "": 1, "-1": 1}
    batch = Api(world.alice).post("items/bulk/", {"verb": "resolve", "items": [row.pk], "versions": strangers})
    assert [result["code"] for result in batch["results"]] == [""]


def test_colleagues_see_who_looks_and_who_types(world: World) -> None:
    item = make_item(world.connection, world.support)
    alice, bob = Api(world.alice), Api(world.bob)
    assert alice.post(f"items/{item.pk}/presence/", {}) == []
    assert bob.get(f"items/{item.pk}/presence/") == [{"user": "alice", "typing": False}]
    alice.post(f"items/{item.pk}/presence/", {"typing": True})
    assert bob.get(f"items/{item.pk}/presence/") == [{"user": "alice", "typing": True}]
    alice.post(f"items/{item.pk}/presence/", {"gone": True})
    assert bob.get(f"items/{item.pk}/presence/") == []
    Api(world.charlie).get(f"items/{item.pk}/presence/", expect=404)


def test_a_page_reads_who_is_before_its_items_and_never_of_those_its_person_may_not_see(world: World) -> None:
    shown, quiet, secret = (
        make_item(world.connection, team, thread=f"p{team.pk}{n}")
        for n, team in enumerate((world.support, world.support, world.legal))
    )
    presence.here(item=shown.pk, by=world.alice)
    presence.here(item=shown.pk, by=world.ada, typing=True)
    presence.here(item=secret.pk, by=world.dora, typing=True)
    address = f"/looking/?items={shown.pk},{quiet.pk},{secret.pk},0,x,99999999"
    seen = {person.username: browser(person).get(address).content.decode() for person in world.people}
    row = f'data-item="{shown.pk}" data-initials="AL AD" data-say="alice is looking, ada is typing" data-typing'
    assert row in seen["bob"]
    assert "alice" not in seen["alice"]  # of oneself nobody needs to be told
    for person in ("alice", "bob", "charlie"):
        assert "dora" not in seen[person]
        assert str(secret.pk) not in re.findall(r'data-item="(\d+)"', seen[person])
    assert seen["charlie"].strip() == ""
    assert "dora is typing" in seen["ada"]
    assert f'data-item="{quiet.pk}"' not in seen["ada"]


def test_presence_in_an_item_that_moved_away_is_seen_by_nobody_who_may_not(world: World) -> None:
    item = make_item(world.connection, world.support)
    presence.here(item=item.pk, by=world.alice)
    relay.hand_off(item=item.pk, by=world.alice, to=world.legal, reason="Law")
    assert presence.who_is_there([item.pk], viewer=world.bob) == {}
    assert [seen.user for seen in presence.who_is_there([item.pk], viewer=world.dora)[item.pk]] == [world.alice]


def test_without_redis_nobody_is_seen_and_nothing_breaks(world: World, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    presence.room.redis.reset()
    item = make_item(world.connection, world.support)
    presence.here(item=item.pk, by=world.alice, typing=True)
    presence.gone(item=item.pk, by=world.alice)
    assert presence.who_is_there([item.pk], viewer=world.bob) == {}
    presence.room.redis.reset()


def test_notifications_are_listed_read_and_chosen(world: World) -> None:
    item, secret = make_item(world.connection, world.support), make_item(world.connection, world.legal, "quiet words")
    notify.tell(Topic.OVERDUE, item, [world.alice.pk], key="a")
    notify.tell(Topic.OVERDUE, secret, [world.dora.pk], key="b")
    Membership.objects.filter(user=world.dora).delete()
    assert Api(world.dora).get("notifications/") == {"unread": 0, "results": []}
    page = browser(world.dora).get("/notifications/")
    assert f"/items/{secret.pk}/" not in page.content.decode()
    listed = Api(world.alice).get("notifications/")
    assert (listed["unread"], listed["results"][0]["item"]) == (1, item.pk)
    assert Api(world.alice).post("notifications/", {})["unread"] == 0
    client = browser(world.alice)
    own = {"time_zone": "UTC", "language": "en", "theme": "system", "density": "comfortable", "topics": "1"}
    client.post("/preferences/", {**own, "mail_overdue": "on", "quiet_from": "22:00", "quiet_until": "07:00"})
    chosen = {row.topic: (row.in_page, row.by_mail) for row in notify.choices_of(world.alice)}
    assert chosen["overdue"] == (False, True)
    assert chosen["assigned"] == (False, False)
    assert User.objects.get(pk=world.alice.pk).quiet_from == time(22)


def test_who_is_away_says_so(world: World) -> None:
    assert Api(world.alice).post("me/away/", {"away": True})["away_since"] is not None
    assert Api(world.alice).post("me/away/", {"away": False})["away_since"] is None
    browser(world.alice).post("/away/", {"away": "1"})
    person = User.objects.get(pk=world.alice.pk)
    assert person.away_since is not None
    assert person.seen_at is not None


def test_what_i_handed_over_is_followed_on_a_page(world: World) -> None:
    kept = make_item(world.connection, world.support, thread="k")
    gone = make_item(world.connection, world.support, thread="g")
    relay.hand_off(item=kept.pk, by=world.alice, to=world.marketing, reason="Yours")
    relay.hand_off(item=gone.pk, by=world.alice, to=world.legal, reason="A contract")
    queue.claim(item=kept.pk, by=world.bob)
    words = browser(world.alice).get("/handed-over/").content.decode()
    assert "Accepted" in words
    assert "With Legal" in words
    assert f"/items/{kept.pk}/" in words
    assert f"/items/{gone.pk}/" not in words


def test_an_admin_sets_hours_and_the_clocks_follow(world: World) -> None:
    address = reverse("inbox:duty", args=[world.support.pk])
    client = browser(world.ada)
    assert client.get(address).status_code == 200
    fields = {"day_0": "09:00-12:30, 13:30-24:00", "day_6": "22:00-06:00", "holidays": "2026-12-25 Christmas"}
    rules = {"assignment": "round_robin", "same_helper_days": "7", "covered_by": str(world.marketing.pk)}
    assert client.post(address, {**fields, **rules}).status_code == 302
    team = Team.objects.get(pk=world.support.pk)
    assert [str(shift) for shift in team.shifts.all()] == [
        "Monday 09:00-12:30",
        "Monday 13:30-00:00",
        "Sunday 22:00-06:00",
    ]
    assert [str(day) for day in team.holidays.all()] == ["2026-12-25 Christmas"]
    assert (team.assignment, team.covered_by, team.rewind_from) == ("round_robin", world.marketing, 0)
    assert "09:00-12:30, 13:30-24:00" in client.get(address).content.decode()
    for wrong in ({"day_0": "9 to 5"}, {"day_0": "09:00-25:00"}, {"holidays": "Christmas"}):
        assert client.post(address, {**fields, **rules, **wrong}).status_code == 400
    assert client.post(reverse("inbox:duty", args=[world.marketing.pk]), {**rules, "covered_by": ""}).status_code == 302
    assert team.shifts.count() == 3


def test_a_circle_of_cover_is_refused(world: World) -> None:
    Team.objects.filter(pk=world.support.pk).update(covered_by=world.marketing)
    settings = {name: getattr(world.marketing, name) for name in duty.SETTINGS}
    world.support.refresh_from_db()
    with pytest.raises(Invalid):
        duty.save(
            by=world.ada, team=world.marketing, week={}, holidays={}, settings={**settings, "covered_by": world.support}
        )
    assert Team.objects.get(pk=world.marketing.pk).covered_by is None


def test_the_week_the_targets_and_the_reasons_are_pages_of_admins(world: World) -> None:
    client = browser(world.ada)
    words = client.get("/coverage/").content.decode()
    assert words.count('<td data-on="own"') == 168 * 5
    form = {
        "form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "0", "form-0-platform": "telegram", "form-0-first_reply": "5",
    }  # fmt: skip
    assert client.post(reverse("inbox:targets", args=[world.support.pk]), form).status_code == 302
    row = Target.objects.get(team=world.support)
    assert (row.platform, row.first_reply) == ("telegram", 5)
    twice = {**form, "form-TOTAL_FORMS": "2", "form-1-platform": "telegram", "form-1-next_reply": "5"}
    assert client.post(reverse("inbox:targets", args=[world.marketing.pk]), twice).status_code == 400
    assert not Target.objects.filter(team=world.marketing).exists()
    reason = {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "0", "form-0-text": "Because", "form-0-position": "0"}
    assert client.post("/people/reasons/", reason).status_code == 302
    assert "Because" in relay.reasons()
    assert HandoffReason.objects.filter(text="Because").exists()
    item = make_item(world.connection, world.support)
    assert "Because" in browser(world.alice).get(reverse("inbox:hand-over", args=[item.pk])).content.decode()


def test_closing_a_team_by_its_page_moves_its_items(world: World) -> None:
    item = make_item(world.connection, world.marketing)
    client = browser(world.ada)
    address = reverse("inbox:close-team", args=[world.marketing.pk])
    assert client.post(address, {"to": str(world.support.pk)}).status_code == 302
    assert Item.objects.get(pk=item.pk).team == world.support
    assert client.post(address).status_code == 404


def test_the_ledger_adds_up_and_notices_when_it_does_not(world: World) -> None:
    rows = [make_item(world.connection, world.support, thread=f"l{n}") for n in range(4)]
    queue.resolve(item=rows[0].pk, by=world.alice)
    queue.ignore(item=rows[1].pk, by=world.alice)
    broken = deliver(world.connection, entry("x"))
    type(broken).objects.filter(pk=broken.pk).update(state="dead")
    found = ledger.count()
    assert (found.open, found.resolved, found.ignored, found.dead) == (3, 1, 1, 1)
    assert found.balances
    assert "Everything received is accounted for" in browser(world.ada).get("/ledger/").content.decode()
    Item.objects.filter(pk=rows[2].pk).update(state="snoozed", snoozed_until="2030-01-01T00:00:00Z")
    assert ledger.count().snoozed == 1
    assert ledger.without_next_step() == []
    Item.objects.filter(pk=rows[3].pk).update(alarm_at=None)
    assert [item.pk for item in ledger.without_next_step()] == [rows[3].pk]
    Item.objects.create(connection=world.connection, team=world.support)  # out of nowhere: no line of any history
    assert not ledger.count().balances
    assert "It does not add up" in browser(world.ada).get("/ledger/").content.decode()
