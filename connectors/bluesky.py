"""Bluesky, and other servers of the AT Protocol.

Sources: the lexicons app.bsky.notification.listNotifications, app.bsky.feed.post, com.atproto.repo.getRecord,
com.atproto.repo.putRecord, com.atproto.repo.uploadBlob, app.bsky.embed.images (four of 2 MB),
com.atproto.server.createSession in bluesky-social/atproto;
docs.bsky.app/docs/advanced-guides (rate-limits, posts with facets in UTF-8 bytes); atproto.com/specs/tid.
Times that a client wrote are not trusted: `indexedAt` is the server's.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import httpx
from PIL import Image

from connectors import fields, measure, oauth, paging, signing
from connectors.base import (
    Account,
    Author,
    Entry,
    Kind,
    Limits,
    Media,
    OutcomeUnknown,
    Page,
    Refused,
    Reply,
    SendError,
    Sent,
    TooLong,
    TryLater,
    Verb,
)
from connectors.fields import Malformed, Object
from connectors.files import PICTURES, File, FileLimits
from connectors.http import ask, call, count, json_of, page_of, snippet, told, until_epoch
from connectors.platform import Names, Platform, base, bearer, once, setting, token

PDS = "https://bsky.social"
LONGEST, LONGEST_BYTES = 300, 3000
SESSION = 3600.0
FILES = FileLimits(most=4, size=2_000_000, whole=8_000_000, types=PICTURES, alt=True)
_KINDS = {"mention": Kind.MENTION, "quote": Kind.MENTION, "reply": Kind.COMMENT}
_LETTERS = "234567abcdefghijklmnopqrstuvwxyz"
_LINK = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)]")
_ENDED = frozenset({"AuthenticationRequired", "AccountTakedown", "InvalidToken", "AuthMissing"})


class Bluesky(Platform):
    kind = "bluesky"
    name = "Bluesky"
    secrets: ClassVar[Names] = ("app_password",)
    settings: ClassVar[Names] = ("identifier", "api_base")

    def limits(self, kind: Kind, account: Account) -> Limits:
        return Limits(LONGEST, unit="graphemes", retry_safe=True, files=FILES)

    def deliver(self, reply: Reply, account: Account, http: httpx.Client) -> Sent:
        if measure.length(reply.text, "bytes") > LONGEST_BYTES:
            raise TooLong(f"more than {LONGEST_BYTES} bytes")
        parent = _parent(reply, account, http)
        body = {
            "repo": setting(account, "identifier"),
            "collection": "app.bsky.feed.post",
            "rkey": record_key(once(reply)),  # the same for each try, so that a second one only replaces the first
            "record": {**_record(reply.text, parent), **_embedded(reply.files, account, http)},
        }
        response = _call("POST", "com.atproto.repo.putRecord", account, http, json=body)
        return Sent(told(response, "uri"))

    def poll(self, account: Account, cursor: str, http: httpx.Client) -> Page:
        walk = paging.Walk.read(cursor)
        query = {"limit": 100, "reasons": list(_KINDS), **({"cursor": walk.token} if walk.token else {})}
        method = "app.bsky.notification.listNotifications"
        response = _call("GET", method, account, http, params=query)
        page = fields.an_object_page(page_of(response))
        found = page.get("notifications")
        fresh, newest, met = walk.fresh(found if isinstance(found, list) else [], _indexed)
        entries = self.polled(fresh, account)
        token_ = page.get("cursor")
        step = walk.step(newest, token_ if isinstance(token_, str) and found else "", met=met)
        left = count(response, "ratelimit-remaining")
        return step.page(entries, wait=until_epoch(response, "ratelimit-reset") if left == 0 else None, remaining=left)

    def read_polled(self, piece: Object, account: Account) -> list[Entry]:
        return [_entry(piece, account)]


def record_key(key: str) -> str:
    """A valid TID made from our key: 13 sortable letters for a microsecond between 2023 and 2026."""
    number = int.from_bytes(hashlib.sha256(key.encode()).digest()[:12], "big")
    micros = 1_672_531_200_000_000 + number % 94_608_000_000_000
    value = (micros << 10) | (number >> 60 & 1023)
    return "".join(_LETTERS[value >> shift & 31] for shift in range(60, -1, -5))


def _session(account: Account, http: httpx.Client) -> tuple[str, str]:
    """The name of our session among the kept tokens, and its token; servers count new sessions strictly."""
    who, password = setting(account, "identifier"), token(account, "app_password")
    url = f"{base(account, PDS)}/xrpc/com.atproto.server.createSession"
    name = signing.fingerprint(url, who, password)

    def begin() -> tuple[str, float]:
        login = {"identifier": who, "password": password}
        access = told(ask(http, url, method="POST", json=login, judge=_judge), "accessJwt")
        if not access:
            raise TryLater("the server gave no session")
        return access, SESSION

    return name, oauth.kept(name, begin)


def _call(
    method: str,
    name: str,
    account: Account,
    http: httpx.Client,
    headers: Mapping[str, str] | None = None,
    **request: Any,
) -> httpx.Response:
    session, access = _session(account, http)
    url, shown = f"{base(account, PDS)}/xrpc/{name}", {**bearer(access), **(headers or {})}

    def judge(response: httpx.Response) -> SendError | None:
        if not response.is_success and json_of(response).get("error") == "ExpiredToken":
            oauth.forget(session)
            return TryLater("the session has ended", after=timedelta(0), code="ExpiredToken")
        return _judge(response)

    if method == "GET":
        return ask(http, url, headers=shown, judge=judge, **request)
    return call(http, method, url, headers=shown, judge=judge, **request)


def _judge(response: httpx.Response) -> SendError | None:
    if response.is_success:
        return None
    code, status = str(json_of(response).get("error", "")), response.status_code
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return TryLater(snippet(response), after=until_epoch(response, "ratelimit-reset"), code=code, status=status)
    if code in _ENDED or status == httpx.codes.UNAUTHORIZED:
        return oauth.ended(response, snippet(response), code=code)
    return None


def _indexed(notification: Any) -> str:
    found = notification.get("indexedAt") if isinstance(notification, dict) else ""
    return found if isinstance(found, str) else ""


def _entry(notification: Object, account: Account) -> Entry:
    kind = fields.string(notification, "reason")
    if kind not in _KINDS:
        return fields.ignored(notification, f"a notification of kind {kind[:40] or 'nothing'}")
    name, record = fields.required(notification, "uri"), fields.mapping(notification, "record")
    author = _author(fields.mapping(notification, "author"), account)
    root = fields.string(record, "reply", "root", "uri")
    parent = fields.string(record, "reply", "parent", "uri")
    at = fields.iso(notification, "indexedAt")
    languages = [each for each in fields.listing(record, "langs") if isinstance(each, str)]
    return Entry(
        verb=Verb.CREATE,
        external_id=name,
        thread=f"{root or name}|{author.id}",
        parent=parent,
        is_reply=bool(parent),
        kind=_KINDS[kind],
        text=fields.string(record, "text"),
        author=author,
        outbound=author.is_us,
        at=at,
        version=at,
        url=f"https://bsky.app/profile/{author.id}/post/{name.rpartition('/')[2]}",
        language=languages[0] if languages else "",
        media=_media(record, author.id),
        raw=notification,
    )


def _author(person: Object, account: Account) -> Author:
    name = fields.required(person, "did")
    return Author(
        name,
        handle=fields.string(person, "handle"),
        name=fields.string(person, "displayName"),
        avatar=fields.string(person, "avatar"),
        is_us=bool(account.external_id) and name == account.external_id,
    )


def _media(record: Object, did: str) -> tuple[Media, ...]:
    """Pictures by the address of Bluesky's own image server; the record holds only their content ids."""
    return tuple(
        Media(f"https://cdn.bsky.app/img/feed_fullsize/plain/{did}/{link}@jpeg", "image/jpeg")
        for each in fields.objects(fields.mapping(record, "embed"), "images")
        if (link := fields.string(each, "image", "ref", "$link"))
    )


