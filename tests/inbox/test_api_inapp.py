"""Messages of a company's own app by the API: stored like a delivery, one message for each object."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from inbox import attachments
from inbox.ingest import digest
from inbox.models import Arrival, Attachment, Event, Item, Message
from tests.inbox.client import Api
from tests.inbox.provider_mails import PNG
from tests.world import World, make_connection

pytestmark = pytest.mark.django_db
SAID = {"id": "c/1", "thread": "c", "kind": "dm", "text": "Please help", "author": {"id": "u1", "name": "Noor"}}


@pytest.fixture
def ada(world: World) -> Api:
    return Api(world.ada)


def path(world: World) -> str:
    return f"connections/{world.connection.pk}/messages/"


def work() -> None:
    digest(list(Event.objects.filter(state="pending").values_list("pk", flat=True)))


def test_a_message_is_stored_as_an_event_and_becomes_an_item(world: World, ada: Api) -> None:
    told = ada.post(path(world), SAID, expect=201)
    event = Event.objects.get()
    assert told == {"event": event.pk, "state": "pending", "known": False}
    work()
    message = Message.objects.get()
    assert (message.external_id, message.text, message.item.thread) == ("c/1", "Please help", "c")
    assert (message.identity.external_id, message.identity.name) == ("u1", "Noor")  # type: ignore[union-attr]
    world.connection.refresh_from_db()
    assert world.connection.last_event_at
    assert Arrival.objects.count() == 1


def test_an_object_that_comes_again_is_known_whatever_it_says(world: World, ada: Api) -> None:
    first = ada.post(path(world), SAID, expect=201)
    work()
    again = ada.post(path(world), {**SAID, "text": "Something else"}, expect=200)
    assert again == {"event": first["event"], "state": "done", "known": True}
    work()
    assert Message.objects.get().text == "Please help"


def test_what_came_by_the_door_does_not_come_twice(world: World, ada: Api) -> None:
    ada.post(path(world), SAID, expect=201)
    work()
    Event.objects.create(connection=world.connection, delivery_key="door", body=Event.objects.get().body)
    work()
    assert Message.objects.count() == Item.objects.count() == 1


def test_edits_and_deletions_change_the_message(world: World, ada: Api) -> None:
    ada.post(path(world), SAID, expect=201)
    for text in ("One", "Two"):
        ada.post(path(world), {"id": "c/1", "event": "edit", "text": text}, expect=201)
    work()
    assert Message.objects.get().text == "Two"
    ada.post(path(world), {"id": "c/1", "event": "delete"}, expect=201)
    work()
    assert Message.objects.get().deleted_at


def test_a_file_comes_within_the_message(world: World, ada: Api) -> None:
    ada.post(path(world), {**SAID, "media": [{"name": "screen.png", "content": PNG}]}, expect=201)
    work()
    message = Message.objects.get()
    assert "content" not in str(message.raw)
    assert attachments.fetch_due() == 1
    row = Attachment.objects.get()
    assert (row.state, row.type, row.name) == ("stored", "image/png", "screen.png")
    assert row.path.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"id": ""}, "id"),
        ({"id": None}, "id"),
        ({"kind": "hologram"}, "kind"),
        ({"kind": None}, "kind"),
        ({"author": None}, "author"),
        ({"author": {}}, "author"),
        ({"author": {"id": 7.5, "x": 1}}, "author"),
        ({"rating": 9}, "rating"),
        ({"at": "soon"}, "at"),
        ({"colour": "red"}, "colour"),
        ({"event": "shout"}, "event"),
        ({"media": [{"name": "x"}]}, "url"),
        ({"media": [{"content": "%%%"}]}, "media"),
        ({"media": {}}, "media"),
    ],
)
def test_a_field_that_is_wrong_is_named_and_nothing_stored(
    world: World, ada: Api, change: dict[str, Any], field: str
) -> None:
    assert field in ada.post(path(world), {**SAID, **change}, expect=400)
    assert not Event.objects.exists()


@pytest.mark.parametrize("missing", ["id", "kind", "text", "author"])
def test_a_new_message_needs_these(world: World, ada: Api, missing: str) -> None:
    given = {name: value for name, value in SAID.items() if name != missing}
    assert missing in ada.post(path(world), given, expect=400)
    assert not Event.objects.exists()


def test_only_admins_post_and_only_to_connections_of_their_own_app(world: World, ada: Api) -> None:
    for person in (world.alice, world.charlie):
        Api(person).post(path(world), SAID, expect=403)
    Api().post(path(world), SAID, expect=401)
    ada.post("connections/0/messages/", SAID, expect=404)
    ada.post(f"connections/{make_connection('line').pk}/messages/", SAID, expect=400)
    assert not Event.objects.exists()


def test_a_file_of_another_delivery_is_not_to_be_had(world: World, ada: Api) -> None:
    ada.post(path(world), {**SAID, "media": [{"url": "part:0/c/9", "name": "x"}]}, expect=201)
    work()
    attachments.fetch_due()
    assert Attachment.objects.get().state == "refused"
    assert base64.b64decode(PNG)
