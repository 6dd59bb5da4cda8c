"""When a platform withdraws our access, those are told who can mend it and those whose replies wait."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.core import mail as outbox_of
from django.test import Client

from connectors.base import TokenRevoked, Verb
from inbox import access, delivery, mail, notify
from inbox.models import Connection, Item, Notification, Outbound
from inbox.models.notification import Topic
from teams.models import User
from tests import world as small_world
from tests.inbox.outgoing import answer, send
from tests.world import World, entry


@pytest.fixture
def item(world: World) -> Item:
    return small_world.make_item(small_world.make_connection(), world.support, external_id="in-1", thread="t-1")


def told() -> list[tuple[str, str, str]]:
    """Who, of what, and where it leads."""
    rows = Notification.objects.filter(topic="access_ended").order_by("user__username")
    return [(row.user.username, row.text, row.get_absolute_url()) for row in rows]


def test_admins_and_the_author_of_a_waiting_reply_are_told_once(
    world: World, item: Item, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, page = item.connection.name, f"/connections/{item.connection_id}/"
    send(monkeypatch, TokenRevoked("gone"), TokenRevoked("gone"))
    first, second = answer(item, world), answer(item, world, text="And more")
    delivery.deliver(ids=[first.pk, second.pk])
    assert told() == [("ada", name, page), ("alice", name, f"/items/{item.pk}/")]
    assert set(Outbound.objects.values_list("state", flat=True)) == {"queued"}
    assert Connection.objects.get(pk=item.connection_id).state == "revoked"


def test_the_platforms_own_word_tells_the_admins_and_nobody_else(world: World, item: Item) -> None:
    small_world.receive(item.connection, entry("", verb=Verb.REVOKED, reason="tokens revoked"))
    assert [who for who, *_ in told()] == ["ada"]


def test_a_connection_without_items_tells_the_admins_and_leads_to_itself(world: World, client: Client) -> None:
    empty = small_world.make_connection()
    Connection.objects.filter(pk=empty.pk).update(name="Quiet <b>page</b>")
    empty.refresh_from_db()
    User.objects.filter(pk=world.ada.pk).update(email="ada@example.org")
    notify.choose(by=world.ada, topic=Topic.ACCESS_ENDED, in_page=True, by_mail=True)
    access.revoke(empty, "gone")
    page = f"/connections/{empty.pk}/"
    assert told() == [("ada", empty.name, page)]
    assert mail.send_due() == 1
    (letter,) = outbox_of.outbox
    assert letter.subject.endswith(": Quiet <b>page</b>")
    assert f"{settings.BASE_URL}{page}" in letter.body
    client.force_login(world.ada)
    shown = client.get("/notifications/").content.decode()
    assert f'href="{page}"' in shown
    assert "Quiet &lt;b&gt;page&lt;/b&gt;" in shown
    row = Notification.objects.get()
    assert client.get(f"/notifications/{row.pk}/").url == page
    assert client.get("/api/v1/notifications/").json()["results"][0]["connection"] == empty.pk
    assert notify.unread(world.ada) == 1
    assert client.get(page).status_code == 200
    assert notify.unread(world.ada) == 0


def test_who_is_no_admin_any_more_hears_nothing_of_a_connection(world: World, client: Client) -> None:
    User.objects.filter(pk=world.ada.pk).update(email="ada@example.org")
    notify.choose(by=world.ada, topic=Topic.ACCESS_ENDED, in_page=True, by_mail=True)
    access.revoke(small_world.make_connection(), "gone")
    User.objects.filter(pk=world.ada.pk).update(is_admin=False)
    world.ada.refresh_from_db()
    assert notify.unread(world.ada) == 0
    assert mail.send_due() == 1
    assert outbox_of.outbox == []
    client.force_login(world.ada)
    assert client.get(f"/notifications/{Notification.objects.get().pk}/").url == "/notifications/"


def test_access_that_ended_before_is_no_news(world: World, item: Item) -> None:
    Connection.objects.filter(pk=item.connection_id).update(state="paused", last_error="")
    access.revoke(item.connection, "gone")
    assert told() == []
    assert Connection.objects.get(pk=item.connection_id).last_error == ""
