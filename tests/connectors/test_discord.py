from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from connectors.base import (
    Account,
    Answer,
    Author,
    Delivery,
    Kind,
    Media,
    NotConfigured,
    Refused,
    Reply,
    SignatureError,
    Verb,
)
from connectors.platform import once
from tests.connectors.contract import NOW, QUESTION, ParseContract, PollContract, SendContract, VerifyContract
from tests.platforms.discord import TOKEN, DiscordServer

PRIVATE = {seed: Ed25519PrivateKey.from_private_bytes(seed * 32) for seed in (b"a", b"b")}
PUBLIC = {key.public_key().public_bytes_raw().hex(): key for key in PRIVATE.values()}
OURS, THEIRS = PUBLIC
STAMP = str(int(NOW.timestamp()))
MESSAGE = {
    "id": "1001",
    "type": 0,
    "channel_id": "31",
    "content": "<@501> my lamp is dark 🕯",
    "timestamp": "2026-03-14T09:00:00.123000+00:00",
    "edited_timestamp": None,
    "author": {"id": "9009", "username": "noor", "global_name": "Noor H"},
    "mentions": [{"id": "501"}],
    "attachments": [{"url": "https://cdn.example/a.png", "filename": "a.png", "content_type": "image/png"}],
}


LATER = "2026-03-14T10:00:00+00:00"


def event(data: Any, kind: str = "LOBBY_MESSAGE_CREATE") -> dict[str, Any]:
    return {"version": 1, "application_id": "5", "type": 1, "event": {"type": kind, "data": data}}


