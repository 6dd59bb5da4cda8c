"""Direct messages of Messenger and Instagram: one envelope, `messaging[]`, for both.

Sources under developers.facebook.com/docs: messenger-platform/reference/webhook-events (messages,
message_echoes, message_edits, message_reactions, messaging_postbacks, message_deliveries, message_reads),
messenger-platform/instagram/features/webhook, messenger-platform/reference/send-api.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from connectors import fields, signing
from connectors.base import Account, Author, Entry, Kind, Media, Reply, Verb
from connectors.fields import Object, Part
from connectors.files import File
from connectors.meta import moment

_SHOWN = frozenset({"image/jpeg", "image/png", "image/gif"})


def read(part: Part, account: Account) -> Iterator[Entry]:
    """The entries of one element of `messaging[]`."""
    piece: Object = part.value
    if part.field == "standby":
        yield fields.ignored(piece, "another app holds this conversation")
        return
    for name, reader in _READERS.items():
        if piece.get(name) is not None:
            yield from reader(piece, fields.mapping(piece, name), part)
            return
    kinds = ", ".join(sorted(set(piece) - {"sender", "recipient", "timestamp"}))
    yield fields.ignored(piece, f"a messaging event of kind {kinds[:100] or 'nothing'}")


def _message(piece: Object, message: Object, part: Part) -> Iterator[Entry]:
    if fields.boolean(message, "is_deleted"):
        yield Entry(Verb.DELETE, fields.required(message, "mid"), kind=Kind.DM, version=_at(piece), raw=piece)
        return
    quoted = fields.mapping(message, "reply_to")
    unsupported = fields.boolean(message, "is_unsupported")
    yield Entry(
        verb=Verb.CREATE,
        external_id=fields.required(message, "mid"),
        parent=fields.string(quoted, "mid"),
        is_reply=bool(quoted),
        text=fields.string(message, "text"),
        media=_attachments(message),
        client_key=fields.string(message, "metadata"),
        reason="a kind of message that the platform does not hand over" if unsupported else "",
        **_around(piece, part, ours=fields.boolean(message, "is_echo")),
    )


def _edit(piece: Object, edit: Object, part: Part) -> Iterator[Entry]:
    version = fields.after(_at(piece))
    yield Entry(
        verb=Verb.EDIT,
        external_id=fields.required(edit, "mid"),
        text=fields.string(edit, "text"),
        **{**_around(piece, part), "version": version},
    )


def _postback(piece: Object, postback: Object, part: Part) -> Iterator[Entry]:
    """A button that somebody pressed is something somebody said."""
    made = signing.fingerprint(fields.string(piece, "sender", "id"), fields.string(piece, "timestamp"), "postback")
    yield Entry(
        verb=Verb.CREATE,
        external_id=fields.string(postback, "mid") or made,
        text=fields.string(postback, "title") or fields.string(postback, "payload"),
        **_around(piece, part),
    )


def _reaction(piece: Object, reaction: Object, part: Part) -> Iterator[Entry]:
    taken_back = fields.string(reaction, "action") == "unreact"
    emoji = fields.string(reaction, "emoji") or fields.string(reaction, "reaction")
    yield Entry(
        verb=Verb.REACTION,
        external_id=fields.required(reaction, "mid"),
        reaction="" if taken_back else emoji,
        **_around(piece, part),
    )


def _delivered(piece: Object, receipt: Object, _part: Part) -> Iterator[Entry]:
    at = _at(piece) or moment(receipt, "watermark")
    names = [name for name in fields.listing(receipt, "mids") if isinstance(name, str)]
    for name in names:
        yield Entry(Verb.RECEIPT, name, kind=Kind.DM, receipt="delivered", outbound=True, at=at, raw=piece)
    if not names:
        yield fields.ignored(piece, "a delivery receipt without message ids")


def _seen(piece: Object, receipt: Object, _part: Part) -> Iterator[Entry]:
    name = fields.string(receipt, "mid")
    if name:
        yield Entry(Verb.RECEIPT, name, kind=Kind.DM, receipt="read", outbound=True, at=_at(piece), raw=piece)
    else:
        yield fields.ignored(piece, "a read receipt for everything before a moment")


def _at(piece: Object) -> datetime | None:
    return moment(piece, "timestamp")


def _around(piece: Object, part: Part, *, ours: bool = False) -> dict[str, Any]:
    """Who wrote to whom, and when. The conversation is named after the other person."""
    sender = fields.required(piece, "sender", "id")
    ours = ours or (bool(part.account) and sender == part.account)
    person = fields.required(piece, "recipient", "id") if ours else sender
    at = _at(piece)
    return {
        "thread": person,
        "kind": Kind.DM,
        "author": Author(sender, is_us=ours),
        "outbound": ours,
        "at": at,
        "version": at,
        "account": part.account,
        "raw": piece,
    }


def _attachments(message: Object) -> tuple[Media, ...]:
    return tuple(
        Media(url, type=fields.string(each, "type"), name=fields.string(each, "payload", "title"))
        for each in fields.objects(message, "attachments")
        if (url := fields.string(each, "payload", "url"))
    )


def body(reply: Reply, *, human_agent: bool, file: Mapping[str, str] | None = None) -> dict[str, Any]:
    """A text for the Send API, or a file by what says where it is; beyond 24 hours only with the human agent tag, which
    Meta must have granted."""
    tag = {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"} if human_agent else {"messaging_type": "RESPONSE"}
    said: dict[str, Any] = {"text": reply.text}
    if file:
        said = {"attachment": {"type": word(reply.files[0]), "payload": file}}
    return {"recipient": {"id": reply.to or reply.thread}, "message": said, **tag}


def upload(file: File) -> dict[str, Any]:
    """The form that stores a file at Meta, for a message to name."""
    said = {"attachment": {"type": word(file), "payload": {"is_reusable": True}}}
    return {"data": {"message": json.dumps(said)}, "files": {"filedata": file.part}}


def word(file: File) -> str:
    """What the Send API calls it; it shows what it calls a file only as something to download."""
    kind = file.type.partition("/")[0]
    return kind if file.type in _SHOWN or kind in {"audio", "video"} else "file"


_READERS: dict[str, Callable[[Object, Object, Part], Iterator[Entry]]] = {
    "message": _message,
    "message_edit": _edit,
    "reaction": _reaction,
    "postback": _postback,
    "delivery": _delivered,
    "read": _seen,
}
