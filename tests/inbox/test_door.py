"""What the door promises to a platform: stored byte for byte before 200, or refused with nothing stored."""

from __future__ import annotations

import base64
import hashlib
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from connectors import registry
from connectors.base import Answer
from connectors.generic import Generic
from inbox.models import Connection, ConnectionSecret, Event
from inbox.webhooks import directory
from inbox.webhooks.record import REDACTED
from tests import world
from tests.inbox.at_the_door import Bell, at_the_door, path_of, post, request, signed, too_large

pytestmark = pytest.mark.django_db(transaction=True)

BODY = b'{"id": "1", "kind": "dm", "text": "help", "author": {"id": "u"}}'
BODIES = {
    "plain": BODY,
    "empty": b"",
    "not JSON": b"{",
    "NUL": b'{"text": "a\x00b"}',
    "escaped NUL": b'{"te\\u0000xt": "a\\u0000b"}',
    "lone surrogate": b'{"text": "\\ud83d"}',
    "invalid UTF-8": b'{"text": "\xff\xfe\x80"}',
    "UTF-16": '{"text": "help"}'.encode("utf-16"),
    "NaN": b'{"n": [NaN, Infinity, 1e400]}',
    "5,000 digits": b'{"n": ' + b"9" * 5000 + b"}",
    "depth 5,000": b"[" * 5000 + b"]" * 5000,
    "depth 200,000": b"[" * 200_000 + b"]" * 200_000,
    "the same key twice": b'{"id": 1, "id": 2}',
    "null": b"null",
    "every byte": bytes(range(256)) * 64,
    "4 MB": b"\x00\xff\n" * (4 * 1024 * 1024 // 3),
}


@pytest.fixture
def connection() -> Connection:
    return world.make_connection()


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_stores_every_byte_before_it_says_200(connection: Connection, body: bytes) -> None:
    heard = post(connection, body)

    assert heard.status == 200
    event = Event.objects.get()
    assert bytes(event.body) == body
    assert (event.connection, event.state, event.attempts) == (connection, Event.State.PENDING, 0)
    assert event.received_at is not None


def test_joins_a_body_that_comes_in_pieces(connection: Connection) -> None:
    at_the_door(
        lambda door: request(
            door, "POST", path_of(connection), body=[BODY[:1], b"", BODY[1:9], BODY[9:]], headers=signed(BODY)
        )
    )

    assert bytes(Event.objects.get().body) == BODY


def test_rings_once_for_each_new_event(connection: Connection) -> None:
    bell = Bell()
    headers = signed(BODY, "first")

    async def scenario(door):
        for _ in range(2):
            await request(door, "POST", path_of(connection), body=BODY, headers=headers)

    at_the_door(scenario, bell)

    assert bell.rung == [Event.objects.get().pk]


def test_a_known_delivery_is_thanked_for_and_not_stored_again(connection: Connection) -> None:
    first = post(connection, BODY, signed(BODY, "same"))
    again = post(connection, b"another body", signed(b"another body", "same"))

    assert (first.status, again.status) == (200, 200)
    assert bytes(Event.objects.get().body) == BODY


def test_the_same_delivery_id_of_another_connection_is_another_event(connection: Connection) -> None:
    for each in (connection, world.make_connection()):
        assert post(each, BODY, signed(BODY, "same")).status == 200

    assert Event.objects.count() == 2


def test_a_paused_connection_still_stores(connection: Connection) -> None:
    Connection.objects.update(state=Connection.State.PAUSED)

    assert post(connection, BODY).status == 200
    assert Event.objects.count() == 1


def test_a_delivery_without_an_id_is_known_by_its_bytes(connection: Connection, monkeypatch) -> None:
    monkeypatch.setattr(Generic, "verify", lambda *_: "")

    for body in (BODY, BODY, BODY + b" "):
        assert post(connection, body).status == 200

    assert set(Event.objects.values_list("delivery_key", flat=True)) == {
        hashlib.sha256(BODY).hexdigest(),
        hashlib.sha256(BODY + b" ").hexdigest(),
    }


@pytest.mark.parametrize(
    "name", ["x" * 256, "x" * 100_000, "nul\0", "half \ud83d"], ids=["256", "100,000", "NUL", "surrogate"]
)
def test_an_id_that_the_column_cannot_hold_is_hashed(connection: Connection, monkeypatch, name: str) -> None:
    monkeypatch.setattr(Generic, "verify", lambda *_: name)

    assert [post(connection, body).status for body in (BODY, b"again")] == [200, 200]

    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
    assert Event.objects.get().delivery_key == f"sha256:{digest}"


def test_notes_when_the_connection_last_sent_something(connection: Connection) -> None:
    before = timezone.now()

    post(connection, BODY)

    connection.refresh_from_db()
    assert connection.last_event_at is not None
    assert before - timedelta(seconds=5) < connection.last_event_at <= timezone.now() + timedelta(seconds=5)


class TestRefused:
    """Not from the platform, or not to be had: the status says which, and no row is left behind."""

    @pytest.fixture(autouse=True)
    def _nothing_stored(self):
        yield
        assert not Event.objects.exists()

    @pytest.mark.parametrize(
        "change",
        {
            "missing": lambda good: "",
            "empty entry": lambda good: "v1,",
            "short": lambda good: good[:-8],
            "long": lambda good: good + "AAAA",
            "upper case": lambda good: good.upper(),
            "version alone": lambda good: "v1",
            "other version": lambda good: good.replace("v1,", "v2,"),
            "sha1": lambda good: "v1," + base64.b64encode(hashlib.sha1(BODY).digest()).decode(),
            "not base64": lambda good: "v1,☃".encode().decode("latin-1"),
            "control characters": lambda good: good + "\x00\x01",
            "a megabyte": lambda good: "v1," + "A" * 50_000,
            "200 wrong ones": lambda good: " ".join(["v1,AAAA"] * 200),
        }.values(),
        ids=lambda change: None,
    )
    def test_a_signature_that_does_not_fit(self, connection: Connection, change) -> None:
        headers = dict(signed(BODY))
        headers["webhook-signature"] = change(headers["webhook-signature"])

        assert post(connection, BODY, headers.items()).status == 401

    def test_refusals_are_counted_not_told_one_by_one(self, connection: Connection, caplog) -> None:
        async def scenario(door):
            for _ in range(20):
                await request(door, "POST", path_of(connection), body=BODY, headers=signed(b"another body"))

        with caplog.at_level("WARNING", logger="inbox.webhooks"):
            at_the_door(scenario)

        text = f"connection {connection.pk}: 20 deliveries refused, their signature does not fit"
        assert [record.getMessage() for record in caplog.records] == [text]

    @pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
    def test_a_missing_header(self, connection: Connection, name: str) -> None:
        headers = [header for header in signed(BODY) if header[0] != name]

        assert post(connection, BODY, headers).status == 401

    def test_two_signatures_where_one_belongs(self, connection: Connection) -> None:
        headers = signed(BODY)

        assert post(connection, BODY, [("webhook-signature", "v1,AAAA"), *headers]).status == 401
        assert post(connection, BODY, [*headers, ("webhook-id", "another")]).status == 401

    def test_the_secret_of_another_connection(self, connection: Connection) -> None:
        other = world.make_connection(secret="whsec_YW5vdGhlci1zZWNyZXQtYW5vdGhlci1zZWNyZXQtMTI=")
        own = signed(BODY, secret="whsec_YW5vdGhlci1zZWNyZXQtYW5vdGhlci1zZWNyZXQtMTI=")

        assert post(connection, BODY, own).status == 401
        assert post(other, BODY, signed(BODY)).status == 401

    def test_the_same_json_in_other_bytes(self, connection: Connection) -> None:
        assert post(connection, BODY.replace(b": ", b":"), signed(BODY)).status == 401

    @pytest.mark.parametrize("shift", [-86_400, -301, 301, 86_400])
    def test_a_signature_of_another_time(self, connection: Connection, shift: int) -> None:
        assert post(connection, BODY, signed(BODY, at=time.time() + shift)).status == 401

    def test_an_error_in_the_check_itself(self, connection: Connection, monkeypatch) -> None:
        def breaks(*_):
            raise RecursionError

        monkeypatch.setattr(Generic, "verify", breaks)

        assert post(connection, BODY).status == 401

    def test_an_expired_secret(self, connection: Connection) -> None:
        ConnectionSecret.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

        heard = post(connection, BODY)

        assert heard.status == 503
        assert heard.headers["retry-after"] == "5"

    def test_a_connection_without_a_secret_is_not_an_open_door(self, connection: Connection) -> None:
        ConnectionSecret.objects.all().delete()

        assert post(connection, BODY).status == 503

    def test_a_secret_that_cannot_be_opened(self, connection: Connection) -> None:
        ConnectionSecret.objects.update(sealed=b"\0" * 40)

        assert post(connection, BODY).status == 503

    def test_a_kind_that_nobody_speaks(self, connection: Connection) -> None:
        Connection.objects.update(kind="carrier pigeon")

        assert post(connection, BODY).status == 503

    @pytest.mark.parametrize("key", ["nobody", "", "a/b", "ключ", "a" * 65, "../../etc", "%00", "\0"])
    def test_an_unknown_key(self, connection: Connection, key: str) -> None:
        heard = at_the_door(lambda door: request(door, "POST", f"/hooks/{key}/", body=BODY, headers=signed(BODY)))

        assert heard.status == 404

    def test_a_body_over_the_cap(self, connection: Connection) -> None:
        body = b"x" * too_large()

        assert post(connection, body).status == 413

    def test_a_body_that_grows_over_the_cap(self, connection: Connection) -> None:
        pieces = [b"x" * 65_536] * (too_large() // 65_536 + 1)

        heard = at_the_door(
            lambda door: request(door, "POST", path_of(connection), body=pieces, headers=signed(b"".join(pieces)))
        )

        assert heard.status == 413

    def test_an_announced_length_over_the_cap_before_a_byte_is_sent(self, connection: Connection) -> None:
        headers = [*signed(BODY), ("content-length", str(too_large())), ("expect", "100-continue")]

        heard = at_the_door(lambda door: request(door, "POST", path_of(connection), body=[], headers=headers))

        assert heard.status == 413

    @pytest.mark.parametrize(
        "encoding", ["gzip", "GZIP", "deflate", "br", "gzip, identity", "☃".encode().decode("latin-1")]
    )
    def test_a_compressed_body(self, connection: Connection, encoding: str) -> None:
        heard = post(connection, BODY, [*signed(BODY), ("content-encoding", encoding)])

        assert heard.status == 415
        assert heard.headers["accept-encoding"] == "identity"

    def test_headers_without_end(self, connection: Connection) -> None:
        many = [(f"x-{number}", "v" * 100) for number in range(1000)]

        assert post(connection, BODY, [*signed(BODY), *many]).status == 431

    def test_a_query_without_end(self, connection: Connection) -> None:
        assert post(connection, BODY, query=b"&".join([b"a=b"] * 500)).status == 400

    def test_a_client_that_leaves_in_the_middle(self, connection: Connection) -> None:
        assert post(connection, BODY[:20], leave=True).status == 0

    @pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "GET", "OPTIONS"])
    def test_another_method(self, connection: Connection, method: str) -> None:
        heard = at_the_door(lambda door: request(door, method, path_of(connection), body=BODY, headers=signed(BODY)))

        assert heard.status == 405
        assert heard.headers["allow"] == "POST"

    def test_someone_who_only_looks_whether_anybody_is_there(self, connection: Connection) -> None:
        assert at_the_door(lambda door: request(door, "HEAD", path_of(connection))).status == 200


