"""Slack workspaces: messages and mentions by the Events API, replies by chat.postMessage.

Sources: docs.slack.dev/authentication/verifying-requests-from-slack (signature, five minutes),
docs.slack.dev/apis/events-api (envelope, retries, url_verification), docs.slack.dev/reference/events/message
(subtypes), docs.slack.dev/reference/methods/chat.postMessage (errors come with HTTP 200).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import ClassVar
from urllib.parse import urlsplit

import httpx

from connectors import fields, signing, slack_files
from connectors.base import (
    Account,
    Answer,
    Author,
    Delivery,
    Entry,
    Kind,
    Limits,
    Media,
    OutcomeUnknown,
    Refused,
    Reply,
    SendError,
    Sent,
    SignatureError,
    TokenRevoked,
    TooLong,
    TryLater,
    Verb,
)
from connectors.fields import Malformed, Object
from connectors.http import call, json_of, retry_after, told
from connectors.media import Source
from connectors.platform import Names, Platform, base, bearer, peek, token

API = "https://slack.com/api"
LONGEST = 4000
SIGNATURE, TIMESTAMP = "x-slack-signature", "x-slack-request-timestamp"
_SAID = frozenset({"", "file_share", "thread_broadcast", "me_message", "bot_message"})
_FORM = "application/x-www-form-urlencoded"
_REVOKED = frozenset(
    {"invalid_auth", "account_inactive", "token_revoked", "token_expired", "not_authed", "no_permission"}
)
_LATER = frozenset({"ratelimited", "rate_limited", "service_unavailable"})
_UNSURE = frozenset({"internal_error", "fatal_error", "request_timeout"})
_LINK = re.compile(r"<([@#!]?)([^<>|]+)(?:\|([^<>]*))?>")


class Slack(Platform):
    kind = "slack"
    name = "Slack"
    secrets: ClassVar[Names] = ("signing_secret", "bot_token")
    settings: ClassVar[Names] = ("api_base",)

    def handshake(self, delivery: Delivery, account: Account) -> Answer | None:
        if delivery.method != "POST" or b'"url_verification"' not in delivery.body:
            return None
        self.verify(delivery, account)
        payload = peek(delivery)
        if payload.get("type") != "url_verification":
            return None
        return Answer(body=str(payload.get("challenge", "")).encode())

    def verify(self, delivery: Delivery, account: Account) -> str:
        secrets = signing.keys(account, "signing_secret")
        given, stamp = signing.header(delivery, SIGNATURE), signing.header(delivery, TIMESTAMP)
        signing.fresh(stamp, delivery)
        if not signing.any_same(given, (signature(secret, stamp, delivery.body) for secret in secrets)):
            raise SignatureError("the signature does not fit")
        name = peek(delivery).get("event_id")
        return name if isinstance(name, str) else ""

    def parse(self, delivery: Delivery, account: Account) -> Iterator[Entry]:
        if delivery.headers.get("content-type", "").startswith(_FORM):
            return iter([fields.ignored({"body": len(delivery.body)}, "a command or a button")])
        return super().parse(delivery, account)

    def read(self, piece: Object, delivery: Delivery, account: Account) -> Iterator[Entry]:
        event = fields.mapping(piece, "event")
        kind = fields.string(event, "type")
        reader = _READERS.get(kind)
        if fields.string(piece, "type") != "event_callback" or reader is None:
            kind = kind or fields.string(piece, "type") or fields.string(piece, "command")
            yield fields.ignored(piece, f"an event of kind {kind[:60] or 'nothing'}")
        else:
            yield reader(event, piece, account)

    def limits(self, kind: Kind, account: Account) -> Limits:
        return Limits(LONGEST, files=slack_files.LIMITS)

    def deliver(self, reply: Reply, account: Account, http: httpx.Client) -> Sent:
        channel, _, stamp = reply.thread.partition(":")
        root, headers = base(account, API), bearer(token(account, "bot_token"))
        if reply.files:
            place = {"channel_id": channel or reply.to, "thread_ts": stamp, "initial_comment": escaped(reply.text)}
            asked = {name: value for name, value in place.items() if value}
            slack_files.send(reply, asked, root, headers, _judge, http)
            return Sent()  # the message's name comes with its event
        body = {"channel": channel or reply.to, "text": escaped(reply.text), "unfurl_links": False}
        if stamp:
            body["thread_ts"] = stamp
        response = call(http, "POST", f"{root}/chat.postMessage", json=body, headers=headers, judge=_judge)
        number = told(response, "ts")
        return Sent(external_id=f"{told(response, 'channel')}:{number}" if number else "")

    def locate(self, media: Media, account: Account, http: httpx.Client) -> Source:
        """Somebody may share a file that lies elsewhere, by an address of their own: our token is for Slack alone."""
        home, host = (_host(url) for url in (base(account, API), media.url))
        if not media.needs_token or not f".{host}".endswith(f".{home}"):
            return Source(media.url)
        return Source(media.url, bearer(token(account, "bot_token")))


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def signature(secret: str, stamp: str, body: bytes) -> str:
    return f"v0={signing.hexed(secret, b'v0:' + stamp.encode() + b':' + body)}"


def _message(event: Object, piece: Object, account: Account) -> Entry:
    subtype = fields.string(event, "subtype")
    if subtype == "message_changed":
        return _edit(event, piece, account)
    if subtype == "message_deleted":
        stamp = fields.required(event, "deleted_ts")
        name = f"{fields.required(event, 'channel')}:{stamp}"
        return Entry(Verb.DELETE, name, version=_moment(event, "event_ts"), raw=piece)
    if subtype not in _SAID:
        return fields.ignored(piece, f"a message of kind {subtype[:60]}")
    return _said(Verb.CREATE, event, event, piece, account)


def _edit(event: Object, piece: Object, account: Account) -> Entry:
    new = fields.mapping(event, "message")
    if not fields.mapping(new, "edited"):
        return fields.ignored(piece, "a preview was added to a message")
    return _said(Verb.EDIT, new, event, piece, account)


def _mention(event: Object, piece: Object, account: Account) -> Entry:
    return _said(Verb.CREATE, event, event, piece, account)


def _said(verb: Verb, message: Object, event: Object, piece: Object, account: Account) -> Entry:
    channel, stamp = fields.required(event, "channel"), fields.required(message, "ts")
    root = fields.string(message, "thread_ts") or stamp
    private = fields.string(event, "channel_type") == "im"
    author = _author(message, piece, account)
    version = _moment(message, "ts") if verb is Verb.CREATE else _moment(event, "event_ts")
    return Entry(
        verb=verb,
        external_id=f"{channel}:{stamp}",
        thread=channel if private and root == stamp else f"{channel}:{root}",
        parent="" if root == stamp else f"{channel}:{root}",
        is_reply=root != stamp,
        kind=_kind(event, private=private),
        text=plain(fields.string(message, "text")),
        author=author,
        outbound=author.is_us,
        at=_moment(message, "ts"),
        version=version,
        media=_media(message),
        raw=piece,
    )


def _kind(event: Object, *, private: bool) -> Kind:
    if private:
        return Kind.DM
    return Kind.MENTION if fields.string(event, "type") == "app_mention" else Kind.MESSAGE


def _author(message: Object, piece: Object, account: Account) -> Author:
    """A person, or a bot: ours when it is our app's or bears the id of our connection."""
    person, bot = fields.string(message, "user"), fields.string(message, "bot_id")
    app = fields.string(message, "bot_profile", "app_id") or fields.string(message, "app_id")
    ours = bool(app) and app == fields.string(piece, "api_app_id")
    if not (person or bot):
        raise Malformed("user: missing")
    profile = fields.mapping(message, "user_profile")
    return Author(
        person or bot,
        handle=fields.string(message, "username") or fields.string(profile, "name"),
        name=fields.string(profile, "real_name") or fields.string(message, "bot_profile", "name"),
        is_us=ours or (bool(account.external_id) and account.external_id in {person, bot}),
    )


