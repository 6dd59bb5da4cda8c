from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from standardwebhooks.webhooks import Webhook

from connectors import guard
from connectors.base import Account, Author, Delivery, Kind, Media, ParseError, Refused, Reply, SignatureError, Verb
from connectors.generic import sign
from tests.connectors.contract import NOW, QUESTION, ParseContract, SendContract, VerifyContract
from tests.platforms.generic import SECRET, GenericServer
from tests.platforms.server import PlatformServer, Response

POST = {
    "id": "c-1",
    "thread": "t-9",
    "kind": "dm",
    "text": "My lamp hums at night 💡",
    "author": {"id": "u-5", "handle": "nightowl", "name": "Orla Wren"},
    "at": "2026-03-14T09:00:00Z",
    "url": "https://lamps.example/c/1",
    "rating": 2,
    "language": "en",
    "media": [{"url": "https://lamps.example/hum.mp3", "type": "audio/mpeg", "name": "hum.mp3"}],
    "event": "create",
}


class TestGeneric(VerifyContract, ParseContract, SendContract):
    kind = "generic"
    secret_name = "secret"
    secret, other_secret = SECRET, "whsec_c2VjcmV0LW9mLXRoZS1yZWQtc2hvcA=="
    signature_header = "webhook-signature"
    expected_delivery_id = "msg_1"
    server_class = GenericServer
    retry_safe = True
    length = None
    expected = {
        "verb": Verb.CREATE,
        "external_id": "c-1",
        "thread": "t-9",
        "kind": Kind.DM,
        "text": "My lamp hums at night 💡",
        "author": Author("u-5", "nightowl", "Orla Wren"),
        "at": datetime(2026, 3, 14, 9, tzinfo=UTC),
        "url": "https://lamps.example/c/1",
        "rating": 2,
        "language": "en",
        "media": (Media("https://lamps.example/hum.mp3", "audio/mpeg", "hum.mp3"),),
        "outbound": False,
    }

    def account(self) -> Account:
        return Account("generic", external_id="shop", secrets={"secret": (SECRET,)})

    def account_at(self, server: PlatformServer) -> Account:
        return replace(self.account(), settings={"reply_url": server.url})

    def signed(self, secret: str) -> Delivery:
        body = b'{"id": "1"}'
        return Delivery(body, headers=sign(secret, "msg_1", NOW, body), received_at=NOW)

    def created(self) -> Any:
        return POST

    def edited(self) -> Any:
        return {**POST, "text": "It hums all day", "event": "edit"}

    def deleted(self) -> Any:
        return {"id": "c-1", "event": "delete", "at": "2026-03-14T09:10:00Z"}

    def echoed(self) -> Any:
        return {**POST, "id": "c-2", "author": {"id": "shop"}, "reply_key": "k-1"}

    def unknown(self) -> Any:
        return None  # the contract names all events; another one is the sender's mistake, and broken

    def batch(self, bad: Any) -> Any:
        return [POST, bad, {**POST, "id": "c-3"}]

    def reply(self, text: str = QUESTION) -> Reply:
        return Reply(key="k-1", text=text, thread="t-9", parent="c-1", kind=Kind.DM, to="u-5", to_handle="nightowl")

    def expected_post(self) -> Any:
        return {
            "reply_key": "k-1",
            "thread": "t-9",
            "parent": "c-1",
            "kind": "dm",
            "text": QUESTION,
            "to": {"id": "u-5", "handle": "nightowl"},
            "media": [],
        }

    def expected_id(self) -> str:
        return "out-k-1"

    @pytest.mark.parametrize("minutes", [-6, 6])
    def test_a_signature_is_good_for_five_minutes(self, minutes: int) -> None:
        late = replace(self.signed(SECRET), received_at=NOW + timedelta(minutes=minutes))
        with pytest.raises(SignatureError, match="five minutes"):
            self.verify(late)

    def test_svix_names_and_several_signatures_are_understood(self) -> None:
        delivery = self.signed(SECRET)
        headers = {name.replace("webhook-", "svix-"): value for name, value in delivery.headers.items()}
        headers["svix-signature"] = f"v1a,AAAA v1,d3Jvbmc= {headers['svix-signature']}"
        assert self.verify(replace(delivery, headers=headers)) == "msg_1"

    def test_the_reference_library_signs_as_we_verify(self) -> None:
        signature = Webhook(SECRET).sign("msg_7", NOW, '{"id": "1"}')
        stamp = str(int(NOW.timestamp()))
        headers = {"webhook-id": "msg_7", "webhook-timestamp": stamp, "webhook-signature": signature}
        assert self.verify(Delivery(b'{"id": "1"}', headers, received_at=NOW)) == "msg_7"

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"id": 12}, "id"),
            ({"id": ""}, "id"),
            ({"kind": "tweet"}, "kind"),
            ({"text": None}, "text"),
            ({"author": "me"}, "author"),
            ({"author": {"id": 5}}, "author.id"),
            ({"at": "yesterday"}, "at"),
            ({"rating": 6}, "rating"),
            ({"rating": True}, "rating"),
            ({"event": "poke"}, "event"),
            ({"media": [{"url": 1}]}, "url"),
        ],
    )
    def test_a_wrong_field_is_named(self, change: dict[str, Any], field: str) -> None:
        entry = self.one({**POST, **change})
        assert entry.verb is Verb.BROKEN
        assert entry.reason.startswith(f"{field}:")

    @pytest.mark.parametrize("field", ["id", "kind", "text", "author"])
    def test_a_missing_field_is_named(self, field: str) -> None:
        entry = self.one({name: value for name, value in POST.items() if name != field})
        assert (entry.verb, entry.reason) == (Verb.BROKEN, f"{field}: missing")

    def test_a_key_given_twice_breaks_its_entry_alone(self) -> None:
        good = b'{"id":"2","kind":"dm","text":"x","author":{"id":"a"}}'
        first, last = self.read(b'[{"id":"1","id":"2","kind":"dm","text":"x","author":{"id":"a"}},' + good + b"]")
        assert (first.verb, first.reason) == (Verb.BROKEN, "id: given twice")
        assert (last.verb, last.external_id) == (Verb.CREATE, "2")

    @pytest.mark.parametrize("body", [b"null", b"7", b'"text"'])
    def test_neither_object_nor_list_is_a_parse_error(self, body: bytes) -> None:
        with pytest.raises(ParseError, match="neither"):
            self.read(body)

    def test_an_empty_list_is_nothing_at_all(self) -> None:
        assert self.read([]) == []

    def test_an_edit_need_not_say_again_who_wrote_it(self) -> None:
        entry = self.one({"id": "c-1", "event": "edit", "text": "It hums all day"})
        assert (entry.verb, entry.external_id, entry.text, entry.author) == (Verb.EDIT, "c-1", "It hums all day", None)

    def test_our_replys_key_comes_back(self) -> None:
        assert self.one(self.echoed()).client_key == "k-1"

    def test_a_private_reply_address_is_not_called(self, server: PlatformServer) -> None:
        with guard.client() as http, pytest.raises(Refused, match=r"127\.0\.0\.1"):
            self.connector.send(self.reply(), self.account_at(server), http)
        assert server.requests == []

    def test_a_redirect_is_not_followed(self, server: PlatformServer, http: httpx.Client) -> None:
        server.refuse(Response(302, b"", {"location": "http://169.254.169.254/latest"}))
        with pytest.raises(Refused):
            self.connector.send(self.reply(), self.account_at(server), http)
        assert len(server.requests) == 1