def test_no_secret_is_stored_in_clear_text(connection: Connection) -> None:
    headers = [
        *signed(BODY),
        ("authorization", "Bearer abc"),
        ("cookie", "session=abc"),
        ("x-telegram-bot-api-secret-token", world.SECRET),
        ("x-proof", f"token={world.SECRET};v=1"),
        ("user-agent", "a platform"),
    ]

    post(connection, BODY, headers, query=b"key=" + world.SECRET.encode() + b"&page=2&empty=")

    event = Event.objects.get()
    assert world.SECRET not in str(event.headers) + event.query
    hidden = {name for name, value in event.headers.items() if value == REDACTED}
    assert hidden == {"authorization", "cookie", "x-telegram-bot-api-secret-token", "x-proof"}
    assert event.headers["user-agent"] == "a platform"
    assert event.delivery().query == {"key": REDACTED, "page": "2", "empty": ""}


def test_hostile_headers_and_queries_are_stored_too(connection: Connection) -> None:
    headers = [*signed(BODY), ("X-Nul", "a\x00b"), ("x-many", "1"), ("x-many", "2"), ("x-bytes", "\xff\xfe")]

    assert post(connection, BODY, headers, query=b"a=%00&b=%ff&b=2").status == 200

    event = Event.objects.get()
    assert (event.headers["x-nul"], event.headers["x-many"], event.headers["x-bytes"]) == ("ab", "1, 2", "\xff\xfe")
    assert event.delivery().query == {"a": "", "b": "2"}


