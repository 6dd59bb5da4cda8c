from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from linebot.v3 import WebhookParser  # type: ignore[import-untyped]
from linebot.v3.webhooks import MessageEvent, UnsendEvent  # type: ignore[import-untyped]

from connectors.base import Account, Author, Delivery, Kind, Media, ParseError, Reply, TryLater, Verb
from connectors.media import Source
from connectors.signing import based
from tests.connectors.contract import NOW, QUESTION, ParseContract, SendContract, VerifyContract
from tests.platforms.line import TOKEN, LineServer

EVENT = {
    "type": "message",
    "webhookEventId": "01HLAMP0000000000000000001",
    "deliveryContext": {"isRedelivery": False},
    "timestamp": 1773478800456,
    "mode": "active",
    "replyToken": "r",
    "source": {"type": "user", "userId": "Ucafe"},
    "message": {"id": "555001", "type": "text", "quoteToken": "q", "text": "電球が切れました 💡"},
}


def payload(*events: Any) -> dict[str, Any]:
    return {"destination": "Ubot", "events": list(events)}


class TestLine(VerifyContract, ParseContract, SendContract):
    kind = "line"
    secret_name = "channel_secret"
    secret, other_secret = "lamp-channel-secret", "chair-channel-secret"
    signature_header = "x-line-signature"
    expected_delivery_id = "01HLAMP0000000000000000001"
    server_class = LineServer
    length, unit = 5000, "utf16"
    retry_safe = True
    expected = {
        "verb": Verb.CREATE,
        "external_id": "555001",
        "thread": "Ucafe",
        "kind": Kind.DM,
        "text": "電球が切れました 💡",
        "author": Author("Ucafe"),
        "at": datetime(2026, 3, 14, 9, 0, 0, 456000, tzinfo=UTC),
        "outbound": False,
    }

    def account(self) -> Account:
        return Account("line", secrets={"channel_secret": (self.secret,), "channel_token": (TOKEN,)})

    def signed(self, secret: str) -> Delivery:
        body = self.delivery(payload(EVENT)).body
        return Delivery(body, {self.signature_header: based(secret, body)}, received_at=NOW)

    def created(self) -> Any:
        return payload(EVENT)

    def edited(self) -> Any:
        new = {"id": "555001", "type": "text", "text": "直りました"}
        return payload({**EVENT, "type": "messageEdited", "timestamp": 1773478900000, "message": new})

    def deleted(self) -> Any:
        gone = {name: value for name, value in EVENT.items() if name != "message"}
        return payload({**gone, "type": "unsend", "unsend": {"messageId": "555001"}})

    def echoed(self) -> Any:
        return None  # LINE reports nothing that the account itself wrote

    def unknown(self) -> Any:
        return payload({"type": "hologram", "timestamp": 1})

    def batch(self, bad: Any) -> Any:
        return payload(EVENT, bad, {**EVENT, "message": {"id": "555002", "type": "text", "text": "?"}})

    def reply(self, text: str = QUESTION) -> Reply:
        return Reply(key="k-1", text=text, thread="Ucafe", parent="555001", kind=Kind.DM)

    def expected_post(self) -> Any:
        return {"to": "Ucafe", "messages": [{"type": "text", "text": QUESTION}]}

    def expected_id(self) -> str:
        return "46123"

    def test_the_sdk_verifies_and_reads_the_same(self) -> None:
        group = {"type": "group", "groupId": "Cgroup", "userId": "Ucafe"}
        gone = {**EVENT, "type": "unsend", "source": group, "unsend": {"messageId": "9"}}
        body = self.delivery(payload(EVENT, gone)).body
        first, second = WebhookParser(self.secret).parse(body.decode(), based(self.secret, body))
        ours = list(self.connector.parse(Delivery(body), self.account()))
        assert isinstance(first, MessageEvent)
        assert isinstance(second, UnsendEvent)
        assert (ours[0].external_id, ours[0].text) == (first.message.id, first.message.text)
        assert (ours[1].external_id, ours[1].thread) == (second.unsend.message_id, second.source.group_id)

    def test_the_consoles_test_button_is_nothing_at_all(self) -> None:
        assert self.read(payload()) == []

    def test_a_group_is_a_conversation_and_standby_is_left_alone(self) -> None:
        source = {"type": "group", "groupId": "Cgroup"}
        entry = self.one(payload({**EVENT, "source": source}))
        assert (entry.thread, entry.kind, entry.author) == ("Cgroup", Kind.MESSAGE, None)
        assert self.one(payload({**EVENT, "mode": "standby"})).verb is Verb.IGNORED

    def test_files_stickers_and_places(self) -> None:
        file = {"id": "5", "type": "file", "fileName": "bill.pdf"}
        away = {
            "id": "6",
            "type": "image",
            "contentProvider": {"type": "external", "originalContentUrl": "https://x/i"},
        }
        sticker = {"id": "7", "type": "sticker", "keywords": ["sad", "lamp"]}
        place = {"id": "8", "type": "location", "title": "Shop", "address": "Main 1"}
        entries = self.read(payload(*({**EVENT, "message": each} for each in (file, away, sticker, place))))
        assert entries[0].media == (Media("5", "file", "bill.pdf", needs_token=True),)
        assert entries[1].media == (Media("https://x/i", "image"),)
        assert [entry.text for entry in entries[2:]] == ["🏷 sad lamp", "📍 Shop Main 1"]

    def test_content_is_located_with_the_token(self, http: httpx.Client) -> None:
        account = replace(self.account(), settings={"data_base": "https://data.example/"})
        found = self.connector.locate(Media("5", needs_token=True), account, http)
        assert found == Source("https://data.example/v2/bot/message/5/content", {"Authorization": f"Bearer {TOKEN}"})

    def test_a_retry_key_is_trusted_for_less_than_the_day_that_line_keeps_it(self) -> None:
        within = self.connector.limits(Kind.DM, self.account()).retry_within
        assert within is not None
        assert timedelta(hours=12) < within < timedelta(hours=24)

    def test_a_spent_month_waits_a_day(self, server: LineServer, http: httpx.Client) -> None:
        server.refuse("monthly")
        with pytest.raises(TryLater) as raised:
            self.connector.send(self.reply(), self.account_at(server), http)
        assert raised.value.after == timedelta(days=1)

    @pytest.mark.parametrize("body", [{}, [], {"events": None}])
    def test_a_payload_without_events_is_a_parse_error(self, body: Any) -> None:
        with pytest.raises(ParseError):
            self.read(body)
