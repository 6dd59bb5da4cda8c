from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from slack_sdk.signature import SignatureVerifier

from connectors.base import Account, Answer, Author, Delivery, Kind, Media, OutcomeUnknown, Reply, SignatureError, Verb
from connectors.media import Source
from connectors.slack import escaped, plain, signature
from tests.connectors.contract import NOW, QUESTION, ParseContract, SendContract, VerifyContract
from tests.platforms.server import Response
from tests.platforms.slack import TOKEN, SlackServer

STAMP = str(int(NOW.timestamp()))
EVENT = {
    "type": "app_mention",
    "user": "U77",
    "ts": "1773478800.000100",
    "channel": "C5",
    "text": "<@UBOT> does the lamp <https://lamps.example/7|number 7> fit? 1 &lt; 2 &amp; more 💡",
    "event_ts": "1773478800.000100",
}


def envelope(event: Any, name: str = "Ev1") -> dict[str, Any]:
    return {"type": "event_callback", "team_id": "T1", "api_app_id": "A1", "event_id": name, "event": event}


class TestSlack(VerifyContract, ParseContract, SendContract):
    kind = "slack"
    secret_name = "signing_secret"
    secret, other_secret = "lamp-signing-secret", "chair-signing-secret"
    signature_header = "x-slack-signature"
    expected_delivery_id = "Ev1"
    server_class = SlackServer
    length = 4000
    expected = {
        "verb": Verb.CREATE,
        "external_id": "C5:1773478800.000100",
        "thread": "C5:1773478800.000100",
        "kind": Kind.MENTION,
        "text": "@UBOT does the lamp number 7 (https://lamps.example/7) fit? 1 < 2 & more 💡",
        "author": Author("U77"),
        "at": datetime(2026, 3, 14, 9, 0, 0, 100, tzinfo=UTC),
        "outbound": False,
    }

    def account(self) -> Account:
        return Account("slack", external_id="UBOT", secrets={"signing_secret": (self.secret,), "bot_token": (TOKEN,)})

    def signed(self, secret: str) -> Delivery:
        return self.sign(self.delivery(envelope(EVENT)).body, secret)

    def sign(self, body: bytes, secret: str) -> Delivery:
        headers = {"x-slack-signature": signature(secret, STAMP, body), "x-slack-request-timestamp": STAMP}
        return Delivery(body, headers, received_at=NOW)

    def created(self) -> Any:
        return envelope(EVENT)

    def changed(self, **message: Any) -> Any:
        change = {"type": "message", "subtype": "message_changed", "channel": "C5", "event_ts": "1773478990.000300"}
        return envelope({**change, "ts": "1773478990.000300", "message": {**EVENT, "type": "message", **message}})

    def edited(self) -> Any:
        return self.changed(text="it fits", edited={"user": "U77", "ts": "1773478990.000000"})

    def deleted(self) -> Any:
        gone = {"type": "message", "subtype": "message_deleted", "channel": "C5", "deleted_ts": "1773478800.000100"}
        return envelope({**gone, "event_ts": "1773478995.000000", "ts": "1773478995.000000"})

    def echoed(self) -> Any:
        ours = {"user": "UBOT", "bot_id": "B1", "bot_profile": {"app_id": "A1", "name": "Relay"}}
        reply = {"type": "message", "ts": "1773478900.000200", "thread_ts": "1773478800.000100"}
        return envelope({**EVENT, **reply, **ours})

    def unknown(self) -> Any:
        return envelope({"type": "hologram_shared"})

    def batch(self, bad: Any) -> Any:
        return None  # Slack sends one event at a time

    def test_text_that_cannot_be_stored_is_mended(self) -> None:
        entry = self.one(
            b'{"type":"event_callback","event":{"type":"message","channel":"C","ts":"1.0","user":"U",'
            b'"text":"lamp\\u0000\\ud83d"}}'
        )
        assert entry.text == "lamp\N{REPLACEMENT CHARACTER}"

    def reply(self, text: str = QUESTION) -> Reply:
        return Reply(key="k-1", text=text, thread="C5:1773478800.000100", kind=Kind.MENTION)

    def expected_post(self) -> Any:
        return {"channel": "C5", "text": QUESTION, "unfurl_links": False, "thread_ts": "1773478800.000100"}

    def expected_id(self) -> str:
        return "C5:1773480413.000200"

    def test_the_sdk_verifies_as_we_do(self) -> None:
        delivery = self.signed(self.secret)
        clock = type("Clock", (), {"now": lambda self: NOW.timestamp()})()
        verifier = SignatureVerifier(self.secret, clock=clock)
        assert verifier.is_valid(delivery.body, STAMP, delivery.headers["x-slack-signature"])

    @pytest.mark.parametrize("minutes", [-6, 6])
    def test_a_signature_is_good_for_five_minutes(self, minutes: int) -> None:
        with pytest.raises(SignatureError, match="five minutes"):
            self.verify(replace(self.signed(self.secret), received_at=NOW + timedelta(minutes=minutes)))

    def test_the_handshake_is_answered_only_when_signed(self) -> None:
        body = b'{"type": "url_verification", "challenge": "3eZbrw1aB"}'
        assert self.connector.handshake(self.sign(body, self.secret), self.account()) == Answer(200, b"3eZbrw1aB")
        with pytest.raises(SignatureError):
            self.connector.handshake(self.sign(body, self.other_secret), self.account())

    def test_a_customers_words_are_no_handshake(self) -> None:
        said = self.sign(self.delivery(envelope({**EVENT, "text": '"url_verification"'})).body, self.secret)
        assert self.connector.handshake(said, self.account()) is None
        assert self.connector.handshake(self.signed(self.secret), self.account()) is None

    def test_a_command_asks_for_nothing(self) -> None:
        form = {"content-type": "application/x-www-form-urlencoded"}
        (entry,) = self.connector.parse(Delivery(urlencode({"command": "/lamp"}).encode(), form), self.account())
        assert entry.verb is Verb.IGNORED

    def test_a_mention_and_its_message_are_one_object(self) -> None:
        message = self.one(envelope({**EVENT, "type": "message", "channel_type": "channel"}, "Ev2"))
        assert message.external_id == self.one(self.created()).external_id

    def test_an_answer_joins_its_thread_and_a_private_chat_is_one_thread(self) -> None:
        answer = self.one(envelope({**EVENT, "ts": "1773478811.000000", "thread_ts": "1773478800.000100"}))
        private = self.one(envelope({**EVENT, "type": "message", "channel": "D1", "channel_type": "im"}))
        assert (answer.thread, answer.is_reply) == ("C5:1773478800.000100", True)
        assert (private.thread, private.kind) == ("D1", Kind.DM)

    def test_a_preview_is_no_edit(self) -> None:
        assert self.one(self.changed(attachments=[{}])).verb is Verb.IGNORED

    def test_reactions_files_and_the_end_of_our_access(self) -> None:
        item = {"type": "message", "channel": "C5", "ts": "1773478800.000100"}
        reaction = {"type": "reaction_removed", "user": "U7", "reaction": "wave", "item": item, "event_ts": "2.0"}
        file = {"name": "a.png", "mimetype": "image/png", "url_private": "https://files.slack.com/a.png"}
        said = self.one(envelope({**EVENT, "type": "message", "subtype": "file_share", "files": [file]}))
        assert self.one(envelope(reaction)).reaction == ""
        assert self.one(envelope({**reaction, "type": "reaction_added"})).reaction == "wave"
        assert said.media == (Media("https://files.slack.com/a.png", "image/png", "a.png", needs_token=True),)
        assert self.one(envelope({"type": "tokens_revoked"})).verb is Verb.REVOKED

    def test_a_file_is_fetched_with_the_token(self, http: httpx.Client) -> None:
        media = Media("https://files.slack.com/a.png", needs_token=True)
        source = self.connector.locate(media, self.account(), http)
        assert source == Source(media.url, {"Authorization": f"Bearer {TOKEN}"})

    @pytest.mark.parametrize(
        "url",
        [
            "https://drive.example/a.png",
            "https://evilslack.com/a.png",
            "https://slack.com.evil.example/a.png",
            "https://slack.com@evil.example/a.png",
            "https://[slack.com/a.png",
        ],
    )
    def test_a_file_that_lies_elsewhere_never_sees_our_token(self, url: str, http: httpx.Client) -> None:
        assert self.connector.locate(Media(url, needs_token=True), self.account(), http) == Source(url)

    @pytest.mark.parametrize("body", [b"<h1>Welcome to the hotel", b"{}", {"ok": False}, {"ok": False, "error": ""}])
    def test_what_is_neither_yes_nor_no_is_an_unknown_outcome(
        self, server: SlackServer, http: httpx.Client, body: Any
    ) -> None:
        server.refuse(Response(200, body))
        with pytest.raises(OutcomeUnknown):
            self.connector.send(self.reply(), self.account_at(server), http)
        assert server.accepted == []

    def test_an_internal_error_may_hide_an_accepted_reply(self, server: SlackServer, http: httpx.Client) -> None:
        server.refuse("unsure")
        with pytest.raises(OutcomeUnknown):
            self.connector.send(self.reply(), self.account_at(server), http)

    def test_what_we_write_is_no_markup(self) -> None:
        assert escaped("<!channel> & <@U1>") == "&lt;!channel&gt; &amp; &lt;@U1&gt;"
        assert plain(escaped("<!channel> & <@U1>")) == "<!channel> & <@U1>"
        assert plain("<!here> <#C1|lamps> <https://a.example>") == "@here #lamps https://a.example"
