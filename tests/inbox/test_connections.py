"""Adding and keeping connections, by command, by service and as the API shows them; and events' second try."""

from __future__ import annotations

import base64
import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from connectors import generic
from connectors.base import Delivery, SignatureError
from inbox import connections
from inbox.api.numbered import NEWEST
from inbox.models import Connection, Event, Item, Outbound
from inbox.selectors.keyset import Cursor
from teams.errors import Invalid, NotAllowed
from tests.inbox.client import Api
from tests.world import World, entry, make_connection, make_item, store

BODY = b'{"id": "1", "kind": "dm", "text": "help", "author": {"id": "u"}}'


def run(capsys, *args: str) -> str:
    call_command(*args)
    return capsys.readouterr().out


def test_add_prints_what_the_contract_says_and_deliveries_signed_with_it_fit(db, capsys, settings):
    settings.BASE_URL = "https://inbox.example"
    said = json.loads(run(capsys, "connection", "add", "--kind", "generic", "--name", "Shop", "--json"))
    assert set(said) == {"id", "key", "url", "secret"}
    row = Connection.objects.get(pk=said["id"])
    assert (row.kind, row.name, row.key) == ("generic", "Shop", said["key"])
    assert said["url"] == f"https://inbox.example/hooks/{row.key}/"
    assert len(base64.b64decode(said["secret"].removeprefix("whsec_"), validate=True)) == 32
    headers = generic.sign(said["secret"], "n1", timezone.now(), BODY)
    assert generic.Generic().verify(Delivery(BODY, headers), row.account()) == "n1"


def test_add_takes_secret_and_settings_and_seals_what_is_secret(db, capsys):
    secret = "whsec_" + base64.b64encode(b"0123456789abcdef").decode()
    said = json.loads(
        run(capsys, "connection", "add", "--kind", "generic", "--name", "A", "--secret", secret,
            "--set", "reply_url=http://127.0.0.1:9/r?a=b", "--set", "external_id=us", "--json")
    )  # fmt: skip
    row = Connection.objects.get(pk=said["id"])
    assert said["secret"] == secret == row.account().secret("secret")
    assert (row.settings, row.external_id) == ({"reply_url": "http://127.0.0.1:9/r?a=b"}, "us")
    bot = json.loads(
        run(capsys, "connection", "add", "--kind", "telegram", "--name", "B", "--set", "bot_token=1:x", "--json")
    )
    row = Connection.objects.get(pk=bot["id"])
    assert (row.settings, row.account().secret("bot_token")) == ({}, "1:x")
    assert row.account().secret("secret") == bot["secret"]
    assert len(bot["secret"]) >= 32
    assert b"1:x" not in b"".join(bytes(kept.sealed) for kept in row.secrets.all())


def test_a_platforms_own_secret_is_not_made_up(db):
    added = connections.add_connection(kind="facebook", name="Page")
    assert added.secret == ""
    assert set(added.made) == set(added.connection.secrets.values_list("name", flat=True)) == {"verify_token"}
    added = connections.add_connection(kind="facebook", name="Page", secret="from-the-platform")
    assert added.connection.account().secret("app_secret") == "from-the-platform"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--kind", "myspace", "--name", "x"], "There is no platform “myspace”"),
        (["--kind", "generic", "--name", " "], "A name has 1 to 120"),
        (["--kind", "generic", "--name", "x" * 121], "A name has 1 to 120"),
        (["--kind", "generic", "--name", "x\udcff"], "The value of name cannot be stored"),
        (["--kind", "telegram", "--name", "x", "--secret", "\udcff"], "This secret cannot be stored"),
        (["--kind", "generic", "--name", "x", "--set", "external_id=\udcff"], "The value of external_id cannot"),
        (["--kind", "generic", "--name", "x", "--set", "colour=red"], "There is no setting “colour”"),
        (["--kind", "generic", "--name", "x", "--set", "reply_url"], "--set takes NAME=VALUE"),
        (["--kind", "generic", "--name", "x", "--set", "reply_url=ftp://x"], "begins with https"),
        (["--kind", "generic", "--name", "x", "--set", "reply_url=http://[x"], "begins with https"),
        (["--kind", "generic", "--name", "x", "--secret", "whsec_%%%"], "whsec_ followed by base64"),
    ],
)
def test_add_says_what_is_wrong_and_makes_nothing(db, args: list[str], message: str):
    with pytest.raises(CommandError, match=message):
        call_command("connection", "add", *args)
    assert not Connection.objects.exists()


def test_a_rotated_secret_leaves_the_old_one_valid_for_a_day(db, capsys):
    row = make_connection()
    old = row.account().secret("secret")
    new = run(capsys, "connection", "rotate", str(row.pk)).strip()
    assert row.account().every("secret") == (new, old)
    for secret in (old, new):
        assert generic.Generic().verify(Delivery(BODY, generic.sign(secret, "n", timezone.now(), BODY)), row.account())
    row.secrets.filter(expires_at__isnull=False).update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(SignatureError):
        generic.Generic().verify(Delivery(BODY, generic.sign(old, "n", timezone.now(), BODY)), row.account())


def test_pause_resume_and_list(db, capsys):
    row = make_connection()
    call_command("connection", "pause", str(row.pk))
    assert "paused" in run(capsys, "connection", "list")
    call_command("connection", "resume", str(row.pk))
    row.refresh_from_db()
    assert row.state == "active"
    with pytest.raises(CommandError, match="There is no connection 0"):
        call_command("connection", "pause", "0")


