"""Teams, oneself and tokens over HTTP; and what ends a person's access."""

from __future__ import annotations

import pytest
from django.conf import settings as configured
from django.test import Client

from teams import people
from teams.models import ApiToken
from teams.tokens import create_token
from tests.inbox.client import Api
from tests.world import World, make_item

PASSWORD = "{}-likes-long-words"


def test_teams_lists_what_one_may_look_into_and_who_is_there(world: World):
    said = Api(world.bob).get("teams/")
    assert [team["slug"] for team in said["results"]] == ["marketing", "support", "unsorted"]
    assert said["results"][1] == {
        "slug": "support",
        "name": "Support",
        "hue": world.support.hue,
        "is_private": False,
        "is_fallback": False,
        "members": [{"username": "alice", "name": "alice", "role": "lead"}],
    }
    assert "legal" in [team["slug"] for team in Api(world.dora).get("teams/")["results"]]
    assert Api(world.charlie).get("teams/") == {"results": [], "next": None, "previous": None}


def test_a_deactivated_colleague_is_listed_nowhere(world: World):
    people.deactivate(by=world.ada, person=world.alice)
    [support] = [team for team in Api(world.bob).get("teams/")["results"] if team["slug"] == "support"]
    assert support["members"] == []


def test_me(world: World):
    assert Api(world.alice).get("me/") == {
        "username": "alice",
        "name": "alice",
        "is_admin": False,
        "time_zone": "UTC",
        "language": "en",
        "teams": ["support"],
    }


def test_a_token_is_shown_once_and_works_until_it_is_revoked(world: World):
    api = Api(world.alice)
    made = api.post("tokens/", {"name": "script"}, expect=201)
    assert made["name"] == "script"
    assert made["token"].startswith("rb_")
    assert made["token"].encode() not in bytes(ApiToken.objects.get(pk=made["id"]).digest)
    listed = api.get("tokens/")["results"]
    assert listed[0]["id"] == made["id"]
    assert "token" not in listed[0]
    other = Client(headers={"Authorization": f"Bearer {made['token']}"})
    assert other.get("/api/v1/me/").json()["username"] == "alice"
    api.delete(f"tokens/{made['id']}/", expect=204)
    assert other.get("/api/v1/me/").status_code == 401
    api.delete(f"tokens/{made['id']}/", expect=404)


def test_a_colleagues_token_is_no_ones_business(world: World):
    create_token(world.bob)
    theirs = ApiToken.objects.get(user=world.bob)
    Api(world.ada).delete(f"tokens/{theirs.pk}/", expect=404)
    theirs.refresh_from_db()
    assert theirs.revoked_at is None


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Bearer rb_wrong", "Token x", "Bearer é", "Bearer a b", "bearer " + "x" * 5000]
)
def test_without_a_token_that_works_the_answer_is_401_and_says_how(db, client, header: str):
    response = client.get("/api/v1/items/", headers={"Authorization": header})
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"


def test_the_scheme_is_read_in_any_case(world: World, client):
    token = create_token(world.alice)
    assert client.get("/api/v1/me/", headers={"Authorization": f"BEARER {token}"}).status_code == 200


def test_deactivating_ends_sessions_and_tokens_at_once(world: World, client):
    api = Api(world.alice)
    client.force_login(world.alice)
    assert client.get("/").status_code == 200
    people.deactivate(by=world.ada, person=world.alice)
    api.get("items/", expect=401)
    assert client.get("/").status_code == 302
    assert client.get("/api/v1/items/").status_code == 401
    fresh = Client()
    assert sign_in(fresh, "alice", PASSWORD.format("alice")).status_code == 200  # the form again, refused
    assert "_auth_user_id" not in fresh.session
    people.reactivate(by=world.ada, person=world.alice)
    api.get("items/", expect=401)  # old tokens stay revoked


def test_a_write_with_a_session_needs_the_csrf_token_and_one_with_a_bearer_does_not(world: World):
    item = make_item(world.connection, world.support)
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(world.alice)
    path = f"/api/v1/items/{item.pk}/claim/"
    refused = browser.post(path, {}, "application/json")
    assert refused.status_code == 403
    assert "CSRF" in refused.json()["detail"]
    item.refresh_from_db()
    assert item.assignee is None
    token = create_token(world.alice)
    machine = Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {token}"})
    assert machine.post(path, {}, "application/json").status_code == 200


def test_a_form_is_not_read_as_json(world: World, client):
    """A page of somebody else's could make a browser send a form, or JSON dressed up as text."""
    item = make_item(world.connection, world.support)
    client.force_login(world.alice)
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        response = client.generic("POST", f"/api/v1/items/{item.pk}/notes/", '{"text": "hi"}', content_type=kind)
        assert response.status_code == 415, kind
    assert not item.activities.filter(verb="noted").exists()


def test_guessing_a_password_locks_the_name_at_that_address_for_a_while(world: World, client):
    for _try in range(configured.AXES_FAILURE_LIMIT):
        assert sign_in(client, "alice", "wrong").status_code in {200, 403, 429}
    right = PASSWORD.format("alice")
    assert sign_in(client, "alice", right).status_code in {403, 429}
    assert "_auth_user_id" not in client.session
    assert sign_in(client, "bob", PASSWORD.format("bob")).status_code == 302  # others are not locked out
    elsewhere = Client(REMOTE_ADDR="203.0.113.9")
    assert sign_in(elsewhere, "alice", right).status_code == 302


def test_signing_in_changes_the_session_and_signing_out_ends_it(world: World, client):
    client.get("/sign-in/")
    assert sign_in(client, "alice", PASSWORD.format("alice")).status_code == 302
    key = client.session.session_key
    assert client.get("/").status_code == 200
    client.post("/sign-out/")
    assert client.get("/").status_code == 302
    stolen = Client()
    stolen.cookies[configured.SESSION_COOKIE_NAME] = key
    assert stolen.get("/").status_code == 302


def sign_in(client: Client, username: str, password: str):
    return client.post("/sign-in/", {"username": username, "password": password})
