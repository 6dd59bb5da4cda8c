"""Discord: events and interactions by webhook, the messages of channels by asking.

Sources: docs.discord.com/developers/events/webhook-events and /interactions/receiving-and-responding
(Ed25519, PING), /resources/message (Get Channel Messages, Create Message, nonce), /topics/rate-limits.
Ordinary messages do not come by webhook. Asking for what came after a message finds neither edits nor deletions.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, ClassVar
from urllib.parse import quote

import httpx
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

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
    Page,
    Refused,
    Reply,
    SendError,
    Sent,
    SignatureError,
    TryLater,
    Verb,
)
from connectors.fields import Object
from connectors.http import ask, bounded, call, count, json_of, page_of, told
from connectors.platform import Names, Platform, base, once, peek, token

API = "https://discord.com/api/v10"
LONGEST = 2000
PAGE = 100
SIGNATURE, TIMESTAMP = "x-signature-ed25519", "x-signature-timestamp"
_PING_EVENT, _PING_INTERACTION = 0, 1
_SPOKEN = frozenset({0, 19, 20, 21})  # default, reply, chat input command, thread starter


class Discord(Platform):
    kind = "discord"
    name = "Discord"
    secrets: ClassVar[Names] = ("public_key", "bot_token")
    settings: ClassVar[Names] = ("channels", "api_base")

    def handshake(self, delivery: Delivery, account: Account) -> Answer | None:
        """Discord's PING. It probes with bad signatures too, and drops an address that accepts one."""
        if delivery.method != "POST" or b'"type"' not in delivery.body:
            return None
        payload = peek(delivery)
        if "event" in payload or "data" in payload or payload.get("type") not in {0, 1}:
            return None
        self.verify(delivery, account)
        if payload["type"] == _PING_INTERACTION and "version" in payload and "token" in payload:
            return Answer(200, b'{"type":1}', "application/json")
        return Answer(204)

    def verify(self, delivery: Delivery, account: Account) -> str:
        keys = [_key(value) for value in signing.keys(account, "public_key")]
        given, stamp = signing.header(delivery, SIGNATURE), signing.header(delivery, TIMESTAMP)
        signing.fresh(stamp, delivery)
        if not any(_signed(key, given, stamp.encode() + delivery.body) for key in keys):
            raise SignatureError("the signature does not fit")
        return ""

    def accepted(self) -> Answer:
        return Answer(204)

    def read(self, piece: Object, delivery: Delivery, account: Account) -> Iterator[Entry]:
        event = fields.mapping(piece, "event")
        kind = fields.string(event, "type") or fields.string(piece, "type")
        if kind.endswith("MESSAGE_CREATE"):
            yield _message(fields.mapping(event, "data") or fields.mapping(piece, "data"), account)
        else:
            yield fields.ignored(piece, f"an event of kind {kind[:60] or 'nothing'}")

    def limits(self, kind: Kind, account: Account) -> Limits:
        return Limits(LONGEST, retry_safe=True, retry_within=timedelta(minutes=2))

    def deliver(self, reply: Reply, account: Account, http: httpx.Client) -> Sent:
        channel, _, name = (reply.parent or reply.thread).partition(":")
        if not channel:
            raise Refused("the reply names no channel")
        body: dict[str, Any] = {
            "content": reply.text,
            "nonce": once(reply)[:25],
            "enforce_nonce": True,
            "allowed_mentions": {"parse": []},
        }
        if name:
            body["message_reference"] = {"message_id": name, "fail_if_not_exists": False}
        url = f"{base(account, API)}/channels/{quote(channel)}/messages"
        response = call(http, "POST", url, json=body, headers=_headers(account), judge=_judge)
        sent = told(response, "id")
        return Sent(external_id=f"{channel}:{sent}" if sent else "")

    def poll(self, account: Account, cursor: str, http: httpx.Client) -> Page:
        """One page of each channel; the cursor holds the last message of every one."""
        places = _places(cursor)
        entries: list[Entry] = []
        more, left = False, None
        for channel in _channels(account):
            response = ask(
                http,
                f"{base(account, API)}/channels/{quote(channel)}/messages",
                params={"limit": str(PAGE), **({"after": places[channel]} if channel in places else {})},
                headers=_headers(account),
                judge=_judge,
            )
            found = fields.a_list_page(page_of(response))
            entries += fields.each(reversed(found), lambda each: [_message(fields.an_object(each), account)])
            more = more or (len(found) == PAGE and channel in places)
            places[channel] = _highest(found, places.get(channel, "0"))
            left = count(response, "x-ratelimit-remaining")
        return Page(entries, json.dumps(places), more=more, remaining=left)


