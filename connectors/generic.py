"""Any service of your own: Standard Webhooks 1.0 in and out, with the contract's small JSON.

Source: the Standard Webhooks specification, spec/standard-webhooks.md in the repository
standard-webhooks/standard-webhooks (headers, signed content, rotation, tolerance); the
`svix-*` names are those of Svix's own receiver. The OPTIONS question is CloudEvents' own, in
cloudevents/spec, "HTTP 1.1 Web Hooks for Event Delivery", section 4 (abuse protection).
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

import httpx

from connectors import fields, signing
from connectors.base import (
    Account,
    Answer,
    Author,
    Delivery,
    Entry,
    Kind,
    Limits,
    Media,
    NotConfigured,
    ParseError,
    Reply,
    Sent,
    SignatureError,
    Verb,
)
from connectors.fields import Malformed, Object
from connectors.files import File, FileLimits
from connectors.http import call, told
from connectors.jsonload import Repeated, load
from connectors.platform import Names, Platform, setting, token
from connectors.text import clean

_NAMES = (
    ("webhook-id", "webhook-timestamp", "webhook-signature"),
    ("svix-id", "svix-timestamp", "svix-signature"),
)
_VERBS = {"create": Verb.CREATE, "edit": Verb.EDIT, "delete": Verb.DELETE}
_KINDS = {kind.value: kind for kind in Kind}
_STARS = range(1, 6)
_MOST_SIGNATURES = 20
FILES = FileLimits(most=10, size=10_000_000, whole=20_000_000, alt=True)  # ours to say: they travel within the JSON
_ORIGIN = re.compile(r"[A-Za-z0-9.:_-]{1,255}")  # a host's name; nothing that could begin another header


class Generic(Platform):
    kind = "generic"
    name = "Webhook"
    secrets: ClassVar[Names] = ("secret",)
    settings: ClassVar[Names] = ("reply_url",)

    def handshake(self, delivery: Delivery, account: Account) -> Answer | None:
        """Whether a sender may post here at all: it may, at any rate; a signature it needs nevertheless."""
        origin = delivery.headers.get("webhook-request-origin", "")
        if delivery.method != "OPTIONS" or not _ORIGIN.fullmatch(origin):
            return None
        return Answer(headers={"WebHook-Allowed-Origin": origin, "WebHook-Allowed-Rate": "*", "Allow": "OPTIONS, POST"})

    def verify(self, delivery: Delivery, account: Account) -> str:
        secrets = [decoded(value) for value in signing.keys(account, "secret")]
        name, stamp, signature = _envelope(delivery)
        signing.fresh(stamp, delivery)
        expected = [_signature(secret, name, stamp, delivery.body) for secret in secrets]
        given = signature.split(" ", _MOST_SIGNATURES)[:_MOST_SIGNATURES]
        if not any(signing.any_same(each, expected) for each in given):
            raise SignatureError("no signature fits")
        return clean(name)

    def pieces(self, payload: object, delivery: Delivery) -> Iterable[object]:
        if isinstance(payload, list):
            return payload
        if isinstance(payload, dict):
            return [payload]
        raise ParseError("neither an object nor a list of objects")

    def read(self, piece: Object, delivery: Delivery, account: Account) -> Iterator[Entry]:
        _refuse_repeated(piece)
        verb = _choice(piece, "event", _VERBS, default=Verb.CREATE)
        if verb is Verb.DELETE:
            yield _deletion(piece, delivery)
        else:
            yield _entry(piece, verb, delivery, account)

    def limits(self, kind: Kind, account: Account) -> Limits:
        # the reply's key is the webhook-id, by which receivers know a repetition
        return Limits(retry_safe=True, files=FILES)

    def deliver(self, reply: Reply, account: Account, http: httpx.Client) -> Sent:
        body = json.dumps(_reply(reply), ensure_ascii=False).encode()
        headers = sign(token(account, "secret"), reply.key, datetime.now(UTC), body)
        headers["content-type"] = "application/json"
        response = call(http, "POST", setting(account, "reply_url"), content=body, headers=headers)
        return Sent(external_id=told(response, "id"), at=datetime.now(UTC))


def sign(secret: str, name: str, timestamp: datetime | int, body: bytes) -> dict[str, str]:
    """The headers with which Standard Webhooks signs a body; the other side of `verify`."""
    stamp = str(timestamp if isinstance(timestamp, int) else int(timestamp.timestamp()))
    return {
        "webhook-id": name,
        "webhook-timestamp": stamp,
        "webhook-signature": _signature(decoded(secret), name, stamp, body),
    }


def decoded(secret: str) -> bytes:
    """The key behind `whsec_` and base64."""
    key = signing.unbase64(secret.removeprefix("whsec_"))
    if not key:
        raise NotConfigured("the secret is not whsec_ followed by base64")
    return key


def _signature(key: bytes, name: str, stamp: str, body: bytes) -> str:
    head = f"{name}.{stamp}.".encode("latin-1", "replace")
    return f"v1,{signing.based(key, head + body)}"


def _envelope(delivery: Delivery) -> tuple[str, str, str]:
    for names in _NAMES:
        values = [delivery.headers.get(name, "") for name in names]
        if all(values):
            return values[0], values[1], values[2]
    raise SignatureError("webhook-id, webhook-timestamp or webhook-signature is missing")


def _entry(piece: Object, verb: Verb, delivery: Delivery, account: Account) -> Entry:
    known = verb is Verb.EDIT  # the message says who wrote it and what it is; an edit need not say so again
    author = None if known and "author" not in piece else _author(piece, account)
    at = fields.iso(piece, "at")
    return Entry(
        verb=verb,
        external_id=_text(piece, "id"),
        thread=_text(piece, "thread", optional=True),
        parent=_text(piece, "parent", optional=True),
        is_reply=bool(piece.get("parent")),
        kind=_choice(piece, "kind", _KINDS, default=Kind.MESSAGE if known else None),
        text=_text(piece, "text", empty=True),
        author=author,
        outbound=(author is not None and author.is_us) or fields.boolean(piece, "outbound"),
        at=at,
        version=at if verb is Verb.CREATE else fields.after(at) or signing.received(delivery),
        url=_text(piece, "url", optional=True),
        rating=_rating(piece),
        language=_text(piece, "language", optional=True),
        media=tuple(_media(each, f"{n}/{piece['id']}") for n, each in enumerate(fields.listing(piece, "media"))),
        client_key=_text(piece, "reply_key", optional=True),
        raw=_without_contents(piece),
    )


def _deletion(piece: Object, delivery: Delivery) -> Entry:
    at = fields.iso(piece, "at")
    return Entry(
        verb=Verb.DELETE,
        external_id=_text(piece, "id"),
        thread=_text(piece, "thread", optional=True),
        kind=_choice(piece, "kind", _KINDS, default=Kind.MESSAGE),
        at=at,
        version=fields.after(at) or signing.received(delivery),
        raw=piece,
    )


def _author(piece: Object, account: Account) -> Author:
    if "author" not in piece:
        raise Malformed("author: missing")
    name = _text(piece, "author", "id")
    return Author(
        id=name,
        handle=_text(piece, "author", "handle", optional=True),
        name=_text(piece, "author", "name", optional=True),
        avatar=_text(piece, "author", "avatar", optional=True),
        is_us=bool(account.external_id) and name == account.external_id,
    )


def _text(piece: Object, *path: str, optional: bool = False, empty: bool = False) -> str:
    """A text and nothing else: a number as an id has lost its last digits in somebody's JavaScript."""
    holder = fields.mapping(piece, *path[:-1])
    value = holder.get(path[-1])
    if value is None and optional:
        return ""
    if value is None or (value == "" and not (optional or empty)):
        raise Malformed(f"{'.'.join(path)}: missing")
    if not isinstance(value, str):
        raise Malformed(f"{'.'.join(path)}: not a text")
    return clean(value)


