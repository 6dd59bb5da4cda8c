"""Mastodon and servers that speak its API.

Sources under docs.joinmastodon.org: methods/notifications (min_id, limit 80), methods/statuses (Idempotency-Key,
in_reply_to_id, visibility), entities/Status, entities/Notification, api/rate-limits (300 calls in 5 minutes).
Mentions do not come by webhook. An id is one server's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import quote

import httpx

from connectors import fields, measure
from connectors.base import (
    Account,
    Author,
    Entry,
    Kind,
    Limits,
    Media,
    Page,
    Refused,
    Reply,
    SendError,
    Sent,
    TokenRevoked,
    TryLater,
    Verb,
)
from connectors.fields import Malformed, Object
from connectors.files import File, FileLimits
from connectors.http import ask, bounded, call, count, page_of, retry_after, snippet, told
from connectors.platform import Names, Platform, bearer, once, setting, token
from connectors.text import from_html

LONGEST = 500
PAGE = 80
_KINDS = ("mention", "update")
# Pictures alone: the server takes them at once, while it works on a video or a moving picture for minutes.
FILES = FileLimits(
    most=4, size=16_000_000, whole=64_000_000, types=frozenset({"image/jpeg", "image/png", "image/webp"}), alt=True
)
_LONGEST_ALT = 1500


class Mastodon(Platform):
    kind = "mastodon"
    name = "Mastodon"
    secrets: ClassVar[Names] = ("access_token",)
    settings: ClassVar[Names] = ("api_base", "max_characters")

    def limits(self, kind: Kind, account: Account) -> Limits:
        longest = setting(account, "max_characters", str(LONGEST))
        return Limits(
            int(longest) if longest.isdecimal() else LONGEST,
            unit="graphemes",
            retry_safe=True,
            retry_within=timedelta(minutes=30),  # keys are kept for an hour, and written late on a slow server
            files=FILES,
        )

    def send(self, reply: Reply, account: Account, http: httpx.Client) -> Sent:
        limits = self.limits(reply.kind, account)
        measure.check(_addressed(reply.text, reply.to_handle), limits)
        measure.check_files(reply, limits)
        return self.deliver(reply, account, http)

    def deliver(self, reply: Reply, account: Account, http: httpx.Client) -> Sent:
        """A reply is as public as what it answers, and reaches only whom it names: both are asked for first."""
        root, headers = _server(account), bearer(token(account, "access_token"))
        if not reply.parent:
            raise Refused("the reply names no post that it answers")
        parent = page_of(ask(http, f"{root}/api/v1/statuses/{quote(reply.parent)}", headers=headers, judge=_judge))
        body = _body(reply, fields.an_object_page(parent))
        if reply.files:
            body["media_ids"] = [_uploaded(file, root, headers, http) for file in reply.files]
        response = call(
            http,
            "POST",
            f"{root}/api/v1/statuses",
            json=body,
            headers={**headers, "Idempotency-Key": once(reply)},
            judge=_judge,
        )
        return Sent(told(response, "id"), url=told(response, "url"))

    def poll(self, account: Account, cursor: str, http: httpx.Client) -> Page:
        """`min_id` goes forward from the oldest unread; the first time only the latest page is taken."""
        query: dict[str, Any] = {"types[]": list(_KINDS), "limit": PAGE, **({"min_id": cursor} if cursor else {})}
        headers = bearer(token(account, "access_token"))
        url = f"{_server(account)}/api/v1/notifications"
        response = ask(http, url, params=query, headers=headers, judge=_judge)
        found = fields.a_list_page(page_of(response))
        entries = self.polled(reversed(found), account)
        left = count(response, "x-ratelimit-remaining")
        wait = _until_reset(response) if left == 0 else None
        more = bool(cursor) and len(found) >= PAGE
        names = [each.get("id") for each in found if isinstance(each, dict)]
        return Page(entries, _newest(names, cursor), more=more, wait=wait, remaining=left)

    def read_polled(self, piece: Object, account: Account) -> Iterable[Entry]:
        kind = fields.string(piece, "type")
        if kind not in _KINDS:
            return [fields.ignored(piece, f"a notification of kind {kind[:40] or 'nothing'}")]
        status = fields.mapping(piece, "status")
        entry = _status(status, account)
        return [entry] if kind == "mention" and not status.get("edited_at") else fields.seen_again(entry)


def _newest(names: list[Any], cursor: str) -> str:
    """Where to go on: numbers are compared, since one that cannot be read may stand anywhere; other servers name
    their notifications by letters too, and there the first of the page is the newest."""
    first = next((name for name in names if isinstance(name, str) and name), "")
    return first if first and not first.isdecimal() else fields.highest_number([*names, cursor]) or cursor


def _uploaded(file: File, root: str, headers: Mapping[str, str], http: httpx.Client) -> str:
    """Nobody sees a file before a post names it, so an upload whose outcome is unknown can be made again."""
    form = {"data": {"description": file.alt[:_LONGEST_ALT]}, "files": {"file": file.part}}
    response = ask(http, f"{root}/api/v2/media", method="POST", headers=headers, judge=_judge, **form)
    name = told(response, "id")
    if not name:
        raise Refused("the server took the file and did not say under which name")
    return name


def _server(account: Account) -> str:
    return setting(account, "api_base").rstrip("/")


def _status(status: Object, account: Account) -> Entry:
    name = fields.required(status, "id")
    parent = fields.string(status, "in_reply_to_id")
    author = _author(fields.mapping(status, "account"), account)
    private = fields.string(status, "visibility") == "direct"
    at = fields.iso(status, "created_at")
    warning, said = fields.string(status, "spoiler_text"), from_html(fields.string(status, "content"))
    return Entry(
        verb=Verb.CREATE,
        external_id=name,
        thread=f"direct:{author.id}" if private else f"{parent or name}:{author.id}",
        parent=parent,
        is_reply=bool(parent),
        kind=Kind.DM if private else Kind.MENTION,
        text="\n\n".join(filter(None, (warning, said))),
        author=author,
        outbound=author.is_us,
        at=at,
        version=fields.iso(status, "edited_at") or at,
        url=fields.string(status, "url") or fields.string(status, "uri"),
        language=fields.string(status, "language"),
        media=_media(status),
        raw=status,
    )


def _author(person: Object, account: Account) -> Author:
    name = fields.required(person, "id")
    return Author(
        name,
        handle=fields.string(person, "acct"),
        name=fields.string(person, "display_name"),
        avatar=fields.string(person, "avatar_static"),
        followers=fields.integer(person, "followers_count"),
        is_us=bool(account.external_id) and name == account.external_id,
    )


def _media(status: Object) -> tuple[Media, ...]:
    return tuple(
        Media(url, fields.string(each, "type"), fields.string(each, "description")[:120])
        for each in fields.objects(status, "media_attachments")
        if (url := fields.string(each, "url") or fields.string(each, "remote_url"))
    )


def _body(reply: Reply, parent: Object) -> dict[str, Any]:
    try:
        handle = fields.string(parent, "account", "acct") or reply.to_handle
        visibility = fields.string(parent, "visibility") or "unlisted"
    except Malformed as error:
        raise Refused(f"the post answered cannot be read: {error}") from None
    return {"status": _addressed(reply.text, handle), "in_reply_to_id": reply.parent, "visibility": visibility}


def _addressed(text: str, handle: str) -> str:
    """A reply notifies nobody whom its text does not mention."""
    handle = handle.removeprefix("@")
    return text if not handle or f"@{handle}".lower() in text.lower() else f"@{handle} {text}"


def _until_reset(response: httpx.Response) -> timedelta | None:
    try:
        return bounded(fields.parse_iso(response.headers["x-ratelimit-reset"]) - datetime.now(UTC))
    except (KeyError, ValueError, OverflowError):
        return None


def _judge(response: httpx.Response) -> SendError | None:
    status = response.status_code
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return TryLater(snippet(response), after=retry_after(response) or _until_reset(response), status=status)
    if status in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
        return TokenRevoked(snippet(response), code=str(status), status=status)
    return None
