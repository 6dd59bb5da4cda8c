"""LINE official accounts.

Sources under developers.line.biz/en: docs/messaging-api/receiving-messages (signature, redelivery),
reference/messaging-api (webhook event objects, push message, X-Line-Retry-Key, error responses; a push holds five
messages, a picture among them is JPEG or PNG of at most 10 MB, with a preview of at most 1 MB, both at https
addresses), docs/messaging-api/text-character-count (UTF-16 code units). LINE waits two seconds for an answer and does
not repeat a delivery unless redelivery is switched on in its console.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import ClassVar
from urllib.parse import quote

import httpx

from connectors import fields, signing
from connectors.base import (
    Account,
    Author,
    Delivery,
    Entry,
    Kind,
    Limits,
    Media,
    ParseError,
    Refused,
    Reply,
    SendError,
    Sent,
    SignatureError,
    TryLater,
    Verb,
)
from connectors.fields import Object
from connectors.files import FileLimits
from connectors.http import call, json_of, snippet, told_first
from connectors.media import Source
from connectors.platform import Names, Platform, base, bearer, once, peek, token

API, DATA = "https://api.line.me", "https://api-data.line.me"
LONGEST = 5000
# Sound needs its length and a video a picture of it, neither of which is known here.
FILES = FileLimits(
    most=4, size=10_000_000, whole=40_000_000, types=frozenset({"image/jpeg", "image/png"}), fetched=True
)
SIGNATURE = "x-line-signature"
KEY_LIVES = timedelta(hours=23)  # LINE knows a retry key for 24 hours after the first try
_FILES = frozenset({"image", "video", "audio", "file"})
_KEYS = uuid.UUID("6f1c1f5e-6c1e-4d0c-9f5b-1b7a52f0c6d1")  # our replies' keys become UUIDs under this one


class Line(Platform):
    kind = "line"
    name = "LINE"
    secrets: ClassVar[Names] = ("channel_secret", "channel_token")
    settings: ClassVar[Names] = ("api_base", "data_base")

    def verify(self, delivery: Delivery, account: Account) -> str:
        secrets = signing.keys(account, "channel_secret")
        given = signing.header(delivery, SIGNATURE)
        if not signing.any_same(given, (signing.based(secret, delivery.body) for secret in secrets)):
            raise SignatureError("the signature does not fit")
        return _only_event(delivery)

    def pieces(self, payload: object, delivery: Delivery) -> Iterable[object]:
        if not isinstance(payload, dict) or not isinstance(payload.get("events"), list):
            raise ParseError("no list of events")
        events: list[object] = payload["events"]
        return events

    def read(self, piece: Object, delivery: Delivery, account: Account) -> Iterator[Entry]:
        kind = fields.string(piece, "type")
        reader = _READERS.get(kind)
        if fields.string(piece, "mode") == "standby":
            yield fields.ignored(piece, "another module holds this conversation")
        elif reader is None:
            yield fields.ignored(piece, f"an event of kind {kind[:60] or 'nothing'}")
        else:
            yield reader(piece)

    def limits(self, kind: Kind, account: Account) -> Limits:
        return Limits(LONGEST, unit="utf16", retry_safe=True, retry_within=KEY_LIVES, files=FILES)

    def deliver(self, reply: Reply, account: Account, http: httpx.Client) -> Sent:
        body = {"to": reply.thread or reply.to, "messages": [*_said(reply)]}
        headers = {
            **bearer(token(account, "channel_token")),
            "X-Line-Retry-Key": str(uuid.uuid5(_KEYS, once(reply))),
        }
        url = f"{base(account, API)}/v2/bot/message/push"
        try:
            response = call(http, "POST", url, json=body, headers=headers, judge=_judge)
        except _Accepted as accepted:
            response = accepted.response
        return Sent(external_id=told_first(response, "sentMessages", "id"))

    def locate(self, media: Media, account: Account, http: httpx.Client) -> Source:
        url = f"{base(account, DATA, 'data_base')}/v2/bot/message/{quote(media.url)}/content"
        return Source(url, bearer(token(account, "channel_token")))


def _said(reply: Reply) -> Iterator[Object]:
    if reply.text:
        yield {"type": "text", "text": reply.text}
    for file in reply.files:
        yield {"type": "image", "originalContentUrl": file.url, "previewImageUrl": file.preview}


class _Accepted(SendError):
    """409: an earlier try with this retry key was taken."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__("the reply had been accepted before")
        self.response = response


def _judge(response: httpx.Response) -> SendError | None:
    if response.status_code == httpx.codes.CONFLICT:
        return _Accepted(response)
    said = str(json_of(response).get("message", ""))
    if response.status_code == httpx.codes.TOO_MANY_REQUESTS and "monthly limit" in said:
        return TryLater(said[:200], after=timedelta(days=1), code="monthly_limit", status=429)
    if response.status_code == httpx.codes.BAD_REQUEST:
        return Refused(said[:300] or snippet(response), status=400)
    return None


def _only_event(delivery: Delivery) -> str:
    """The id of a delivery that carries one event; LINE keeps it when it delivers again."""
    events = peek(delivery).get("events")
    if not isinstance(events, list) or len(events) != 1 or not isinstance(events[0], dict):
        return ""
    name = events[0].get("webhookEventId")
    return name if isinstance(name, str) else ""


def _message(piece: Object, verb: Verb = Verb.CREATE) -> Entry:
    message = fields.mapping(piece, "message")
    person = fields.string(piece, "source", "userId")
    at = fields.millis(piece, "timestamp")
    quoted = fields.string(message, "quotedMessageId")
    return Entry(
        verb=verb,
        external_id=fields.required(message, "id"),
        thread=_conversation(piece),
        parent=quoted,
        is_reply=bool(quoted),
        kind=Kind.DM if fields.string(piece, "source", "type") == "user" else Kind.MESSAGE,
        text=_words(message),
        author=Author(person) if person else None,
        at=at,
        version=at if verb is Verb.CREATE else fields.after(at),
        media=_media(message),
        raw=piece,
    )


def _edit(piece: Object) -> Entry:
    return _message(piece, Verb.EDIT)


def _unsend(piece: Object) -> Entry:
    return Entry(
        Verb.DELETE,
        external_id=fields.required(piece, "unsend", "messageId"),
        thread=_conversation(piece),
        version=fields.after(fields.millis(piece, "timestamp")),
        raw=piece,
    )


def _conversation(piece: Object) -> str:
    source = fields.mapping(piece, "source")
    return fields.string(source, "groupId") or fields.string(source, "roomId") or fields.required(source, "userId")


def _words(message: Object) -> str:
    kind = fields.string(message, "type")
    if kind == "location":
        parts = (fields.string(message, "title"), fields.string(message, "address"))
        return " ".join(filter(None, ("📍", *parts)))
    if kind == "sticker":
        said = [word for word in fields.listing(message, "keywords") if isinstance(word, str)]
        return fields.string(message, "text") or " ".join(("🏷", *said[:3]))
    return fields.string(message, "text")


def _media(message: Object) -> tuple[Media, ...]:
    kind = fields.string(message, "type")
    if kind not in _FILES:
        return ()
    provider = fields.mapping(message, "contentProvider")
    if url := fields.string(provider, "originalContentUrl"):
        return (Media(url, kind),)
    return (Media(fields.required(message, "id"), kind, fields.string(message, "fileName"), needs_token=True),)


_READERS: dict[str, Callable[[Object], Entry]] = {
    "message": _message,
    "messageEdited": _edit,
    "unsend": _unsend,
}
