"""Bodies that cannot be read are refused in words, and change nothing."""

from __future__ import annotations

from typing import Any

import pytest

from inbox.models import Item
from tests.inbox.client import Api
from tests.world import World, make_item


@pytest.fixture
def item(world: World) -> Item:
    return make_item(world.connection, world.support, "I need help", thread="t1")


@pytest.mark.parametrize(
    "body",
    [
        b"{", b"\xff\xfe", b'{"text": NaN}', b"[" * 5000 + b"]" * 5000, b'{"a":' * 5000 + b"1" + b"}" * 5000,
        b'{"version": ' + b"9" * 5000 + b"}", b'"text"', b"null0", b'{"version": 1e999}',
        b'{"text": "\\ud83d"}', b'{"\\ud83d": 1}', b'{"text": "\\u0000"}',
    ],
)  # fmt: skip
def test_a_body_that_cannot_be_read_is_a_400(world: World, item: Item, body: bytes):
    client: Any = Api(world.alice).client
    response = client.generic("POST", f"/api/v1/items/{item.pk}/notes/", body, content_type="application/json")
    assert response.status_code == 400, response.content
    assert response.json()["detail"]
    assert response.json()["code"] in {"malformed", "invalid"}
    assert not item.activities.filter(verb="noted").exists()


def test_a_body_over_the_limit_is_a_413(world: World, item: Item, settings):
    body = b'{"text": "' + b"x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE + b'"}'
    client: Any = Api(world.alice).client
    response = client.generic("POST", f"/api/v1/items/{item.pk}/notes/", body, content_type="application/json")
    assert response.status_code == 413
    assert not item.activities.filter(verb="noted").exists()


@pytest.mark.parametrize(
    ("action", "body", "wrong"),
    [
        ("notes", {"text": 5}, {"text": "Give a text."}),
        ("notes", {"txt": "Hi"}, {"txt": "There is no such field.", "text": "This field is required."}),
        ("notes", {"text": "Hi", "version": "7"}, {"version": "Give a whole number."}),
        ("notes", {"text": "Hi", "version": True}, {"version": "Give a whole number."}),
        ("notes", {"text": "Hi", "version": 1.0}, {"version": "Give a whole number."}),
        ("handoff", {"team": "marketing", "reason": 1}, {"reason": "Give a text."}),
        ("labels", {"add": "urgent"}, {"add": "Give a list."}),
        ("labels", {"add": ["urgent", 5]}, {"add": "Give a text."}),
        ("presence", {"typing": 1}, {"typing": "Give true or false."}),
        ("snooze", {"until": 1800000000}, {"until": "Give a text."}),
    ],
)
def test_what_is_of_another_kind_than_its_field_is_named(world: World, item: Item, action: str, body: Any, wrong: Any):
    refused = Api(world.alice).post(f"items/{item.pk}/{action}/", body, expect=400)
    assert {name: refused[name] for name in refused if name not in {"detail", "code"}} == {
        name: [words] for name, words in wrong.items()
    }
    assert refused["code"] == "invalid"
    assert all(f"{name}: {words}" in refused["detail"] for name, words in wrong.items())
    unchanged = Item.objects.get(pk=item.pk)
    assert (unchanged.version, unchanged.team, unchanged.labels) == (item.version, item.team, item.labels)
    assert not item.activities.filter(verb="noted").exists()


def test_an_object_of_wrong_kinds_is_named_inside_a_bulk_operation(world: World, item: Item):
    body = {"verb": "resolve", "items": [item.pk], "versions": [1]}
    assert Api(world.alice).post("items/bulk/", body, expect=400)["versions"] == ["Give an object."]
    body = {"verb": "resolve", "items": [str(item.pk)]}
    assert Api(world.alice).post("items/bulk/", body, expect=400)["items"] == ["Give a whole number."]
    item.refresh_from_db()
    assert item.state == "open"


@pytest.mark.parametrize(
    ("body", "kind"), [('{"no": 1}', "application/json"), ("{", "application/json"), ("a=1", "text/plain")]
)
@pytest.mark.parametrize("action", ["handoff", "return", "snooze", "notes", "replies", "skip", "priority"])
def test_what_is_wrong_with_a_body_is_not_told_of_an_item_one_may_not_see(
    world: World, action: str, body: str, kind: str
):
    hidden = make_item(world.connection, world.legal, "secret", thread="t2")
    client: Any = Api(world.bob).client
    answers = [
        client.generic("POST", f"/api/v1/items/{pk}/{action}/", body, content_type=kind)
        for pk in (hidden.pk, hidden.pk + 1000)
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].json() == answers[1].json() == {"detail": "There is no such item.", "code": "not_found"}


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("PUT", "items/", 405, "no_such_method"),
        ("GET", "nowhere/", 404, "not_found"),
        ("GET", "", 404, "not_found"),
        ("GET", "events/", 403, "not_allowed"),
    ],
)
def test_every_refusal_has_words_and_a_code(world: World, method: str, path: str, status: int, code: str):
    client: Any = Api(world.alice).client
    said = client.generic(method, f"/api/v1/{path}", "", content_type="application/json")
    assert (said.status_code, said.json()["code"]) == (status, code)
    assert said.json()["detail"]
    client.credentials()
    stranger = client.generic(method, f"/api/v1/{path}", "", content_type="application/json")
    assert (stranger.status_code, stranger.json()["code"]) == (401, "not_authenticated")


def test_an_address_without_its_last_slash_leads_to_the_one_with_it(world: World, item: Item):
    client: Any = Api(world.alice).client
    moved = client.get("/api/v1/items?state=open&q=a%20b")
    assert (moved.status_code, moved["Location"]) == (308, "/api/v1/items/?state=open&q=a%20b")
    moved = client.post(f"/api/v1/items/{item.pk}/claim", {}, format="json")
    assert (moved.status_code, moved["Location"]) == (308, f"/api/v1/items/{item.pk}/claim/")
    item.refresh_from_db()
    assert item.assignee is None
    assert client.get("/api/v1/nowhere").status_code == 404
    client.credentials()
    assert client.get("/api/v1/items").status_code == 401
