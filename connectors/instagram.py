"""Instagram: comments, mentions and direct messages of a professional account.

Sources under developers.facebook.com/docs: instagram-platform/webhooks (both envelopes; comments,
live_comments, mentions, messages), instagram-platform/reference/ig-comment/replies,
instagram-platform/instagram-api-with-instagram-login/messaging-api (1000 bytes, 24 hours).
Instagram reports neither edits nor deletions of comments; a boosted post reports a comment twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

import httpx

from connectors import fields, meta_messages
from connectors.base import Account, Author, Entry, Kind, Limits, Refused, Reply, Sent, Verb
from connectors.facebook import DAY, WEEK, human_agent
from connectors.fields import Object, Part
from connectors.http import told
from connectors.meta import Meta, moment
from connectors.platform import Names

LONGEST_COMMENT = 2200
LONGEST_MESSAGE = 1000
_COMMENTS = frozenset({"comments", "live_comments"})


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

    def limits(self, kind: Kind, account: Account) -> Limits:
        if kind is Kind.DM:
            return Limits(LONGEST_MESSAGE, unit="bytes", window=WEEK if human_agent(account) else DAY)
        return Limits(LONGEST_COMMENT)

    def deliver(self, reply: Reply, account: Account, http: httpx.Client) -> Sent:
        if reply.kind is Kind.DM:
            body = meta_messages.body(reply, human_agent=human_agent(account))
            return Sent(external_id=told(self.post("me/messages", body, account, http), "message_id"))
        if not reply.thread:
            raise Refused("the reply names no comment that it answers")
        response = self.post(f"{reply.thread}/replies", {"message": reply.text}, account, http)
        return Sent(external_id=told(response, "id"))


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
    name = fields.string(value, "comment_id") or fields.required(value, "media_id")
    yield Entry(
        Verb.CREATE,
        external_id=name,
        thread=name,
        parent=fields.string(value, "media_id"),
        kind=Kind.MENTION,
        at=part.time,
        reason="Instagram tells of a mention without its words",
        account=part.account,
        raw=value,
    )
