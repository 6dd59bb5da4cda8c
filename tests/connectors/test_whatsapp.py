from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from connectors.base import Author, Kind, Media, Refused, Reply, Verb
from connectors.media import Source
from tests.connectors.contract import QUESTION, ParseContract, SendContract
from tests.connectors.meta_contract import MetaContract
from tests.platforms.graph import TOKEN, WhatsAppServer

CONTACT = {"wa_id": "38640111222", "user_id": "SI.778", "profile": {"name": "Luka Zor", "username": "lukaz"}}
TEXT = {
    "id": "wamid.IN1",
    "from": "38640111222",
    "from_user_id": "SI.778",
    "timestamp": "1773478800",
    "type": "text",
    "text": {"body": "Žarnica je počila 💥"},
}


def value(field: str = "messages", **lists: Any) -> dict[str, Any]:
    metadata = {"display_phone_number": "38612345678", "phone_number_id": "501"}
    inner = {"messaging_product": "whatsapp", "metadata": metadata, "contacts": [CONTACT], **lists}
    entry = {"id": "waba", "changes": [{"field": field, "value": inner}]}
    return {"object": "whatsapp_business_account", "entry": [entry]}


def said(kind: str, content: Any, **more: Any) -> dict[str, Any]:
    return value(messages=[{**TEXT, "type": kind, kind: content, **more}])


