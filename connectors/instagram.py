"""Instagram: comments, mentions and direct messages of a professional account.

Sources under developers.facebook.com/docs: instagram-platform/webhooks (both envelopes; comments,
live_comments, mentions, messages), instagram-platform/reference/ig-comment/replies,
instagram-graph-api/reference/ig-user (mentioned_comment, mentioned_media, mentions: with Facebook Login only),
instagram-platform/instagram-api-with-instagram-login/messaging-api (1000 bytes, 24 hours; files by their addresses)
and messenger-platform/instagram/features/attachment-upload (formats; pictures 8 MB, the others 25 MB).
Instagram reports neither edits nor deletions of comments; a boosted post reports a comment twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import ClassVar
from urllib.parse import quote

import httpx

from connectors import fields, meta_messages
from connectors.base import Account, Author, Entry, Kind, Limits, Media, Refused, Reply, Sent, Verb
from connectors.facebook import DAY, WEEK, human_agent
from connectors.fields import Object, Part
from connectors.files import FileLimits
from connectors.guide import gettext_noop
from connectors.http import ask, page_of, told
from connectors.meta import GRAPH, Meta, moment
from connectors.platform import Names, base, bearer, setting, token

LONGEST_COMMENT = 2200
LONGEST_MESSAGE = 1000
_PICTURES = frozenset({"image/jpeg", "image/png", "image/gif"})
_TYPES = _PICTURES | {"audio/mp4", "audio/wav", "video/mp4", "video/webm", "application/pdf"}
# As in Messenger a message holds either a text or one file.
FILES = FileLimits(
    most=1,
    size=20_000_000,
    whole=20_000_000,
    types=_TYPES,
    sizes=dict.fromkeys(_PICTURES, 8_000_000),
    wordless=_TYPES,
    fetched=True,
)
_COMMENTS = frozenset({"comments", "live_comments"})
_OF_COMMENT = "id,text,timestamp,username"
_OF_MEDIA = "id,caption,timestamp,username,media_type,media_url,permalink"
WORDLESS = gettext_noop("Instagram tells of a mention without its words.")


class Instagram(Meta):
    kind = "instagram"
    name = "Instagram"
    settings: ClassVar[Names] = ("api_version", "api_base", "human_agent")
    graph = "https://graph.instagram.com"

    def read_part(self, part: Part, account: Account) -> Iterable[Entry]:
        if part.field in {"messaging", "standby"}:
            return meta_messages.read(part, account)
        if part.field in _COMMENTS:
            return _comment(part.value, part)
        if part.field == "mentions":
            return _mention(part.value, part)
        return [fields.ignored(part.value, f"a change of {part.field[:60] or 'nothing'}")]

    def complete(self, entry: Entry, account: Account, http: httpx.Client) -> Entry:
        """The words of a mention. They are to be had for ids that came by webhook, and by Facebook Login only."""
        media, _, comment = entry.thread.partition(":")
        edge, name, fields_ = ("comment", comment, _OF_COMMENT) if comment else ("media", media, _OF_MEDIA)
        url = f"{base(account, GRAPH)}/{setting(account, 'api_version', self.version)}/{quote(account.external_id)}"
        asked = f"mentioned_{edge}.{edge}_id({quote(name)}){{{fields_}}}"
        headers = bearer(token(account, "access_token"))
        response = ask(http, url, params={"fields": asked}, headers=headers, judge=self.judge)
        return _told(entry, fields.mapping(fields.an_object_page(page_of(response)), f"mentioned_{edge}"), account)

    def limits(self, kind: Kind, account: Account) -> Limits:
        if kind is Kind.DM:
            window = WEEK if human_agent(account) else DAY
            return Limits(LONGEST_MESSAGE, unit="bytes", window=window, files=FILES)
        return Limits(LONGEST_COMMENT)

    def deliver(self, reply: Reply, account: Account, http: httpx.Client) -> Sent:
        if reply.kind is Kind.DM:
            file = {"url": reply.files[0].url} if reply.files else None
            body = meta_messages.body(reply, human_agent=human_agent(account), file=file)
            return Sent(external_id=told(self.post("me/messages", body, account, http), "message_id"))
        if not reply.thread:
            raise Refused("the reply names no comment that it answers")
        if reply.kind is Kind.MENTION:
            return self._answer_mention(reply, account, http)
        response = self.post(f"{reply.thread}/replies", {"message": reply.text}, account, http)
        return Sent(external_id=told(response, "id"))

    def _answer_mention(self, reply: Reply, account: Account, http: httpx.Client) -> Sent:
        """Below somebody else's picture, where a comment of ours has to be asked for by its own edge."""
        media, _, comment = reply.thread.partition(":")
        body = {"media_id": media, "message": reply.text, **({"comment_id": comment} if comment else {})}
        return Sent(external_id=told(self.post(f"{quote(account.external_id)}/mentions", body, account, http), "id"))


def _comment(value: Object, part: Part) -> Iterator[Entry]:
    name = fields.string(value, "id") or fields.required(value, "comment_id")
    parent = fields.string(value, "parent_id")
    author = Author(
        fields.required(value, "from", "id"),
        handle=fields.string(value, "from", "username"),
        is_us=fields.string(value, "from", "id") == part.account,
    )
    yield Entry(
        Verb.CREATE,
        external_id=name,
        thread=parent or name,  # replies hang on a top-level comment, and only one deep
        parent=parent or fields.string(value, "media", "id"),
        is_reply=bool(parent),
        kind=Kind.COMMENT,
        text=fields.string(value, "text"),
        author=author,
        outbound=author.is_us,
        at=moment(value, "created_time") or part.time,
        account=part.account,
        raw=value,
    )


def _mention(value: Object, part: Part) -> Iterator[Entry]:
    """Only ids come; the words have to be fetched."""
    comment, media = fields.string(value, "comment_id"), fields.required(value, "media_id")
    yield Entry(
        Verb.CREATE,
        external_id=comment or media,
        thread=f"{media}:{comment}" if comment else media,  # both are needed for an answer
        parent=media if comment else "",
        kind=Kind.MENTION,
        at=part.time,
        reason=WORDLESS,
        partial=True,
        account=part.account,
        raw=value,
    )


def _told(entry: Entry, found: Object, account: Account) -> Entry:
    """A mention with what the platform says of it."""
    try:
        words = fields.string(found, "text") or fields.string(found, "caption")
        handle = fields.string(found, "username")
        picture = fields.string(found, "media_url")
        return replace(
            entry,
            text=words,
            author=Author(handle, handle=handle) if handle else None,
            at=fields.iso(found, "timestamp") or entry.at,
            url=fields.string(found, "permalink"),
            media=(Media(picture, fields.string(found, "media_type")),) if picture else (),
            reason="" if words else entry.reason,
            partial=False,
            raw={**entry.raw, **found},
        )
    except fields.Malformed as error:
        raise Refused(str(error)) from None
