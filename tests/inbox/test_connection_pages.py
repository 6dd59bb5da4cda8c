"""What a connection's pages tell an admin: the guide, and how the connection is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from connectors import registry
from inbox import arrivals, connections, health
from inbox.connection_forms import help_of, steps
from inbox.models import Connection, ConnectionSecret, DoorRefusal, Event
from tests.world import World

pytestmark = pytest.mark.django_db
KINDS = sorted(registry.CONNECTORS)


@pytest.fixture
def admin(world: World) -> Client:
    client = Client()
    client.force_login(world.ada)
    return client


def shown(admin: Client, connection: Connection | None = None) -> str:
    address = reverse("inbox:connection", args=[connection.pk]) if connection else reverse("inbox:connections")
    return " ".join(admin.get(address).content.decode().split())


def change(connection: Connection, **fields: Any) -> Connection:
    Connection.objects.filter(pk=connection.pk).update(**fields)
    connection.refresh_from_db()
    return connection


def level(connection: Connection) -> str:
    (found,) = health.of([connection])
    return found.level


@pytest.mark.parametrize("kind", KINDS)
def test_a_guide_says_what_to_paste_where(admin: Client, kind: str) -> None:
    page = admin.get(reverse("inbox:connection-add", args=[kind])).content.decode()
    assert page.count("<li>") >= len(steps(registry.CONNECTORS[kind], "")) >= 1
    added = connections.add_connection(kind=kind, name="One")
    page = shown(admin, added.connection)
    pushed = any("/hooks/" in step for step in steps(registry.CONNECTORS[kind], "/hooks/"))
    assert (f'value="{connections.url_of(added.connection)}"' in page) == pushed
    assert (page.count(f"/hooks/{added.connection.key}/") >= 3) == pushed  # field, button and guide


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_is_explained_in_the_words_of_the_page(kind: str) -> None:
    connector = registry.CONNECTORS[kind]
    told = [*steps(connector, "ADDRESS"), *(help_of(connector, name) for name in connector.secrets)]
    assert all(help_of(connector, name) for name in connector.secrets)
    text = " ".join(told)
    assert not any(name in text for name in (*connector.secrets, *connector.settings) if "_" in name)


def test_a_key_of_several_lines_keeps_them(admin: Client) -> None:
    pem = "-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----"
    data = {"name": "App", "private_key": pem, "key_id": "K", "issuer_id": "I", "external_id": "1"}
    admin.post(reverse("inbox:connection-add", args=["app_store"]), data)
    kept = Connection.objects.get(name="App").account().secret("private_key")
    assert kept.replace("\r\n", "\n") == pem


def test_a_switch_is_on_or_not_set(admin: Client) -> None:
    for name, sent in (("On", {"poll": "on"}), ("Off", {})):
        admin.post(reverse("inbox:connection-add", args=["x"]), {"name": name, **sent})
    assert Connection.objects.get(name="On").settings["poll"] == "yes"
    assert "poll" not in Connection.objects.get(name="Off").settings


def test_words_that_are_ours_to_choose_are_made_up_and_shown_once(admin: Client) -> None:
    page = admin.post(reverse("inbox:connection-add", args=["instagram"]), {"name": "Shop"}).content.decode()
    made = Connection.objects.get(name="Shop")
    word = made.account().secret("verify_token")
    assert len(word) >= 32
    assert word in page
    assert word not in shown(admin, made)
    assert "app_secret" not in {row.name for row in made.secrets.all()}


def test_a_card_tells_what_came_last_and_what_is_left(admin: Client, world: World) -> None:
    now = timezone.now()
    change(world.connection, last_event_at=now, rate_left=412)
    page = shown(admin)
    assert "<dt>Calls left</dt> <dd>412</dd>" in page
    assert "Well" in page
    assert "in force" in page
    assert "longer than usual" not in page


def test_a_quiet_connection_is_looked_at(admin: Client, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    change(world.connection, last_event_at=timezone.now() - timedelta(hours=2))
    assert level(world.connection) == "fine"
    monkeypatch.setattr(arrivals, "quiet", lambda: {world.connection.pk})
    assert level(world.connection) == "soon"
    assert "longer than usual" in shown(admin)


def test_an_error_is_over_once_something_came(world: World) -> None:
    now = timezone.now()
    change(world.connection, last_error="503", last_error_at=now)
    assert level(world.connection) == "soon"
    change(world.connection, asked_at=now + timedelta(seconds=1))
    assert level(world.connection) == "fine"
    change(world.connection, asked_at=None, last_event_at=now + timedelta(seconds=1))
    assert level(world.connection) == "fine"


def test_deliveries_with_another_signature_are_told(admin: Client, world: World) -> None:
    now = timezone.now()
    refusal = DoorRefusal.objects.create(connection=world.connection, status=401, count=7, last_at=now)
    assert level(world.connection) == "soon"
    page = shown(admin, world.connection)
    assert "7 deliveries came whose signature does not fit" in page
    DoorRefusal.objects.filter(pk=refusal.pk).update(last_at=now - timedelta(days=2))
    assert level(world.connection) == "fine"
    DoorRefusal.objects.filter(pk=refusal.pk).update(last_at=now, status=413)
    assert level(world.connection) == "fine"


def test_access_that_is_not_set_withdrawn_or_being_replaced(admin: Client, world: World) -> None:
    assert "not set" not in shown(admin, world.connection)
    connections.rotate_secret(connection=world.connection)
    assert "old value accepted until" in shown(admin, world.connection)
    ConnectionSecret.objects.all().delete()
    assert "not set: Signing secret" in shown(admin, world.connection)
    change(world.connection, state="revoked", last_error="gone")
    assert "withdrawn" in shown(admin, world.connection)
    assert level(world.connection) == "late"


def test_how_all_connections_are_takes_the_same_queries_for_one_and_for_many(
    world: World, django_assert_num_queries: Any
) -> None:
    for count in (1, 12):
        while Connection.objects.count() < count:
            connections.add_connection(kind="generic", name="More")
        with django_assert_num_queries(6):
            assert len(health.of(list(Connection.objects.all()))) == count


def test_a_connections_events_can_be_narrowed_down_and_walked(admin: Client, world: World) -> None:
    rows = [
        Event.objects.create(
            connection=world.connection,
            delivery_key=str(n),
            body=b"{}",
            state="dead" if n == 3 else "done",
            reason="odd",
        )
        for n in range(60)
    ]
    address = reverse("inbox:connection-events", args=[world.connection.pk])
    first = admin.get(address)
    assert [event.pk for event in first.context["events"]] == [row.pk for row in reversed(rows[10:])]
    second = admin.get(f"{address}?before={first.context['older']}")
    assert [event.pk for event in second.context["events"]] == [row.pk for row in reversed(rows[:10])]
    assert second.context["older"] is None
    assert [event.pk for event in admin.get(f"{address}?state=dead").context["events"]] == [rows[3].pk]
    for odd in ("?before=x", "?before=" + "9" * 40, "?state=hologram"):
        assert admin.get(address + odd).status_code == 200
