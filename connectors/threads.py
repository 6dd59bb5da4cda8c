"""Threads: replies to and mentions of a profile.

Sources: developers.facebook.com/docs/threads/webhooks (the flat envelope and its fields),
developers.facebook.com/docs/threads/reply-management and /posts (publishing takes two calls, 500 characters).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

import httpx

from connectors import fields
from connectors.base import (
    Account,
    Author,
    Delivery,
    Entry,
    Kind,
    Limits,
    OutcomeUnknown,
    ParseError,
    Refused,
    Reply,
    Sent,
    TryLater,
    Verb,
)
from connectors.fields import Object, Part
from connectors.http import told
from connectors.meta import Meta, moment
from connectors.platform import Names

LONGEST = 500


class Threads(Meta):
    kind = "threads"
    name = "Threads"
    settings: ClassVar[Names] = ("username", "api_version", "api_base")
    graph = "https://graph.threads.net"
    version = "v1.0"

    def pieces(self, payload: object, delivery: Delivery) -> Iterable[object]:
        if not isinstance(payload, dict) or "values" not in payload:
            raise ParseError("no values")
        values = payload["values"]
        return [_part(each, payload) for each in (values if isinstance(values, list) else [values])]

    def read_part(self, part: Part, account: Account) -> Iterable[Entry]:
        if part.field in {"replies", "mentions"}:
            return _post(part.value, part, account)
        if part.field == "delete":
            return [_deletion(part.value, part)]
        return [fields.ignored(part.value, f"a change of {part.field[:60] or 'nothing'}")]

    def limits(self, kind: Kind, account: Account) -> Limits:
        return Limits(LONGEST)

    def deliver(self, reply: Reply, account: Account, http: httpx.Client) -> Sent:
        if not reply.parent:
            raise Refused("the reply names no post that it answers")
        who = account.external_id or "me"
        draft = {"media_type": "TEXT", "text": reply.text, "reply_to_id": reply.parent}
        try:
            container = told(self.post(f"{who}/threads", draft, account, http), "id")
        except OutcomeUnknown as error:  # a draft that nobody sees: making another one harms nobody
            raise TryLater(error.reason, code=error.code, status=error.status) from error
        published = self.post(f"{who}/threads_publish", {"creation_id": container}, account, http)
        return Sent(external_id=told(published, "id"))


def _part(piece: object, payload: Object) -> object:
    if not isinstance(piece, dict):
        return piece
    account = payload.get("target_id")
    return Part(piece.get("value"), str(piece.get("field", "")), str(account or ""), around=payload)


def _post(value: Object, part: Part, account: Account) -> Iterator[Entry]:
    handle = fields.required(value, "username")
    root, parent = fields.string(value, "root_post", "id"), fields.string(value, "replied_to", "id")
    name = fields.required(value, "id")
    ours = bool(account.settings.get("username")) and handle == account.settings["username"]
    at = moment(value, "timestamp")
    mention = part.field == "mentions"
    yield Entry(
        Verb.CREATE,
        external_id=name,
        thread=name if mention else parent if parent and parent != root else name,
        parent=parent,
        is_reply=bool(parent),
        kind=Kind.MENTION if mention else Kind.COMMENT,
        text=fields.string(value, "text"),
        author=Author(handle, handle=handle, is_us=ours),
        outbound=ours,
        at=at,
        version=at,
        url=fields.string(value, "permalink"),
        raw=value,
    )


def _deletion(value: Object, part: Part) -> Entry:
    at = moment(value, "deleted_at")
    return Entry(Verb.DELETE, fields.required(value, "id"), kind=Kind.COMMENT, at=at, version=at, raw=value)
