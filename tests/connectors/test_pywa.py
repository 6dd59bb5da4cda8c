"""What the maintained SDK for WhatsApp reads in a delivery, we read in it too; offline."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pywa import WhatsApp
from pywa.types import Message, MessageStatus

from connectors import registry
from connectors.base import Account, Delivery, Entry, Verb
from tests.connectors.test_whatsapp import TEXT, said, value

SDK = WhatsApp(phone_id="501", token="unused")
ANSWERED = {"id": "wamid.ASKED", "from": "38612345678"}


def ours(payload: Any) -> Entry:
    account = Account("whatsapp", external_id="501")
    (entry,) = registry.get("whatsapp").parse(Delivery(json.dumps(payload).encode()), account)
    return entry


def theirs(payload: Any) -> Any:
    return Message.from_update(SDK, payload)


@pytest.mark.parametrize("context", [{}, {"context": ANSWERED}])
def test_a_text_its_author_and_what_it_answers(context: dict[str, Any]) -> None:
    payload = value(messages=[{**TEXT, **context}])
    entry, message = ours(payload), theirs(payload)
    assert entry.author is not None
    assert (entry.verb, entry.external_id, entry.text) == (Verb.CREATE, message.id, message.text)
    assert (entry.at, entry.account) == (message.timestamp, message.metadata.phone_number_id)
    assert (entry.author.name, message.from_user.wa_id in entry.author.aliases) == (message.from_user.name, True)
    answered = message.reply_to_message
    assert (entry.parent, entry.is_reply) == (answered.id if answered else "", answered is not None)


@pytest.mark.parametrize(
    ("kind", "file"),
    [
        ("image", {"mime_type": "image/jpeg", "caption": "See"}),
        ("video", {"mime_type": "video/mp4", "caption": "See"}),
        ("audio", {"mime_type": "audio/ogg; codecs=opus", "voice": True}),
        ("document", {"mime_type": "application/pdf", "filename": "račun.pdf", "caption": "See"}),
        ("sticker", {"mime_type": "image/webp", "animated": False}),
    ],
)
def test_a_file_its_type_name_and_caption(kind: str, file: dict[str, Any]) -> None:
    payload = said(kind, {"id": "m-1", "sha256": "x", **file})
    entry, message = ours(payload), theirs(payload)
    (medium,), there = entry.media, getattr(message, kind)
    assert (medium.url, medium.type, medium.needs_token) == (there.id, there.mime_type, True)
    assert medium.name == (getattr(there, "filename", None) or "")
    assert entry.text == (message.caption or "")


@pytest.mark.parametrize("given", [{"emoji": "👍"}, {}])
def test_a_reaction_and_its_end(given: dict[str, str]) -> None:
    payload = said("reaction", {"message_id": "wamid.OUT", **given})
    entry, message = ours(payload), theirs(payload)
    assert (entry.verb, entry.external_id) == (Verb.REACTION, message.reaction.message_id)
    assert entry.reaction == (message.reaction.emoji or "")


@pytest.mark.parametrize("status", ["delivered", "read", "failed"])
def test_a_status_of_a_reply(status: str) -> None:
    error = {"code": 131047, "title": "Re-engagement", "message": "x", "error_data": {"details": "more than 24 hours"}}
    told = {"id": "wamid.OUT", "status": status, "timestamp": "1773478800", "recipient_id": "38640111222"}
    failed = {"errors": [error]} if status == "failed" else {}
    payload = value(statuses=[{**told, "biz_opaque_callback_data": "relaybox-7", **failed}])
    entry, there = ours(payload), MessageStatus.from_update(SDK, payload)
    assert (entry.verb, entry.external_id, entry.client_key) == (Verb.RECEIPT, there.id, there.tracker)
    assert (entry.receipt, entry.at) == (there.status.value, there.timestamp)
    assert entry.reason == (f"{there.error.code} {there.error.details}" if there.error else "")