def test_only_admins_change_connections(world: World):
    for attempt in (
        lambda by: connections.add_connection(kind="generic", name="x", by=by),
        lambda by: connections.rotate_secret(connection=world.connection, by=by),
        lambda by: connections.pause(connection=world.connection, by=by),
        lambda by: connections.change_connection(connection=world.connection, name="x", settings={}, by=by),
        lambda by: connections.find_connection(world.connection.pk, by),
    ):
        for person in (world.alice, world.charlie):
            with pytest.raises(NotAllowed):
                attempt(person)
    assert Connection.objects.get() == world.connection
    assert world.connection.secrets.count() == 1
    connections.change_connection(connection=world.connection, name="New", settings={"external_id": "us"}, by=world.ada)
    world.connection.refresh_from_db()
    assert (world.connection.name, world.connection.external_id) == ("New", "us")


def test_a_secret_that_cannot_be_used_is_refused(db):
    row = make_connection()
    with pytest.raises(Invalid):
        connections.rotate_secret(connection=row, value="not base64!")
    with pytest.raises(Invalid):
        connections.rotate_secret(connection=row, name="bot_token")
    assert row.secrets.count() == 1


def test_agents_see_names_and_admins_addresses_and_nobody_secrets(world: World):
    [seen] = Api(world.alice).get("connections/")["results"]
    assert seen == {
        "id": world.connection.pk,
        "kind": "generic",
        "name": world.connection.name,
        "state": "active",
        "last_event_at": None,
    }
    [full] = Api(world.ada).get("connections/")["results"]
    assert full["url"].endswith(f"/hooks/{world.connection.key}/")
    assert full["secrets"] == ["secret"]
    assert world.connection.account().secret("secret") not in json.dumps(full)
    assert Api(world.charlie).get("connections/")["results"] == []


def test_apitoken_prints_a_token_and_nothing_else(world: World, capsys):
    printed = run(capsys, "apitoken", "alice")
    [token] = printed.splitlines()
    api = Api()
    api.client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    assert api.get("me/")["username"] == "alice"
    with pytest.raises(CommandError, match="nobody called 'nobody'"):
        call_command("apitoken", "nobody")
    world.bob.is_active = False
    world.bob.save()
    with pytest.raises(CommandError, match="deactivated"):
        call_command("apitoken", "bob")


def test_drain_works_what_is_pending_and_says_how_much(world: World, capsys):
    for number in range(3):
        store(world.connection, entry(f"number {number}"))
    said = run(capsys, "drain")
    assert "digested: 3" in said
    assert "still waiting: 0" in said
    assert Item.objects.count() == 3
    assert run(capsys, "drain", "--quiet") == ""
    assert Item.objects.count() == 3


def dead(connection, *, body: bytes = b"{", **more) -> Event:
    values = {"state": "dead", "reason": "not JSON", "delivery_key": f"d{Event.objects.count()}"}
    return Event.objects.create(connection=connection, body=body, **{**values, **more})


def test_admins_list_dead_events_and_page_through_them(world: World):
    rows = [dead(world.connection) for _number in range(3)]
    dead(world.connection, state="done")
    api = Api(world.ada)
    first = api.get("events/?state=dead&size=2")
    assert [row["id"] for row in first["results"]] == [rows[2].pk, rows[1].pk]
    assert (first["results"][0]["reason"], first["results"][0]["state"]) == ("not JSON", "dead")
    second = api.get(first["next"])
    assert [row["id"] for row in second["results"]] == [rows[0].pk]
    assert (second["next"], api.get(second["previous"])["results"]) == (None, first["results"])
    assert "state" in api.get("events/?state=lost", expect=400)
    assert "cursor" in api.get(f"events/?cursor={Cursor(('x',)).text(NEWEST)}", expect=400)
    assert "connection" in api.get("events/?connection=x", expect=400)
    assert "colour" in api.get("events/?colour=red", expect=400)


def test_an_event_shows_every_byte(world: World):
    event = dead(world.connection, body=b"\x00\xff{", headers={"user-agent": "x"})
    said = Api(world.ada).get(f"events/{event.pk}/")
    assert base64.b64decode(said["body_base64"]) == b"\x00\xff{"
    assert said["body"] == "\x00\ufffd{"
    assert said["headers"] == {"user-agent": "x"}


def test_a_replay_digests_once_more_and_brings_nothing_twice(world: World):
    event = store(world.connection, entry("help", external_id="m1"))
    call_command("drain", "--quiet")
    assert Item.objects.count() == 1
    api = Api(world.ada)
    assert api.post(f"events/{event.pk}/replay/")["state"] == "pending"
    assert api.post(f"events/{event.pk}/replay/", expect=409)["code"] == "in_work"
    call_command("drain", "--quiet")
    event.refresh_from_db()
    assert (event.state, Item.objects.count()) == ("done", 1)
    api.post("events/999999/replay/", expect=404)


def test_an_agent_can_neither_read_nor_replay_events(world: World):
    event = dead(world.connection, body=b"secret words")
    api = Api(world.alice)
    for pk in (event.pk, 999_999):  # the same answer, whether there is such an event or not
        assert api.get(f"events/{pk}/", expect=403)["code"] == "not_allowed"
        api.post(f"events/{pk}/replay/", expect=403)
    event.refresh_from_db()
    assert event.state == "dead"


def test_a_reply_leaves_through_drain(world: World):
    """Without Redis and without workers, what a person wrote still goes out, or says why not."""
    item = make_item(world.connection, world.support)
    Api(world.alice).post(f"items/{item.pk}/replies/", {"text": "Hi"}, expect=201)
    call_command("drain", "--quiet")
    outbound = Outbound.objects.get()
    assert (outbound.state, outbound.attempt_count) == ("failed", 1)
    assert "reply_url" in outbound.reason