def _key(value: str) -> Ed25519PublicKey:
    try:
        return Ed25519PublicKey.from_public_bytes(bytes.fromhex(value))
    except ValueError:
        raise NotConfigured("the public key is not 64 hexadecimal digits") from None


def _signed(key: Ed25519PublicKey, given: str, message: bytes) -> bool:
    try:
        key.verify(bytes.fromhex(given), message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _headers(account: Account) -> dict[str, str]:
    return {"Authorization": f"Bot {token(account, 'bot_token')}"}


def _channels(account: Account) -> list[str]:
    """None named: nothing is asked for, and only webhooks come."""
    return [name.strip() for name in account.settings.get("channels", "").split(",") if name.strip()]


def _places(cursor: str) -> dict[str, str]:
    try:
        stored = json.loads(cursor) if cursor else {}
    except ValueError:
        return {}
    return {str(name): str(value) for name, value in stored.items()} if isinstance(stored, dict) else {}


def _highest(found: list[Any], known: str) -> str:
    """Snowflakes are numbers of up to 20 digits: compare them as such, keep them as texts."""
    names = [each.get("id") for each in found if isinstance(each, dict)]
    numbers = [int(name) for name in names if isinstance(name, str) and name.isdecimal()]
    return str(max([*numbers, int(known) if known.isdecimal() else 0]))


def _message(message: Object, account: Account) -> Entry:
    if fields.integer(message, "type") not in {None, *_SPOKEN}:
        return fields.ignored(message, "a message of the system")
    channel, name = fields.required(message, "channel_id"), fields.required(message, "id")
    quoted = fields.string(message, "message_reference", "message_id")
    author = _author(message, account)
    at = fields.iso(message, "timestamp")
    mentioned = any(each.get("id") == account.external_id for each in fields.objects(message, "mentions"))
    guild = fields.string(message, "guild_id") or "@me"
    return Entry(
        verb=Verb.CREATE,
        external_id=f"{channel}:{name}",
        thread=f"{channel}:{quoted or name}",
        parent=f"{channel}:{quoted}" if quoted else "",
        is_reply=bool(quoted),
        kind=Kind.MENTION if mentioned else Kind.MESSAGE,
        text=fields.string(message, "content"),
        author=author,
        outbound=author.is_us,
        at=at,
        version=fields.iso(message, "edited_timestamp") or at,
        url=f"https://discord.com/channels/{guild}/{channel}/{name}" if "guild_id" in message else "",
        media=_media(message),
        raw=message,
    )


def _author(message: Object, account: Account) -> Author:
    person = fields.mapping(message, "author")
    name = fields.required(person, "id")
    return Author(
        name,
        handle=fields.string(person, "username"),
        name=fields.string(person, "global_name"),
        is_us=bool(account.external_id) and name == account.external_id,
    )


def _media(message: Object) -> tuple[Media, ...]:
    return tuple(
        Media(url, fields.string(each, "content_type"), fields.string(each, "filename"))
        for each in fields.objects(message, "attachments")
        if (url := fields.string(each, "url"))
    )


def _judge(response: httpx.Response) -> SendError | None:
    answer = json_of(response)
    if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
        pause = answer.get("retry_after")
        after = bounded(timedelta(seconds=float(pause))) if isinstance(pause, int | float) else None
        return TryLater("too many calls", after=after, status=429) if after else None
    if response.is_client_error and isinstance(answer.get("code"), int) and response.status_code != 401:
        reason = str(answer.get("message", ""))[:300]
        later = answer["code"] == 130000  # "API resource is currently overloaded"
        return (TryLater if later else Refused)(reason, code=str(answer["code"]), status=response.status_code)
    return None
