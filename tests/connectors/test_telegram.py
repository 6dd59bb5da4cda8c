from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from connectors.base import Account, Author, Delivery, Kind, Media, Reply, Verb
from connectors.media import Source
from tests.connectors.contract import NOW, QUESTION, ParseContract, SendContract, VerifyContract
from tests.platforms.telegram import TOKEN, TelegramServer

MESSAGE = {
    "message_id": 17,
    "date": 1773478800,
    "chat": {"id": 4100000001, "type": "private", "username": "pavel_k"},
    "from": {"id": 4100000001, "is_bot": False, "first_name": "Pavel", "last_name": "Kos", "username": "pavel_k"},
    "text": "Где мой заказ? 📦",
}


class TestTelegram(VerifyContract, ParseContract, SendContract):
    kind = "telegram"
    secret_name = "secret"
    secret, other_secret = "Marble_staircase-7", "Marble_staircase-8"
    signature_header = "x-telegram-bot-api-secret-token"
    covers_body = False
    expected_delivery_id = "88001"
    server_class = TelegramServer
    length, unit = 4096, "utf16"
    expected = {
        "verb": Verb.CREATE,
        "external_id": "4100000001:17",
        "thread": "4100000001",
        "kind": Kind.DM,
        "text": "Где мой заказ? 📦",
        "author": Author("4100000001", "pavel_k", "Pavel Kos"),
        "at": datetime(2026, 3, 14, 9, tzinfo=UTC),
        "outbound": False,
    }

    def account(self) -> Account:
        return Account("telegram", external_id="700", secrets={"secret": (self.secret,), "bot_token": (TOKEN,)})

    def signed(self, secret: str) -> Delivery:
        return Delivery(b'{"update_id": 88001}', {self.signature_header: secret}, received_at=NOW)

    def created(self) -> Any:
        return {"update_id": 88001, "message": MESSAGE}

    def edited(self) -> Any:
        return {"update_id": 88002, "edited_message": {**MESSAGE, "text": "Ну?", "edit_date": 1773478860}}

    def deleted(self) -> Any:
        chat = {"id": 4100000001, "type": "private"}
        return {"update_id": 3, "deleted_business_messages": {"chat": chat, "message_ids": [17]}}

    def echoed(self) -> Any:
        ours = {**MESSAGE, "message_id": 18, "from": {"id": 700, "is_bot": True, "first_name": "Shop"}}
        return {"update_id": 4, "business_message": ours}

    def unknown(self) -> Any:
        return {"update_id": 5, "hologram": {"id": 1}}

    def batch(self, bad: Any) -> Any:
        return None  # Telegram sends one update at a time

    def reply(self, text: str = QUESTION) -> Reply:
        return Reply(key="k-1", text=text, thread="4100000001", parent="4100000001:17", kind=Kind.DM)

    def expected_post(self) -> Any:
        parameters = {"message_id": 17, "allow_sending_without_reply": True}
        return {"chat_id": "4100000001", "text": QUESTION, "reply_parameters": parameters}

    def expected_id(self) -> str:
        return "4100000001:91"

    @pytest.mark.parametrize(
        "told",
        [
            {"chat": {"id": -55, "type": "group"}, "migrate_to_chat_id": -1009},
            {"chat": {"id": -1009, "type": "supergroup"}, "migrate_from_chat_id": -55},
        ],
    )
    def test_a_group_that_became_a_supergroup_goes_on_there(self, told: dict[str, Any]) -> None:
        entry = self.one({"update_id": 9, "message": {"message_id": 3, "date": 1773478800, **told}})
        assert (entry.verb, entry.thread, entry.parent) == (Verb.MOVED, "-1009", "-55")

    def test_a_reply_goes_to_the_chat_of_what_it_answers_and_quotes_nothing_of_another(
        self, server: TelegramServer, http: httpx.Client
    ) -> None:
        there = replace(self.reply(), thread="-55", parent="-1009:8")
        self.connector.send(there, self.account_at(server), http)
        server.moved = "-1009"
        self.connector.send(replace(there, parent="-55:8"), self.account_at(server), http)
        quoted, bare = server.accepted
        assert (quoted["chat_id"], quoted["reply_parameters"]["message_id"]) == ("-1009", 8)
        assert bare["chat_id"] == "-1009"
        assert "reply_parameters" not in bare

    def test_a_group_that_moved_is_followed_once(self, server: TelegramServer, http: httpx.Client) -> None:
        server.moved = "-1009"
        sent = self.connector.send(self.reply(), self.account_at(server), http)
        assert [post["chat_id"] for post in server.accepted] == ["-1009"]
        assert sent.external_id == "-1009:91"

    def test_a_topic_is_a_thread_of_its_own(self, server: TelegramServer, http: httpx.Client) -> None:
        topic = {**MESSAGE, "message_thread_id": 5, "is_topic_message": True}
        assert self.one({"message": topic}).thread == "4100000001:5"
        self.connector.send(replace(self.reply(), thread="-7:5", parent="-7:17"), self.account_at(server), http)
        assert (server.accepted[0]["chat_id"], server.accepted[0]["message_thread_id"]) == ("-7", 5)

    def test_a_business_is_answered_for_in_its_own_name(self, server: TelegramServer, http: httpx.Client) -> None:
        asked = {**MESSAGE, "business_connection_id": "bizA-1"}
        said = {**asked, "message_id": 18, "from": {"id": 55, "first_name": "Owner"}}
        customer, colleague = (self.one({"business_message": message}) for message in (asked, said))
        assert (customer.outbound, colleague.outbound) == (False, True)
        assert customer.thread == colleague.thread == "4100000001:@bizA-1"
        self.connector.send(replace(self.reply(), thread=customer.thread), self.account_at(server), http)
        (post,) = server.accepted
        assert (post["chat_id"], post["business_connection_id"]) == ("4100000001", "bizA-1")
        assert "message_thread_id" not in post

    def test_the_largest_picture_is_taken_and_located(self, server: TelegramServer, http: httpx.Client) -> None:
        photo = {**MESSAGE, "photo": [{"file_id": "small"}, {"file_id": "F1"}], "caption": "look"}
        del photo["text"]
        entry = self.one({"message": photo})
        assert (entry.text, entry.media) == ("look", (Media("F1", "image/jpeg", needs_token=True),))
        found = self.connector.locate(entry.media[0], self.account_at(server), http)
        assert found == Source(f"{server.url}/file/bot{TOKEN}/photos/file%201.jpg")

    def test_a_place_a_card_and_a_poll_are_said_in_words(self) -> None:
        bare = {name: value for name, value in MESSAGE.items() if name != "text"}
        place = {**bare, "location": {"latitude": 46.05, "longitude": 14.5}, "venue": {"title": "Lamp shop"}}
        card = {**bare, "contact": {"first_name": "Ines", "phone_number": "+38640000000"}}
        poll = {**bare, "poll": {"question": "Warm or cold light?"}}
        texts = [self.one({"message": message}).text for message in (place, card, poll)]
        assert texts == ["📍 Lamp shop 46.05, 14.5", "👤 Ines +38640000000", "📊 Warm or cold light?"]

    def test_a_reply_names_its_parent(self) -> None:
        entry = self.one({"message": {**MESSAGE, "reply_to_message": {**MESSAGE, "message_id": 3}}})
        assert (entry.parent, entry.is_reply) == ("4100000001:3", True)

    def test_a_reaction_is_no_message(self) -> None:
        reaction = {
            "chat": {"id": 1, "type": "group"},
            "message_id": 2,
            "user": {"id": 9, "first_name": "Ana"},
            "date": 1773478800,
            "old_reaction": [],
            "new_reaction": [{"type": "emoji", "emoji": "👍"}],
        }
        entry = self.one({"update_id": 1, "message_reaction": reaction})
        assert (entry.verb, entry.external_id, entry.reaction) == (Verb.REACTION, "1:2", "👍")

    def test_a_block_and_a_service_message_ask_for_nothing(self) -> None:
        blocked = {"chat": {"id": 1, "type": "private"}, "new_chat_member": {"status": "kicked"}}
        joined = {**{k: v for k, v in MESSAGE.items() if k != "text"}, "new_chat_members": []}
        verbs = [self.one(update).verb for update in ({"my_chat_member": blocked}, {"message": joined})]
        assert verbs == [Verb.IGNORED, Verb.IGNORED]