def _choice(piece: Object, name: str, choices: Mapping[str, Any], default: Any = None) -> Any:
    if default is not None and piece.get(name) is None:
        return default
    value = _text(piece, name)
    if value not in choices:
        raise Malformed(f"{name}: {value[:40]!r} is none of {', '.join(choices)}")
    return choices[value]


def _rating(piece: Object) -> int | None:
    value = piece.get("rating")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value not in _STARS:
        raise Malformed("rating: not a whole number from 1 to 5")
    return int(value)


def _media(piece: Any, place: str) -> Media:
    """A file by its address, or within the delivery itself: then the delivery is where it is read from."""
    if not isinstance(piece, dict):
        raise Malformed("media: not an object")
    if "content" in piece:
        _contents(piece)
    return Media(
        url=f"part:{place}" if "content" in piece else _text(piece, "url"),
        type=_text(piece, "type", optional=True),
        name=_text(piece, "name", optional=True),
    )


def _contents(piece: Object) -> bytes:
    try:
        return base64.b64decode(_text(piece, "content"), validate=True)
    except ValueError:
        raise Malformed("media: content is not base64") from None


def _without_contents(piece: Object) -> Object:
    """A message need not carry its files twice."""
    if not any("content" in each for each in piece.get("media") or () if isinstance(each, dict)):
        return piece
    media = [{name: value for name, value in each.items() if name != "content"} for each in piece["media"]]
    return {**piece, "media": media}


def attachment(delivery: Delivery, media: Media, account: Account) -> bytes:
    """The bytes of a file that came within a delivery. Raises ParseError when it is not there."""
    number, _, name = media.url.removeprefix("part:").partition("/")
    payload = load(delivery.body)
    for piece in payload if isinstance(payload, list) else [payload]:
        if isinstance(piece, dict) and piece.get("id") == name and number.isdecimal():
            files = fields.objects(piece, "media")
            if int(number) < len(files) and "content" in files[int(number)]:
                return _contents(files[int(number)])
    raise ParseError("not a file of this delivery")


def _refuse_repeated(piece: Object) -> None:
    for part in (piece, piece.get("author")):
        if isinstance(part, Repeated):
            raise Malformed(f"{part.key}: given twice")


def _reply(reply: Reply) -> dict[str, Any]:
    return {
        "reply_key": reply.key,
        "thread": reply.thread,
        "parent": reply.parent,
        "kind": reply.kind.value,
        "text": reply.text,
        "to": {"id": reply.to, "handle": reply.to_handle},
        "media": [_carried(file) for file in reply.files],
    }


def _carried(file: File) -> dict[str, str]:
    """A file within the reply itself, in the form in which one may come to us."""
    content = base64.b64encode(file.body).decode()
    return {"type": file.type, "name": file.name, "alt": file.alt, "content": content}