class TestRotation:
    NEW = "whsec_bmV3LXNlY3JldC1uZXctc2VjcmV0LW5ldy1zZWNyZXQ="

    def _post_after(self, connection: Connection, change, secret: str, wait: float = 0.3) -> list[int]:
        import asyncio

        async def scenario(door):
            first = await request(door, "POST", path_of(connection), body=BODY, headers=signed(BODY))
            await asyncio.to_thread(change)
            await asyncio.sleep(wait)
            second = await request(door, "POST", path_of(connection), body=BODY, headers=signed(BODY, secret=secret))
            return [first.status, second.status]

        return at_the_door(scenario)

    def _replace(self) -> None:
        from django.db import connection as database

        row = ConnectionSecret.objects.get()
        row.seal(self.NEW)
        row.save()
        database.close()

    def test_a_new_secret_works_at_once(self, connection: Connection, monkeypatch) -> None:
        monkeypatch.setattr(directory, "FRESH", 60.0)

        assert self._post_after(connection, self._replace, self.NEW) == [200, 200]

    def test_the_old_secret_ends_with_the_cache(self, connection: Connection, monkeypatch) -> None:
        monkeypatch.setattr(directory, "FRESH", 0.2)

        assert self._post_after(connection, self._replace, world.SECRET) == [200, 401]
        assert Event.objects.count() == 1

    def test_bad_signatures_do_not_become_a_query_each(self, connection: Connection, monkeypatch) -> None:
        read: list[str] = []
        look_up = directory.look_up

        def counted(key):
            read.append(key)
            return look_up(key)

        monkeypatch.setattr(directory, "look_up", counted)

        async def scenario(door):
            for _ in range(50):
                await request(door, "POST", path_of(connection), body=BODY, headers=[])
                await request(door, "POST", "/hooks/nobody/", body=BODY, headers=[])

        began = time.monotonic()
        at_the_door(scenario)

        took = time.monotonic() - began
        assert read.count("nobody") <= 1 + took / directory.FRESH
        assert read.count(connection.key) <= 1 + took / directory.AGAIN_AFTER