class TestWhatsApp(MetaContract, ParseContract, SendContract):
    kind = "whatsapp"
    server_class = WhatsAppServer
    length = 4096
    expected = {
        "verb": Verb.CREATE,
        "external_id": "wamid.IN1",
        "thread": "SI.778",
        "kind": Kind.DM,
        "text": "Žarnica je počila 💥",
        "author": Author("SI.778", "lukaz", "Luka Zor", aliases=("38640111222",)),
        "at": datetime(2026, 3, 14, 9, tzinfo=UTC),
        "outbound": False,
        "account": "501",
    }

    def created(self) -> Any:
        return value(messages=[TEXT])

    def edited(self) -> Any:
        new = {"original_message_id": "wamid.IN1", "message": {"type": "text", "text": {"body": "Ne, dela"}}}
        return value(messages=[{**TEXT, "id": "wamid.IN2", "type": "edit", "edit": new}])

    def deleted(self) -> Any:
        gone = {"original_message_id": "wamid.IN1"}
        return value(messages=[{**TEXT, "id": "wamid.IN3", "type": "revoke", "revoke": gone}])

    def echoed(self) -> Any:
        ours = {**TEXT, "id": "wamid.APP", "from": "38612345678", "to": "38640111222"}
        return value("smb_message_echoes", message_echoes=[ours])

    def unknown(self) -> Any:
        return value("holograms")

    def batch(self, bad: Any) -> Any:
        return value(messages=[TEXT, bad, {**TEXT, "id": "wamid.IN4"}])

    def reply(self, text: str = QUESTION) -> Reply:
        return Reply(key="k-1", text=text, thread="SI.778", parent="wamid.IN1", kind=Kind.DM, to="38640111222")

    def expected_post(self) -> Any:
        return (
            "501/messages",
            {
                "messaging_product": "whatsapp",
                "recipient_type": "individual",
                "type": "text",
                "text": {"body": QUESTION, "preview_url": False},
                "biz_opaque_callback_data": "k-1",
                "to": "38640111222",
                "context": {"message_id": "wamid.IN1"},
            },
        )

    def expected_id(self) -> str:
        return "wamid.OUT1"

    def test_a_person_without_a_number_is_written_to_by_id(self, server: WhatsAppServer, http: httpx.Client) -> None:
        bare = {name: each for name, each in TEXT.items() if name != "from"}
        payload = value(messages=[bare], contacts=[{"user_id": "SI.778", "profile": {}}])
        assert self.one(payload).author == Author("SI.778")
        self.connector.send(replace(self.reply(), to="SI.778"), self.account_at(server), http)
        assert server.accepted[0][1]["recipient"] == "SI.778"
        assert "to" not in server.accepted[0][1]

    def test_what_was_asked_in_a_group_is_answered_there(self, server: WhatsAppServer, http: httpx.Client) -> None:
        entry = self.one(value(messages=[{**TEXT, "group_id": "Y2FwaV9ncm91cDox"}]))
        assert (entry.thread, entry.author and entry.author.id) == ("group:Y2FwaV9ncm91cDox", "SI.778")
        self.connector.send(replace(self.reply(), thread=entry.thread, to="SI.778"), self.account_at(server), http)
        ((_path, post),) = server.accepted
        assert (post["recipient_type"], post["to"]) == ("group", "Y2FwaV9ncm91cDox")
        assert "recipient" not in post

    def test_a_person_without_a_scoped_id_is_known_by_number(self) -> None:
        bare = {name: each for name, each in TEXT.items() if name != "from_user_id"}
        payload = value(messages=[bare], contacts=[{"wa_id": "38640111222", "profile": {"name": "Luka"}}])
        assert self.one(payload).author == Author("38640111222", "38640111222", "Luka")

    @pytest.mark.parametrize(
        ("status", "receipt"), [("delivered", "delivered"), ("read", "read"), ("played", "read"), ("failed", "failed")]
    )
    def test_a_receipt_names_the_reply_and_our_key(self, status: str, receipt: str) -> None:
        error = {"code": 131047, "title": "Re-engagement", "error_data": {"details": "more than 24 hours"}}
        sent = {
            "id": "wamid.OUT1",
            "status": status,
            "timestamp": "1773478800",
            "recipient_id": "38640111222",
            "biz_opaque_callback_data": "k-1",
            "errors": [error] if status == "failed" else [],
        }
        entry = self.one(value(statuses=[sent]))
        assert (entry.verb, entry.external_id, entry.receipt) == (Verb.RECEIPT, "wamid.OUT1", receipt)
        assert entry.client_key == "k-1"
        assert entry.reason == ("131047 more than 24 hours" if status == "failed" else "")

    def test_a_message_on_its_way_is_no_receipt(self) -> None:
        assert self.one(value(statuses=[{"id": "x", "status": "sent"}])).verb is Verb.IGNORED

    @pytest.mark.parametrize(
        ("kind", "content", "text"),
        [
            ("button", {"text": "Yes please", "payload": "Y"}, "Yes please"),
            ("interactive", {"type": "button_reply", "button_reply": {"id": "1", "title": "Blue"}}, "Blue"),
            ("interactive", {"type": "list_reply", "list_reply": {"id": "1", "title": "Large"}}, "Large"),
            ("location", {"latitude": 46.05, "longitude": 14.5, "name": "Lamp shop"}, "📍 Lamp shop 46.05, 14.5"),
            (
                "order",
                {"text": "fast", "product_items": [{"quantity": 2, "product_retailer_id": "B"}]},
                "fast\n🛒 2 × B",
            ),
            ("contacts", [{"name": {"formatted_name": "Ines K"}, "phones": [{"phone": "+3861"}]}], "👤 Ines K +3861"),
            ("image", {"id": "55", "mime_type": "image/jpeg", "caption": "see"}, "see"),
        ],
    )
    def test_every_type_is_said_in_words(self, kind: str, content: Any, text: str) -> None:
        assert self.one(said(kind, content)).text == text

    def test_a_file_is_located_with_the_token(self, server: WhatsAppServer, http: httpx.Client) -> None:
        file = {"id": "55", "mime_type": "application/pdf", "filename": "račun.pdf"}
        (media,) = self.one(said("document", file)).media
        assert media == Media("55", "application/pdf", "račun.pdf", needs_token=True)
        source = self.connector.locate(media, self.account_at(server), http)
        assert source == Source(f"{server.url}/file/55", {"Authorization": f"Bearer {TOKEN}"})

    def test_a_reaction_is_set_and_taken_back(self) -> None:
        entries = [
            self.one(said("reaction", content))
            for content in ({"message_id": "wamid.O", "emoji": "👍"}, {"message_id": "wamid.O"})
        ]
        assert [(entry.verb, entry.external_id, entry.reaction) for entry in entries] == [
            (Verb.REACTION, "wamid.O", "👍"),
            (Verb.REACTION, "wamid.O", ""),
        ]

    def test_what_the_platform_does_not_hand_over_is_still_a_message(self) -> None:
        entry = self.one(said("unsupported", {"type": "poll"}))
        assert (entry.verb, entry.text) == (Verb.CREATE, "")
        assert entry.reason.endswith("poll")

    def test_system_messages_and_other_fields_ask_for_nothing(self) -> None:
        assert self.one(said("system", {"body": "changed"})).verb is Verb.IGNORED
        assert self.one(value("account_update")).verb is Verb.IGNORED

    def test_without_a_phone_number_id_nothing_leaves(self, server: WhatsAppServer, http: httpx.Client) -> None:
        with pytest.raises(Refused):
            self.connector.send(self.reply(), replace(self.account_at(server), external_id=""), http)
        assert server.requests == []