def _parent(reply: Reply, account: Account, http: httpx.Client) -> dict[str, Any]:
    """The strong references that a reply must carry: of what it answers, and of where that conversation began."""
    parts = reply.parent.removeprefix("at://").split("/")
    if not reply.parent.startswith("at://") or len(parts) != 3:
        raise Refused("the reply names no post that it answers")
    query = dict(zip(("repo", "collection", "rkey"), parts, strict=True))
    found = json_of(_call("GET", "com.atproto.repo.getRecord", account, http, params=query))
    try:
        parent = {"uri": fields.required(found, "uri"), "cid": fields.required(found, "cid")}
        root = fields.mapping(found, "value", "reply", "root")
        return {"root": dict(root) or parent, "parent": parent}
    except Malformed as error:
        raise Refused(f"the post answered cannot be read: {error}") from None


def _record(text: str, parent: dict[str, Any]) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    record = {"$type": "app.bsky.feed.post", "text": text, "createdAt": now, "reply": parent}
    facets = [_facet(text, found) for found in _LINK.finditer(text)]
    return {**record, "facets": facets} if facets else record


def _embedded(files: Sequence[File], account: Account, http: httpx.Client) -> dict[str, Any]:
    """The pictures of a post, put up first: what no post names the server forgets."""
    images = [{"image": _uploaded(file, account, http), "alt": file.alt, **_shape(file)} for file in files]
    return {"embed": {"$type": "app.bsky.embed.images", "images": images}} if images else {}


def _uploaded(file: File, account: Account, http: httpx.Client) -> Object:
    headers = {"content-type": file.type}
    try:
        answer = _call("POST", "com.atproto.repo.uploadBlob", account, http, content=file.body, headers=headers)
    except OutcomeUnknown as error:
        raise TryLater(error.reason, code=error.code, status=error.status) from error
    blob = json_of(answer).get("blob")
    if not isinstance(blob, dict):
        raise Refused("the server took the picture and did not say under which name")
    return blob


def _shape(file: File) -> Object:
    """How wide and high it is: without that, readers cut a picture to a shape of their own."""
    try:
        with Image.open(file.path) as picture:
            width, height = picture.size
    except OSError:
        return {}
    return {"aspectRatio": {"width": width, "height": height}}


def _facet(text: str, found: re.Match[str]) -> dict[str, Any]:
    """A link is a link only where a facet says so, counted in bytes."""
    start = len(text[: found.start()].encode())
    return {
        "index": {"byteStart": start, "byteEnd": start + len(found[0].encode())},
        "features": [{"$type": "app.bsky.richtext.facet#link", "uri": found[0]}],
    }
