"""Connections, dead events, unsent replies, people: what admins look after, and what nobody else may see."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from inbox import queue
from inbox.models import Connection, Event, Item, Message, Outbound
from teams.models import ApiToken, Membership, Team, User
from tests import world as small
from tests.world import World

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def admin(world: World) -> Client:
    return signed_in(world.ada)


def dead_event(world: World, body: bytes = b"{<script>\xff\x00") -> Event:
    return Event.objects.create(
        connection=world.connection, delivery_key="d1", body=body, state="dead", reason="not JSON", attempts=1
    )


def reply(item: Item, author: User, state: str) -> Outbound:
    message = Message.objects.create(
        item=item, connection=item.connection, direction="out", user=author, text="Our words", at=item.created_at
    )
    return Outbound.objects.create(item=item, message=message, author=author, client_key=state, state=state)


ADMIN_PAGES = ["connections", "connection-kinds", "dead"]


@pytest.mark.parametrize("name", ADMIN_PAGES)
def test_admin_pages_do_not_exist_for_agents(world, admin, name):
    url = reverse(f"inbox:{name}")
    assert admin.get(url).status_code == 200
    assert signed_in(world.alice).get(url).status_code == 404


def test_a_new_connection_shows_its_address_and_secret_once(world, admin):
    data = {"name": "Our app", "reply_url": "http://127.0.0.1:9/", "secret": "", "external_id": ""}
    page = admin.post(reverse("inbox:connection-add", args=["generic"]), data).content.decode()
    made = Connection.objects.get(name="Our app")
    secret = made.account().secret("secret")
    assert f"/hooks/{made.key}/" in page
    assert secret in page
    assert "Shown this once" in page
    assert secret not in admin.get(reverse("inbox:connection", args=[made.pk])).content.decode()


def test_a_wrong_setting_is_refused_and_nothing_is_made(world, admin):
    before = Connection.objects.count()
    data = {"name": "Our app", "reply_url": "ftp://somewhere"}
    response = admin.post(reverse("inbox:connection-add", args=["generic"]), data)
    assert response.status_code == 400
    assert Connection.objects.count() == before


def test_a_rotated_secret_leaves_the_old_one_working(world, admin):
    url = reverse("inbox:connection-rotate", args=[world.connection.pk, "secret"])
    page = admin.post(url, {"value": ""}).content.decode()
    newest, oldest = world.connection.account().every("secret")
    assert (newest in page, oldest) == (True, small.SECRET)


def test_pause_and_resume(world, admin):
    for verb, state in (("pause", "paused"), ("resume", "active")):
        admin.post(reverse(f"inbox:connection-{verb}", args=[world.connection.pk]))
        world.connection.refresh_from_db()
        assert world.connection.state == state


def test_the_page_waits_for_the_first_event(world, admin):
    url = reverse("inbox:connection-arrivals", args=[world.connection.pk])
    assert "Waiting for the first event" in admin.get(url).content.decode()
    dead_event(world)
    assert "Received" in admin.get(url).content.decode()


def test_a_dead_event_is_shown_escaped_and_in_hex(world, admin):
    page = admin.get(reverse("inbox:event", args=[dead_event(world).pk])).content.decode()
    assert "<script>" not in re.sub(r'<script type="module".*?</script>|<script src.*?</script>', "", page)
    assert "&lt;script&gt;\\xff\\x00" in page
    assert "ff 00" in page


def test_replaying_all_takes_every_dead_event_up_again(world, admin):
    dead = dead_event(world)
    admin.post(reverse("inbox:replay-all"))
    dead.refresh_from_db()
    assert (dead.state, dead.attempts, dead.reason) == ("pending", 0, "")


def test_only_an_admin_replays(world):
    dead = dead_event(world)
    for user in (world.alice, world.charlie):
        assert signed_in(user).post(reverse("inbox:replay", args=[dead.pk])).status_code == 404
    dead.refresh_from_db()
    assert dead.state == "dead"


def test_unsent_replies_are_shown_as_far_as_their_items_are(world):
    mine = reply(small.make_item(world.connection, world.support), world.alice, "unknown")
    hidden = small.make_item(world.connection, world.legal)
    reply(hidden, world.dora, "failed")
    page = signed_in(world.alice).get(reverse("inbox:unsent")).content.decode()
    assert reverse("inbox:mark-sent", args=[mine.item_id, mine.pk]) in page
    assert f"/items/{hidden.pk}/" not in page


def test_an_unknown_reply_is_marked_as_sent_by_a_person(world):
    found = reply(small.make_item(world.connection, world.support), world.alice, "unknown")
    signed_in(world.alice).post(reverse("inbox:mark-sent", args=[found.item_id, found.pk]))
    found.refresh_from_db()
    assert found.state == "sent"


def test_a_reply_is_only_reached_through_its_own_item(world):
    found = reply(small.make_item(world.connection, world.legal), world.dora, "failed")
    other = small.make_item(world.connection, world.support)
    for item in (found.item_id, other.pk):
        url = reverse("inbox:send-again", args=[item, found.pk])
        assert signed_in(world.alice).post(url).status_code == 404
    found.refresh_from_db()
    assert found.state == "failed"


class TestPeople:
    def test_deactivating_puts_items_back_and_ends_access(self, world, admin):
        held = small.make_item(world.connection, world.support)
        queue.claim(item=held.pk, by=world.alice)
        ApiToken.objects.create(user=world.alice, digest=b"x" * 32)
        alice = signed_in(world.alice)
        admin.post(reverse("inbox:deactivate", args=[world.alice.pk]))
        held.refresh_from_db()
        assert held.assignee is None
        assert held.activities.last().verb == "released"
        assert alice.get("/").headers["Location"].startswith("/sign-in/")
        assert not ApiToken.objects.filter(user=world.alice, revoked_at=None).exists()

    def test_the_last_admin_stays(self, world, admin):
        assert admin.post(reverse("inbox:deactivate", args=[world.ada.pk])).status_code == 403
        world.ada.refresh_from_db()
        assert world.ada.is_active

    def test_an_agent_deactivates_nobody(self, world):
        assert signed_in(world.alice).post(reverse("inbox:deactivate", args=[world.bob.pk])).status_code == 404
        world.bob.refresh_from_db()
        assert world.bob.is_active

    def test_a_person_is_added_with_their_teams(self, world, admin):
        data = {"username": "eve", "display_name": "Eve", "email": "", "password": "long-enough-words"}
        data[f"team_{world.support.pk}"] = "lead"
        admin.post(reverse("new-person"), data)
        eve = User.objects.get(username="eve")
        assert list(eve.memberships.values_list("team__slug", "role")) == [("support", Membership.Role.LEAD)]
        assert Client().post(reverse("login"), {"username": "eve", "password": data["password"]}).status_code == 302

    def test_a_weak_password_is_refused_by_field(self, world, admin):
        data = {"username": "eve", "display_name": "Eve", "email": "", "password": "12345"}
        response = admin.post(reverse("new-person"), data)
        assert response.status_code == 400
        assert not User.objects.filter(username="eve").exists()

    def test_the_fallback_moves_and_is_never_private(self, world, admin):
        url = reverse("team", args=[world.support.pk])
        data = {"name": "Support", "slug": "support", "hue": "205", "time_zone": "UTC", "is_fallback": "on"}
        assert admin.post(url, {**data, "is_private": "on"}).status_code == 400
        assert Team.objects.get(is_fallback=True) == world.fallback
        assert admin.post(url, data).status_code == 302
        assert Team.objects.get(is_fallback=True) == world.support


class TestOneself:
    def test_preferences_are_kept_and_take_effect(self, world):
        client = signed_in(world.alice)
        data = {"display_name": "Alice", "email": "", "time_zone": "Asia/Taipei", "language": "en"}
        client.post(reverse("preferences"), {**data, "theme": "dark", "density": "compact"})
        page = client.get("/").content.decode()
        assert 'data-theme="dark"' in page
        assert 'data-density="compact"' in page
        assert 'data-keys="off"' in page

    def test_signing_out_takes_a_post(self, world):
        client = signed_in(world.alice)
        assert client.get(reverse("logout")).status_code == 405
        client.post(reverse("logout"))
        assert client.get("/").status_code == 302

    def test_too_many_wrong_passwords_close_the_door_for_a_while(self, world):
        client = Client()
        for _ in range(10):
            client.post(reverse("login"), {"username": "alice", "password": "wrong"})
        right = client.post(reverse("login"), {"username": "alice", "password": "alice-likes-long-words"})
        assert right.status_code == 429
        assert "Too many tries" in right.content.decode()

    def test_the_interface_speaks_the_language_of_the_person(self, world):
        User.objects.filter(pk=world.alice.pk).update(language="zh-hant")
        page = signed_in(world.alice).get("/queue/mine/").content.decode()
        assert '<html lang="zh-hant"' in page
        assert "您認領的" in page
        assert "Held by you" not in page
