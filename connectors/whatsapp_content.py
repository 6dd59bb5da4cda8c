"""What a WhatsApp message of each type says, in words and files.

Source: developers.facebook.com/docs/whatsapp/cloud-api/webhooks/components (messages object) and
/reference/media; a media id becomes an address that lives for minutes and wants the token.
"""

from __future__ import annotations

from collections.abc import Callable

from connectors import fields
from connectors.base import Media
from connectors.fields import Object

SILENT = {
    "system": "a person's number or id changed",
    "request_welcome": "a person opened the chat",
}
_FILES = ("image", "video", "audio", "document", "sticker", "voice")


def words(message: Object) -> str:
    kind = fields.string(message, "type")
    if kind == "contacts":
        return "\n".join(_card(card) for card in fields.objects(message, kind))
    reader = _WORDS.get(kind)
    return reader(fields.mapping(message, kind)) if reader else fields.string(message, kind, "caption")


def media(message: Object) -> tuple[Media, ...]:
    kind = fields.string(message, "type")
    if kind not in _FILES:
        return ()
    file = fields.mapping(message, kind)
    name = fields.required(file, "id")
    return (Media(name, fields.string(file, "mime_type") or kind, fields.string(file, "filename"), needs_token=True),)


def reason(message: Object) -> str:
    """Why a message that somebody wrote has no words for us."""
    if fields.string(message, "type") != "unsupported":
        return ""
    kind = fields.string(message, "unsupported", "type")
    return f"a kind of message that the platform does not hand over{f': {kind[:40]}' if kind else ''}"


def _text(piece: Object) -> str:
    return fields.string(piece, "body")


def _button(piece: Object) -> str:
    return fields.string(piece, "text") or fields.string(piece, "payload")


def _choice(piece: Object) -> str:
    kind = fields.string(piece, "type")
    return fields.string(piece, kind, "title") or fields.string(piece, kind, "body")


def _place(piece: Object) -> str:
    label = " ".join(filter(None, (fields.string(piece, "name"), fields.string(piece, "address"))))
    return " ".join(filter(None, ("📍", label, f"{piece.get('latitude')}, {piece.get('longitude')}")))


def _card(card: Object) -> str:
    phones = (fields.string(each, "phone") for each in fields.objects(card, "phones"))
    return " ".join(filter(None, ("👤", fields.string(card, "name", "formatted_name"), *phones)))


def _order(piece: Object) -> str:
    lines = [
        f"🛒 {fields.string(each, 'quantity')} × {fields.string(each, 'product_retailer_id')}"
        for each in fields.objects(piece, "product_items")
    ]
    return "\n".join(filter(None, (fields.string(piece, "text"), *lines)))


_WORDS: dict[str, Callable[[Object], str]] = {
    "text": _text,
    "button": _button,
    "interactive": _choice,
    "location": _place,
    "order": _order,
}
