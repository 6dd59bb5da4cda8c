"""Discord: events and interactions by webhook, the messages of channels by asking.

Sources: docs.discord.com/developers/events/webhook-events and /interactions/receiving-and-responding
(Ed25519, PING), /resources/message (Get Channel Messages, Create Message, nonce), /topics/rate-limits.
Ordinary messages do not come by webhook. Asking for what came after a message finds neither edits nor deletions, so
the newest page of each channel is looked at as a whole and compared with what it was.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, ClassVar
from urllib.parse import quote

import httpx
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from connectors import discord_places, fields, signing
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
from connectors.discord_places import Place
from connectors.fields import Object
from connectors.files import File, FileLimits
from connectors.http import ask, bounded, call, count, json_of, page_of, retry_after_of, told
from connectors.platform import Names, Platform, base, once, peek, token

API = "https://discord.com/api/v10"
LONGEST = 2000
PAGE = 100
FILES = FileLimits(most=10, size=10_000_000, whole=25_000_000, alt=True)  # the limit of a server without boosts
_LONGEST_ALT = 1024
SIGNATURE, TIMESTAMP = "x-signature-ed25519", "x-signature-timestamp"
_PING_EVENT, _PING_INTERACTION = 0, 1
_SPOKEN = frozenset({0, 19, 20, 21})  # default, reply, chat input command, thread starter


@dataclass(frozen=True, slots=True)
class Budget:
    """What the headers of an answer say about the calls to come."""

    left: int | None = None
    wait: timedelta | None = None  # when none are left: until there are more


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
        if payload["type"] == _PING_INTERACTION:
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
        read = next((how for end, how in _EVENTS.items() if kind.endswith(end)), None)
        if read:
            yield read(fields.mapping(event, "data") or fields.mapping(piece, "data"), account)
        else:
            yield fields.ignored(piece, f"an event of kind {kind[:60] or 'nothing'}")

    def limits(self, kind: Kind, account: Account) -> Limits:
        return Limits(LONGEST, retry_safe=True, retry_within=timedelta(minutes=2), files=FILES)

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
        response = call(http, "POST", url, headers=_headers(account), judge=_judge, **_request(body, reply.files))
        sent = told(response, "id")
        return Sent(external_id=f"{channel}:{sent}" if sent else "")

    def poll(self, account: Account, cursor: str, http: httpx.Client) -> Page:
        """The newest page of each channel, or the next one of what an outage left behind it."""
        places = discord_places.places(cursor, _channels(account))
        entries: list[Entry] = []
        budgets, closed = [Budget()], []
        for channel, place in places.items():
            try:
                places[channel], told, budget = self._look(channel, place, account, http)
                entries += told
                budgets.append(budget)
            except Refused as error:  # a channel that is closed to us costs the others nothing
                closed.append(f"channel {channel}: {error.reason}")
                places[channel] = replace(place, behind=False)
        stored = json.dumps({channel: place.write() for channel, place in places.items()})
        more = any(place.behind for place in places.values())
        wait = max((budget.wait for budget in budgets if budget.wait), default=None)
        return Page(entries, stored, more, wait, remaining=budgets[-1].left, trouble="; ".join(closed))

    def read_polled(self, piece: Object, account: Account) -> list[Entry]:
        entry = _message(piece, account)
        return fields.seen_again(entry) if fields.string(piece, "edited_timestamp") else [entry]

    def _look(
        self, channel: str, place: Place, account: Account, http: httpx.Client
    ) -> tuple[Place, list[Entry], Budget]:
        """How far a channel has been read now, what was found there, and the calls left."""
        entries: list[Entry] = []
        budget = Budget()
        if not place.behind:
            found, budget = self._page(channel, {}, account, http)
            place, told, gone = _look(channel, place, found)
            entries += [*self.polled(told, account), *gone]
        if place.behind:
            found, budget = self._page(channel, {"after": place.highest}, account, http)
            entries += self.polled(found, account)
            place = place.catching_up(found, more=len(found) == PAGE)
        return place, entries, budget

    def _page(
        self, channel: str, query: dict[str, str], account: Account, http: httpx.Client
    ) -> tuple[list[Any], Budget]:
        """Messages of a channel, oldest first, and the calls left."""
        url = f"{base(account, API)}/channels/{quote(channel)}/messages"
        response = ask(http, url, params={"limit": str(PAGE), **query}, headers=_headers(account), judge=_judge)
        return fields.a_list_page(page_of(response))[::-1], _budget(response)


def _budget(response: httpx.Response) -> Budget:
    left = count(response, "x-ratelimit-remaining")
    after = retry_after_of(response.headers.get("x-ratelimit-reset-after", ""))
    return Budget(left, after if left == 0 else None)


def _request(body: dict[str, Any], files: Sequence[File]) -> dict[str, Any]:
    """Files go beside the message in one form ("Uploading Files" in Discord's reference)."""
    if not files:
        return {"json": body}
    named = [
        {"id": number, "filename": file.name, "description": file.alt[:_LONGEST_ALT]}
        for number, file in enumerate(files)
    ]
    parts = {f"files[{number}]": file.part for number, file in enumerate(files)}
    return {"data": {"payload_json": json.dumps({**body, "attachments": named})}, "files": parts}


def _look(channel: str, place: Place, found: list[Any]) -> tuple[Place, list[Any], list[Entry]]:
    """What of the newest page is new or edited, and what is gone from it. When the page does not reach back to what
    was read, it is left for later."""
    whole = len(found) < PAGE
    if place.highest and not whole and all(place.is_new(each) for each in found):
        return replace(place, behind=True), [], []
    told = [each for each in found if place.is_new(each) or place.is_edited(each)]
    gone = [
        Entry(Verb.DELETE, external_id=f"{channel}:{name}", raw={"id": name, "channel_id": channel})
        for name in place.gone(found, whole=whole)
    ]
    return place.after(found), told, gone


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


def _edit(message: Object, account: Account) -> Entry:
    """A message that was written anew. Discord also says so when it only adds a preview of a link."""
    if not fields.string(message, "edited_timestamp"):
        return fields.ignored(message, "an update that is no edit")
    entry = _message(message, account)
    return replace(entry, verb=Verb.EDIT, version=fields.after(entry.version)) if entry.verb is Verb.CREATE else entry


def _deletion(message: Object, account: Account) -> Entry:
    name = f"{fields.required(message, 'channel_id')}:{fields.required(message, 'id')}"
    return Entry(Verb.DELETE, external_id=name, raw=message)


_EVENTS = {"MESSAGE_CREATE": _message, "MESSAGE_UPDATE": _edit, "MESSAGE_DELETE": _deletion}


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