class TestHandshake:
    def _answer(self, connection: Connection, monkeypatch, method: str, answer, **more):
        monkeypatch.setattr(registry.CONNECTORS["generic"].__class__, "handshake", answer)
        return at_the_door(lambda door: request(door, method, path_of(connection), **more))

    @pytest.mark.parametrize("method", ["GET", "OPTIONS", "POST"])
    def test_the_connector_answers_it_and_nothing_is_stored(self, connection: Connection, monkeypatch, method) -> None:
        seen = []

        def handshake(_self, delivery, account):
            seen.append((delivery.method, delivery.query.get("hub.challenge"), account.key))
            return Answer(200, delivery.query["hub.challenge"].encode())

        heard = self._answer(connection, monkeypatch, method, handshake, query=b"hub.challenge=%3Cb%3E42")

        assert (heard.status, heard.body) == (200, b"<b>42")
        assert heard.headers["content-type"] == "text/plain; charset=utf-8"
        assert heard.headers["x-content-type-options"] == "nosniff"
        assert seen == [(method, "<b>42", connection.key)]
        assert not Event.objects.exists()

    def test_what_breaks_it_is_no_server_error(self, connection: Connection, monkeypatch) -> None:
        def handshake(_self, delivery, account):
            raise ValueError(delivery.query["missing"])

        assert self._answer(connection, monkeypatch, "GET", handshake).status == 401


def test_the_url_that_a_connector_sees_is_never_made_from_the_host_header(connection, monkeypatch, settings) -> None:
    settings.BASE_URL = "https://inbox.example"
    urls = []

    def verify(_self, delivery, account):
        urls.append(delivery.url)
        return "x"

    monkeypatch.setattr(Generic, "verify", verify)

    post(connection, BODY, [("host", "evil.example"), ("x-forwarded-host", "evil.example")], query=b"a=1")

    assert urls == [f"https://inbox.example{path_of(connection)}?a=1"]


def test_says_what_the_platform_wants_to_hear(connection: Connection, monkeypatch) -> None:
    answer = Answer(202, b"<Response/>", "text/xml")
    monkeypatch.setattr(Generic, "accepted", lambda _self: answer)

    heard = post(connection, BODY)

    assert (heard.status, heard.body, heard.headers["content-type"]) == (202, b"<Response/>", "text/xml")