def _reaction(event: Object, piece: Object, account: Account) -> Entry:
    item = fields.mapping(event, "item")
    if fields.string(item, "type") != "message" or not fields.string(item, "channel"):
        return fields.ignored(piece, "a reaction to something else than a message")
    return Entry(
        Verb.REACTION,
        external_id=f"{fields.required(item, 'channel')}:{fields.required(item, 'ts')}",
        author=Author(fields.required(event, "user")),
        at=_moment(event, "event_ts"),
        reaction=fields.string(event, "reaction") if fields.string(event, "type") == "reaction_added" else "",
        raw=piece,
    )


def _revoked(event: Object, piece: Object, account: Account) -> Entry:
    return Entry(Verb.REVOKED, reason=fields.string(event, "type").replace("_", " "), raw=piece)


def _moment(piece: Object, name: str) -> datetime | None:
    """Slack's `ts` is a text that names a message; only for ordering is it read as a number."""
    seconds, _, micros = fields.string(piece, name).partition(".")
    if not seconds:
        return None
    if not (seconds.isdecimal() and len(seconds) <= 11 and (not micros or micros.isdecimal())):
        raise Malformed(f"{name}: not a time")
    return datetime.fromtimestamp(int(seconds), UTC).replace(microsecond=int(f"{micros:0<6}"[:6]))


def _media(message: Object) -> tuple[Media, ...]:
    return tuple(
        Media(url, fields.string(file, "mimetype"), fields.string(file, "name"), needs_token=True)
        for file in fields.objects(message, "files")
        if (url := fields.string(file, "url_private_download") or fields.string(file, "url_private"))
    )


def plain(text: str) -> str:
    """Slack's markup as words: <https://a|b> is b, <@U1> is @U1, &lt; is <."""
    bare = _LINK.sub(lambda found: _link(*found.groups()), text)
    return bare.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _link(sign: str, target: str, label: str | None) -> str:
    if sign:
        return f"{'@' if sign == '!' else sign}{label or target}"
    return f"{label} ({target})" if label and label not in target else target


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _judge(response: httpx.Response) -> SendError | None:
    """What an answer means: a refusal comes with status 200 and ok: false."""
    answer = json_of(response)
    if answer.get("ok") is True:
        return None
    code, status = str(answer.get("error", ""))[:80], response.status_code
    if not code:
        return OutcomeUnknown("Slack said neither yes nor no", status=status) if response.is_success else None
    if code in _REVOKED:
        return TokenRevoked(code, code=code, status=status)
    if code in _LATER:
        return TryLater(code, after=retry_after(response), code=code, status=status)
    if code in _UNSURE:
        return OutcomeUnknown(code, code=code, status=status)
    return (TooLong if code == "msg_too_long" else Refused)(code, code=code, status=status)


_READERS: dict[str, Callable[[Object, Object, Account], Entry]] = {
    "message": _message,
    "app_mention": _mention,
    "reaction_added": _reaction,
    "reaction_removed": _reaction,
    "tokens_revoked": _revoked,
    "app_uninstalled": _revoked,
}