class TestDiscord(VerifyContract, ParseContract, SendContract, PollContract):
    kind = "discord"
    secret_name = "public_key"
    secret, other_secret = OURS, THEIRS
    signature_header = "x-signature-ed25519"
    server_class = poll_server_class = DiscordServer
    length = 2000
    retry_safe = True
    expected = {
        "verb": Verb.CREATE,
        "external_id": "31:1001",
        "thread": "31:1001",
        "kind": Kind.MENTION,
        "text": "<@501> my lamp is dark 🕯",
        "author": Author("9009", "noor", "Noor H"),
        "at": datetime(2026, 3, 14, 9, 0, 0, 123000, tzinfo=UTC),
        "media": (Media("https://cdn.example/a.png", "image/png", "a.png"),),
        "outbound": False,
    }
    shelf, spoiled = "messages", {"author": 7}
    poll_expected = {"external_id": "31:2001", "text": "message 1", "kind": Kind.MENTION, "outbound": False}

    def account(self) -> Account:
        secrets = {"public_key": (OURS,), "bot_token": (TOKEN,)}
        return Account("discord", external_id="501", secrets=secrets, settings={"channels": "31"})

    def sign(self, body: bytes, secret: str) -> Delivery:
        signed = PUBLIC[secret].sign(STAMP.encode() + body).hex()
        return Delivery(body, {"x-signature-ed25519": signed, "x-signature-timestamp": STAMP}, received_at=NOW)

    def signed(self, secret: str) -> Delivery:
        return self.sign(json.dumps(event(MESSAGE)).encode(), secret)

    def created(self) -> Any:
        return event(MESSAGE)

    def edited(self) -> Any:
        return event({**MESSAGE, "content": "never mind", "edited_timestamp": LATER}, "LOBBY_MESSAGE_UPDATE")

    def deleted(self) -> Any:
        return event({"id": "1001", "channel_id": "31"}, "LOBBY_MESSAGE_DELETE")

    def echoed(self) -> Any:
        return event({**MESSAGE, "id": "1002", "author": {"id": "501", "username": "lamps", "bot": True}})

    def unknown(self) -> Any:
        return event({}, "HOLOGRAM_SHARED")

    def batch(self, bad: Any) -> Any:
        return None  # Discord sends one event at a time

    def rewrite(self, platform: Any) -> str | None:
        platform.messages[0].update(content="never mind", edited_timestamp=LATER)
        return "never mind"

    def answer_there(self, platform: Any) -> str | None:
        us = {"id": "501", "username": "lamps", "bot": True}
        platform.messages.append({**MESSAGE, "id": "2099", "content": "Try blue", "author": us})
        return "Try blue"

    def reply(self, text: str = QUESTION) -> Reply:
        return Reply(key="k-1", text=text, thread="31:1001", parent="31:1001", kind=Kind.MENTION)

    def expected_post(self) -> Any:
        body = {
            "content": QUESTION,
            "nonce": once(self.reply())[:25],
            "enforce_nonce": True,
            "allowed_mentions": {"parse": []},
            "message_reference": {"message_id": "1001", "fail_if_not_exists": False},
        }
        return ("/channels/31/messages", body)

    def expected_id(self) -> str:
        return "31:9100"

    def write(self, platform: Any, number: int) -> None:
        platform.messages.append({**MESSAGE, "id": str(2000 + number), "content": f"message {number}"})

    @pytest.mark.parametrize(
        ("ping", "answer"),
        [
            ({"version": 1, "application_id": "5", "type": 0}, Answer(204)),
            ({"id": "1", "token": "t", "type": 1, "version": 1}, Answer(200, b'{"type":1}', "application/json")),
            ({"type": 1}, Answer(200, b'{"type":1}', "application/json")),
        ],
    )
    def test_a_ping_is_answered_only_when_signed(self, ping: Any, answer: Answer) -> None:
        body = json.dumps(ping).encode()
        assert self.connector.handshake(self.sign(body, OURS), self.account()) == answer
        with pytest.raises(SignatureError):
            self.connector.handshake(self.sign(body, THEIRS), self.account())

    def test_an_event_is_no_handshake(self) -> None:
        assert self.connector.handshake(self.signed(OURS), self.account()) is None

    @pytest.mark.parametrize("key", ["zz", "00", "not hex at all"])
    def test_a_key_that_is_none_is_a_matter_of_configuration(self, key: str) -> None:
        with pytest.raises(NotConfigured):
            self.verify(self.signed(OURS), key)

    def test_a_signature_is_good_for_five_minutes(self) -> None:
        with pytest.raises(SignatureError, match="five minutes"):
            self.verify(replace(self.signed(OURS), received_at=NOW + timedelta(minutes=6)))

    def test_an_answer_joins_what_it_answers_and_a_join_notice_is_nothing(self) -> None:
        answer = self.one(event({**MESSAGE, "message_reference": {"message_id": "900"}, "mentions": []}))
        assert (answer.thread, answer.parent, answer.kind) == ("31:900", "31:900", Kind.MESSAGE)
        assert self.one(event({**MESSAGE, "type": 7})).verb is Verb.IGNORED

    def test_without_channels_nothing_is_asked_for(self, platform: DiscordServer, client: httpx.Client) -> None:
        page = self.connector.poll(replace(self.account_at(platform), settings={}), "", client)
        assert (list(page.entries), page.more) == ([], False)
        assert platform.requests == []

    def test_each_channel_has_its_own_place(self, platform: DiscordServer, client: httpx.Client) -> None:
        self.write(platform, 1)
        account = self.account_at(platform)
        both = replace(account, settings={**account.settings, "channels": "31, 32"})
        page = self.connector.poll(both, "", client)
        assert {name: place["highest"] for name, place in json.loads(page.cursor).items()} == {
            "31": "2001",
            "32": "2001",
        }
        assert (page.remaining, page.wait) == (4, None)

    def test_without_calls_left_the_next_poll_waits(self, platform: DiscordServer, client: httpx.Client) -> None:
        platform.budget["x-ratelimit-remaining"] = "0"
        page = self.connector.poll(self.account_at(platform), "", client)
        assert (page.remaining, page.wait) == (0, timedelta(seconds=1.25))

    def test_a_closed_channel_costs_the_others_nothing(self, platform: DiscordServer, client: httpx.Client) -> None:
        self.write(platform, 1)
        platform.closed = "32"
        account = self.account_at(platform)
        three = replace(account, settings={**account.settings, "channels": "31,32,33"})
        page = self.connector.poll(three, "", client)
        assert [(entry.verb, entry.external_id) for entry in page.entries] == [
            (Verb.CREATE, "31:2001"),
            (Verb.CREATE, "31:2001"),
        ]
        assert page.trouble == "channel 32: Missing Access"
        assert not page.more
        platform.closed = ""
        page = self.connector.poll(three, page.cursor, client)
        assert [entry.verb for entry in page.entries] == [Verb.CREATE]

    def changes(self, platform: DiscordServer, client: httpx.Client, cursor: str) -> tuple[list[tuple[Verb, str]], str]:
        page = self.connector.poll(self.account_at(platform), cursor, client)
        return [(entry.verb, entry.external_id) for entry in page.entries], page.cursor

    def test_asking_finds_edits_and_deletions_once(self, platform: DiscordServer, client: httpx.Client) -> None:
        for number in range(1, 6):
            self.write(platform, number)
        _, cursor = self.changes(platform, client, "")
        platform.messages[1].update(content="other words", edited_timestamp=LATER)
        del platform.messages[3]
        told, cursor = self.changes(platform, client, cursor)
        assert told == [(Verb.CREATE, "31:2002"), (Verb.EDIT, "31:2002"), (Verb.DELETE, "31:2004")]
        assert self.changes(platform, client, cursor)[0] == []
        platform.messages[1].update(content="others again", edited_timestamp=LATER.replace("10:", "11:"))
        assert self.changes(platform, client, cursor)[0] == [(Verb.CREATE, "31:2002"), (Verb.EDIT, "31:2002")]

    def test_what_is_further_back_than_a_page_was_not_deleted(
        self, platform: DiscordServer, client: httpx.Client
    ) -> None:
        for number in range(1, 101):
            self.write(platform, number)
        _, cursor = self.changes(platform, client, "")
        for number in range(101, 151):
            self.write(platform, number)
        told, cursor = self.changes(platform, client, cursor)
        assert {verb for verb, _ in told} == {Verb.CREATE}
        assert len(told) == 50
        del platform.messages[60]
        assert self.changes(platform, client, cursor)[0] == [(Verb.DELETE, "31:2061")]

    def test_after_an_outage_edits_and_deletions_are_found_again(
        self, platform: DiscordServer, client: httpx.Client
    ) -> None:
        self.write(platform, 1)
        _, cursor = self.changes(platform, client, "")
        for number in range(2, 262):
            self.write(platform, number)
        _, cursor = self.drain(platform, client, cursor)
        told, cursor = self.changes(platform, client, cursor)
        assert told == []
        del platform.messages[-1]
        assert self.changes(platform, client, cursor)[0] == [(Verb.DELETE, "31:2261")]

    def test_a_place_from_before_edits_were_looked_for_is_kept(
        self, platform: DiscordServer, client: httpx.Client
    ) -> None:
        for number in (1, 2):
            self.write(platform, number)
        assert self.changes(platform, client, '{"31": "2001"}')[0] == [(Verb.CREATE, "31:2002")]

    def test_a_preview_of_a_link_is_no_edit(self) -> None:
        assert self.one(event(MESSAGE, "LOBBY_MESSAGE_UPDATE")).verb is Verb.IGNORED

    def test_a_reply_to_nowhere_is_refused(self, server: DiscordServer, http: httpx.Client) -> None:
        with pytest.raises(Refused):
            self.connector.send(replace(self.reply(), thread="", parent=""), self.account_at(server), http)
        assert server.requests == []
