"""X: posts, replies, quotes and direct messages by the X Activity API or the older Account Activity API.

Sources: docs.x.com/x-api/webhooks (CRC, signature), docs.x.com/x-api/activity (event types), both as kept in
xdevplatform/docs; docs.x.com/x-api/posts/creation-of-a-post, /x-api/direct-messages, /x-api/users/get-mentions.
Replies go out in user context by OAuth 1.0a, whose tokens do not expire.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any, ClassVar
from urllib.parse import parse_qsl, quote, urlsplit, urlunsplit

import httpx

from connectors import fields, paging, signing, x_media, x_posts
from connectors.base import (
    Account,
    Answer,
    Delivery,
    Entry,
    Kind,
    Limits,
    Media,
    Page,
    ParseError,
    Refused,
    Reply,
    SendError,
    Sent,
    SignatureError,
    TryLater,
    Verb,
)
from connectors.fields import Malformed, Object, Part
from connectors.http import ask, call, count, json_of, page_of, told, until_epoch
from connectors.jsonload import load
from connectors.media import Source, plain
from connectors.oauth import oauth1_header
from connectors.platform import Names, Platform, base, peek, setting, switched_on, token

API = "https://api.x.com"
LONGEST_POST, LONGEST_MESSAGE = 280, 10_000
SIGNATURE = "x-twitter-webhooks-signature"
RESET = "x-rate-limit-reset"
_OWN_HOSTS = (".x.com", ".twitter.com", ".twimg.com")
_CRC = re.compile(r"[A-Za-z0-9+/=_-]{16,128}")
_OLD_LISTS = ("tweet_create_events", "direct_message_events", "tweet_delete_events")
_OLD_IGNORED = ("favorite_events", "follow_events", "block_events", "mute_events", "direct_message_mark_read_events")
_PAGE = {
    "max_results": "100",
    "expansions": "author_id,attachments.media_keys",
    "tweet.fields": x_posts.FIELDS,
    "user.fields": "name,username,public_metrics,verified,profile_image_url",
    "media.fields": "url,type",
}


class X(Platform):
    kind = "x"
    name = "X"
    secrets: ClassVar[Names] = ("consumer_secret", "access_token", "access_token_secret")
    settings: ClassVar[Names] = ("consumer_key", "poll", "longest_post", "api_base")

    def handshake(self, delivery: Delivery, account: Account) -> Answer | None:
        """The challenge. It is a signing oracle, so only what looks like X's own token is ever signed:
        a body of JSON would come back with its valid signature."""
        if delivery.method != "GET" or "crc_token" not in delivery.query:
            return None
        challenge = delivery.query["crc_token"]
        if not _CRC.fullmatch(challenge):
            return Answer(400)
        secret = signing.keys(account, "consumer_secret")[0]
        body = json.dumps({"response_token": signature(secret, challenge.encode())}).encode()
        return Answer(200, body, "application/json")

    def verify(self, delivery: Delivery, account: Account) -> str:
        secrets = signing.keys(account, "consumer_secret")
        given = signing.header(delivery, SIGNATURE)
        if not signing.any_same(given, (signature(secret, delivery.body) for secret in secrets)):
            raise SignatureError("the signature does not fit")
        return _delivery_id(delivery)

    def parse(self, delivery: Delivery, account: Account) -> Iterator[Entry]:
        payload = load(delivery.body)
        return fields.each(_parts(payload), lambda part: _read(part, account))

    def limits(self, kind: Kind, account: Account) -> Limits:
        if kind is Kind.DM:
            return Limits(LONGEST_MESSAGE, files=x_media.MESSAGE)
        longest = setting(account, "longest_post", str(LONGEST_POST))
        most = int(longest) if longest.isdecimal() else LONGEST_POST
        return Limits(most, unit="x_weight", files=x_media.POST)

    def deliver(self, reply: Reply, account: Account, http: httpx.Client) -> Sent:
        if reply.kind is not Kind.DM and not reply.parent:
            raise Refused("the reply names no post that it answers")
        files = x_media.attached(reply, partial(self._upload, account, http))
        said = {"text": reply.text, **files} if reply.text else files
        if reply.kind is Kind.DM:
            path = f"/2/dm_conversations/with/{quote(reply.to or reply.thread)}/messages"
            return Sent(told(self._post(path, said, account, http), "data", "dm_event_id"))
        body = {**said, "reply": {"in_reply_to_tweet_id": reply.parent}}
        name = told(self._post("/2/tweets", body, account, http), "data", "id")
        return Sent(name, url=x_posts.permalink(name) if name else "")

    def poll(self, account: Account, cursor: str, http: httpx.Client) -> Page:
        """Mentions, for accounts that have no webhook. Each post read is paid for, so it has to be asked for."""
        if not switched_on(account, "poll"):
            return Page((), cursor)
        walk = paging.Walk.read(cursor)
        if not account.external_id:
            raise ParseError("the connection names no account id")
        url = f"{base(account, API)}/2/users/{quote(account.external_id)}/mentions"
        asked = {name: value for name, value in (("since_id", walk.seen), ("pagination_token", walk.token)) if value}
        query = {**_PAGE, **asked}
        headers = {"Authorization": _authorization("GET", url, account, query)}
        response = ask(http, url, params=query, headers=headers, judge=_judge)
        payload = fields.an_object_page(page_of(response))
        posts, around = payload.get("data"), payload.get("includes")
        pieces = ({"data": each, "includes": around} for each in (posts if isinstance(posts, list) else []))
        return _page(payload, response, walk, self.polled(pieces, account))

    def read_polled(self, piece: Object, account: Account) -> list[Entry]:
        post, includes = fields.mapping(piece, "data"), piece.get("includes")
        around = includes if isinstance(includes, dict) else {}
        return [x_posts.post(post, around, "post.mention.create", account.external_id)]

    def locate(self, media: Media, account: Account, http: httpx.Client) -> Source:
        """A picture in a direct message is shown to those who may read it: the call for it is signed as ours."""
        try:
            parts = urlsplit(media.url)
        except ValueError:
            return plain(media)
        if not media.needs_token or parts.scheme != "https" or not f".{parts.hostname}".endswith(_OWN_HOSTS):
            return plain(media)
        bare = urlunsplit(parts._replace(query="", fragment=""))
        return Source(media.url, {"Authorization": _authorization("GET", bare, account, dict(parse_qsl(parts.query)))})

    def _post(self, path: str, body: Object, account: Account, http: httpx.Client) -> httpx.Response:
        url = base(account, API) + path
        headers = {"Authorization": _authorization("POST", url, account, {})}
        return call(http, "POST", url, json=body, headers=headers, judge=_judge)

    def _upload(self, account: Account, http: httpx.Client, path: str, **request: Any) -> httpx.Response:
        """A call that nobody sees. OAuth 1.0a signs neither the parts of a form nor JSON, only the address."""
        url = base(account, API) + path
        headers = {"Authorization": _authorization("POST", url, account, {})}
        return ask(http, url, method="POST", headers=headers, judge=_judge, **request)


def signature(secret: str, body: bytes) -> str:
    return f"sha256={signing.based(secret, body)}"


def _authorization(method: str, url: str, account: Account, query: dict[str, str]) -> str:
    return oauth1_header(
        method,
        url,
        query,
        consumer=(setting(account, "consumer_key"), token(account, "consumer_secret")),
        user=(token(account, "access_token"), token(account, "access_token_secret")),
    )


def _delivery_id(delivery: Delivery) -> str:
    try:
        data = fields.mapping(peek(delivery), "data")
        name = fields.string(data, "event_uuid")
        return f"{fields.string(data, 'event_type')}:{name}" if name else ""
    except Malformed:
        return ""


def _parts(payload: object) -> Iterable[object]:
    """The new API sends one event, the old one lists of several kinds."""
    if not isinstance(payload, dict):
        raise ParseError("not an object")
    if "data" in payload:
        data = payload["data"]
        return data if isinstance(data, list) else [data]
    parts = [
        Part(each, name, str(payload.get("for_user_id", "")), around=payload)
        for name in _OLD_LISTS
        if isinstance(payload.get(name), list)
        for each in payload[name]
    ]
    return parts or [Part(payload, "other", around=payload)]


def _read(part: Any, account: Account) -> Iterable[Entry]:
    if isinstance(part, Part):
        fields.an_object(part.value)
        return _read_old(part, account)
    event = fields.an_object(part)
    kind, payload = fields.string(event, "event_type"), fields.mapping(event, "payload")
    ours = fields.string(event, "filter", "user_id") or account.external_id
    if kind.startswith("post.") and kind.endswith("create"):
        return [x_posts.post(payload, _includes(event, payload), kind, ours)]
    if kind == "post.delete":
        return [Entry(Verb.DELETE, fields.required(payload, "id"), account=ours, raw=payload)]
    if kind in {"dm.received", "dm.sent"}:
        people = fields.mapping(payload, "users")
        messages = fields.listing(payload, "direct_message_events")
        return fields.each(messages, lambda each: [x_posts.message(fields.an_object(each), people, ours)])
    if kind == "oauth.revoke":
        return [Entry(Verb.REVOKED, reason="the account withdrew our access", raw=event)]
    return [fields.ignored(event, f"an event of kind {kind[:60] or 'nothing'}")]


def _includes(event: Object, payload: Object) -> Object:
    return fields.mapping(event, "includes") or fields.mapping(payload, "includes")


def _read_old(part: Part, account: Account) -> Iterable[Entry]:
    ours = part.account or account.external_id
    if part.field == "tweet_create_events":
        return [x_posts.old_post(part.value, ours)]
    if part.field == "direct_message_events":
        return [x_posts.message(part.value, fields.mapping(part.around, "users"), ours)]
    if part.field == "tweet_delete_events":
        at = fields.millis(part.value, "timestamp_ms")
        return [Entry(Verb.DELETE, fields.required(part.value, "status", "id"), at=at, version=at, raw=part.value)]
    if fields.mapping(part.value, "user_event", "revoke"):
        return [Entry(Verb.REVOKED, reason="the account withdrew our access", raw=part.value)]
    kinds = ", ".join(name for name in part.value if name not in {"for_user_id", "users", "apps"})
    return [fields.ignored(part.value, f"an event of kind {kinds[:100] or 'nothing'}")]


def _page(payload: Object, response: httpx.Response, walk: paging.Walk, entries: list[Entry]) -> Page:
    meta = payload.get("meta")
    meta = meta if isinstance(meta, dict) else {}
    step = walk.step(str(meta.get("newest_id") or ""), str(meta.get("next_token") or ""))
    wait = until_epoch(response, RESET) if count(response, "x-rate-limit-remaining") == 0 else None
    return step.page(entries, wait=wait, remaining=count(response, "x-rate-limit-remaining"))


def _judge(response: httpx.Response) -> SendError | None:
    status = response.status_code
    if status == httpx.codes.TOO_MANY_REQUESTS:
        after = until_epoch(response, RESET)
        return TryLater("too many calls", after=after or timedelta(minutes=15), status=status)
    answer = json_of(response)
    if status == httpx.codes.FORBIDDEN:
        reason = str(answer.get("detail") or answer.get("title") or "forbidden")[:300]
        return Refused(reason, code="duplicate" if "duplicate" in reason.lower() else "", status=status)
    return None
