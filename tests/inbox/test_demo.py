"""The demo: what its customers wrote can be read, its platforms check what they get, and it spares real work."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from connectors import generic, registry
from connectors.base import Delivery, Verb
from inbox import saved_replies
from inbox.demo import brand, posts, sending, story
from inbox.ingest import digest
from inbox.models import Connection, Event, Item, Outbound, SavedReply, SavedView
from routing import rulesets
from teams.models import Team, User
from tests.world import make_connection

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def doors(db) -> dict[str, Connection]:
    # A test that commits empties all tables behind it, and with them what the migrations put there.
    Team.objects.get_or_create(is_fallback=True, defaults={"slug": "unsorted", "name": "Unsorted"})
    return brand.set_up()


def test_the_posts_are_about_two_hundred_in_many_languages_and_of_one_day():
    sent = posts.all_posts(NOW)
    assert 180 <= len(sent) <= 220
    assert len({post.id for post in sent}) == len(sent)
    assert all(NOW - timedelta(days=1) <= post.at <= NOW for post in sent)
    languages = {post.body["language"] for post in sent if "language" in post.body}
    assert {"en", "de", "es", "fr", "pt", "tr", "ar", "hi", "th", "ja", "ko", "zh-Hant", "vi"} <= languages
    assert {post.body["kind"] for post in sent if "kind" in post.body} == {"mention", "comment", "review", "message"}


def test_the_same_day_is_told_every_time():
    assert posts.all_posts(NOW) == posts.all_posts(NOW)


def test_every_post_is_understood_by_its_connector(doors):
    verbs: Counter[Verb] = Counter()
    for post in posts.all_posts(NOW):
        account = doors[post.connection].account()
        headers = sending._proof(post, account, post.bytes())
        delivery = Delivery(post.bytes(), {name.lower(): value for name, value in headers.items()})
        connector = registry.get(account.kind)
        assert connector.verify(delivery, account)
        verbs.update(entry.verb for entry in connector.parse(delivery, account))
    assert set(verbs) == {Verb.CREATE, Verb.EDIT, Verb.DELETE}


def test_the_rules_give_both_teams_work_and_leave_some_to_the_fallback(doors):
    load(doors)
    teams = Counter(Item.objects.values_list("team__slug", flat=True))
    assert min(teams["support"], teams["marketing"], teams["unsorted"]) >= 35
    assert Item.objects.get(contact__name="Priya Nair").team.slug == "support"
    assert Item.objects.get(contact__name="Gemma Doyle").team.slug == "marketing"
    assert Item.objects.get(contact__name="Greta H.").priority == Item.Priority.HIGH


def test_saved_replies_and_a_list_are_put_by_once(doors):
    load(doors)
    sam, item = User.objects.get(username="sam"), Item.objects.get(contact__name="Priya Nair")
    (filled,) = saved_replies.search(item, sam, "/part")
    assert filled.text.startswith("Hello Priya Nair, ")
    assert filled.missing == ()
    view = SavedView.objects.get(team__slug="support")
    reviews = Client()
    reviews.force_login(sam)
    assert "Greta H." in reviews.get(f"/views/{view.pk}/").content.decode()
    SavedReply.objects.all().delete()
    brand.set_up()
    assert not SavedReply.objects.exists()


def test_the_story_can_be_told_once(doors):
    load(doors)
    assert story.tell() == 11
    assert story.tell() == 0
    assert Item.objects.get(contact__name="Mai Anh").returned is True
    assert Outbound.objects.filter(item__contact__name="Ben Carter").count() == Outbound.objects.count() == 1


def test_setting_up_twice_changes_nothing(doors):
    before = snapshot()
    assert brand.set_up() == doors
    assert snapshot() == before
    assert {person.username for person in brand.logins()} == {"ada", "sam", "sue", "max", "mia"}
    assert User.objects.get(username="sue").leads(Team.objects.get(slug="support"))
    assert not User.objects.get(username="sam").leads(Team.objects.get(slug="support"))


def test_a_changed_password_is_not_printed(doors, capsys):
    mia = User.objects.get(username="mia")
    mia.set_password("something else entirely")
    mia.save()
    User.objects.filter(username="max").update(is_active=False)
    assert {person.username for person in brand.logins()} == {"ada", "sam", "sue"}


def test_the_brands_app_takes_a_signed_reply_and_no_other(doors, client):
    door = doors["Shop reviews"]
    body = json.dumps({"text": "Hello"}).encode()
    headers = generic.sign(door.account().secret("secret"), "reply-1", datetime.now(UTC), body)
    taken = client.post(f"/demo/app/{door.key}/", body, content_type="application/json", headers=headers)
    assert (taken.status_code, taken.json()) == (200, {"id": "shown-reply-1"})
    forged = client.post(f"/demo/app/{door.key}/", body + b" ", content_type="application/json", headers=headers)
    assert forged.status_code == 401


def test_connections_that_are_not_the_demos_have_no_brand_behind_them(doors, client):
    other = make_connection(reply_url="https://shop.example/replies")
    body = b"{}"
    headers = generic.sign(other.account().secret("secret"), "r", datetime.now(UTC), body)
    for key in (other.key, "nobody"):
        assert (
            client.post(f"/demo/app/{key}/", body, content_type="application/json", headers=headers).status_code == 404
        )
    assert client.post("/demo/bot-api/bot123:wrong/sendMessage", {"chat_id": 1}, "application/json").status_code == 404


def test_the_bot_api_answers_as_telegram_does(doors, client):
    path = f"/demo/bot-api/bot{brand.BOT_TOKEN}/sendMessage"
    sent = client.post(path, {"chat_id": 7, "text": "Hi"}, "application/json").json()
    assert (sent["ok"], sent["result"]["chat"]) == (True, {"id": 7})
    assert client.post(path, b"[" * 5000, "application/json").status_code == 400


def test_it_refuses_to_load_beside_real_work(db, monkeypatch):
    make_connection()
    monkeypatch.setattr(sending, "check_door", lambda _url: pytest.fail("nothing may be sent"))
    with pytest.raises(CommandError, match="real connections"):
        call_command("demo")
    call_command("demo", "--if-empty")
    assert not User.objects.filter(username="ada").exists()


def test_without_a_door_it_says_so_and_makes_nothing(db, settings):
    settings.BASE_URL = "http://127.0.0.1:1"
    with pytest.raises(CommandError, match="Start Relaybox first"):
        call_command("demo", "--if-empty")
    assert not Connection.objects.exists()


def load(doors) -> None:
    rulesets.forget()
    events = [
        Event(connection=doors[post.connection], delivery_key=post.id, body=post.bytes())
        for post in posts.all_posts(datetime.now(UTC))
    ]
    Event.objects.bulk_create(events)
    digest(list(Event.objects.values_list("pk", flat=True)))
    assert not Event.objects.exclude(state="done").exists()


def snapshot():
    return User.objects.count(), Team.objects.count(), Connection.objects.count(), rulesets.export_yaml()
