"""WhatsApp Cloud API: messages, their edits and withdrawals, the phone app's own sends, and receipts.

Sources under developers.facebook.com/docs/whatsapp/cloud-api: webhooks/components, webhooks/payload-examples,
reference/messages, reference/media, groups, support/error-codes; field shapes as in the test updates of david-lev/pywa.
A person may be known by a business-scoped id alone (`user_id`), without a phone number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

import httpx

from connectors import fields, whatsapp_files
from connectors import whatsapp_content as content
from connectors.base import (
    Account,
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
    TokenRevoked,
    TryLater,
    Verb,
    WindowClosed,
)
from connectors.fields import Object, Part
from connectors.http import ask, json_of, told, told_first
from connectors.media import Source
from connectors.meta import Meta, graph_problem, regained
from connectors.platform import bearer, token

LONGEST = 4096
WINDOW = timedelta(hours=24)
GROUP = "group:"  # begins a thread's name that is no person's
_LISTS = (("messages", "message"), ("message_echoes", "echo"), ("statuses", "status"))
_RECEIPTS = {"delivered": "delivered", "read": "read", "played": "read", "failed": "failed"}
_CLOSED = frozenset({"131047", "470"})
_REVOKED = frozenset({"0", "131031"})
_LATER = frozenset({"130429", "131056", "131048", "133004"})
_UNSURE = frozenset({"131000", "131016"})


class WhatsApp(Meta):
    kind = "whatsapp"
    name = "WhatsApp"

    def pieces(self, payload: object, delivery: Delivery) -> Iterable[object]:
        return [part for change in super().pieces(payload, delivery) for part in _unpack(change)]

    def read_part(self, part: Part, account: Account) -> Iterable[Entry]:
        reader = {"message": _message, "echo": _message, "status": _status}.get(part.field)
        if reader is None:
            return [fields.ignored(part.value, f"a change of {part.field[:60] or 'nothing'}")]
        return reader(part)

    def limits(self, kind: Kind, account: Account) -> Limits:
        return Limits(LONGEST, window=WINDOW, files=whatsapp_files.LIMITS)

    def deliver(self, reply: Reply, account: Account, http: httpx.Client) -> Sent:
        if not account.external_id:
            raise Refused("the connection names no phone number id")
        files = [
            self.upload(f"{account.external_id}/media", account, http, **whatsapp_files.upload(file))
            for file in reply.files
        ]
        name = next((told(answer, "id") for answer in files), "")
        if files and not name:
            raise Refused("WhatsApp took the file and did not say under which name")
        response = self.post(f"{account.external_id}/messages", _body(reply, name), account, http)
        return Sent(external_id=told_first(response, "messages", "id"))

    def judge(self, response: httpx.Response) -> SendError | None:
        return None if response.is_success else _problem(response)

    def locate(self, media: Media, account: Account, http: httpx.Client) -> Source:
        headers = bearer(token(account, "access_token"))
        found = json_of(ask(http, self.address(media.url, account), headers=headers, judge=self.judge)).get("url")
        if not isinstance(found, str):
            raise Refused("WhatsApp has no address for this file")
        return Source(found, headers)


def _unpack(change: Any) -> Iterator[Any]:
    """The messages and receipts of one change, each with its envelope."""
    if not isinstance(change, Part) or not isinstance(change.value, dict):
        yield change
        return
    found = False
    for name, field in _LISTS:
        pieces = change.value.get(name)
        if isinstance(pieces, list) and pieces:
            found = True
            yield from (Part(piece, field, _number_of(change.value), around=change.value) for piece in pieces)
    if not found:
        yield change


def _number_of(value: Object) -> str:
    metadata = value.get("metadata")
    number = metadata.get("phone_number_id") if isinstance(metadata, dict) else ""
    return number if isinstance(number, str) else ""


def _message(part: Part) -> Iterator[Entry]:
    message: Object = part.value
    kind = fields.string(message, "type")
    if kind == "reaction":
        yield _reaction(message, part)
    elif kind in {"edit", "revoke"}:
        yield _change(kind, message, part)
    elif kind in content.SILENT:
        yield fields.ignored(message, content.SILENT[kind])
    else:
        yield _created(message, part)


def _created(message: Object, part: Part) -> Entry:
    around = _around(message, part)
    return Entry(
        verb=Verb.CREATE,
        external_id=fields.required(message, "id"),
        parent=fields.string(message, "context", "id"),
        is_reply=bool(fields.string(message, "context", "id")),
        text=content.words(message),
        media=content.media(message),
        reason=content.reason(message),
        **around,
    )


def _change(kind: str, message: Object, part: Part) -> Entry:
    """An edit and a withdrawal are messages of their own that name the original."""
    around = _around(message, part)
    around["version"] = fields.after(around["version"])
    name = fields.required(message, kind, "original_message_id")
    if kind == "revoke":
        return Entry(Verb.DELETE, external_id=name, **around)
    new = fields.mapping(message, "edit", "message")
    return Entry(Verb.EDIT, external_id=name, text=content.words(new), media=content.media(new), **around)


def _reaction(message: Object, part: Part) -> Entry:
    return Entry(
        Verb.REACTION,
        external_id=fields.required(message, "reaction", "message_id"),
        reaction=fields.string(message, "reaction", "emoji"),
        **_around(message, part),
    )


def _around(message: Object, part: Part) -> dict[str, Any]:
    ours = part.field == "echo"
    at = fields.seconds(message, "timestamp")
    person = _recipient(message) if ours else _person(message, part.around)
    group = fields.string(message, "group_id")
    return {
        "thread": f"{GROUP}{group}" if group else person.id,
        "kind": Kind.DM,
        "author": Author(fields.string(message, "from"), is_us=True) if ours else person,
        "outbound": ours,
        "at": at,
        "version": at,
        "account": part.account,
        "raw": message,
    }


def _recipient(message: Object) -> Author:
    return Author(fields.string(message, "to_user_id") or fields.required(message, "to"))


def _person(message: Object, value: Object) -> Author:
    """The writer, by the business-scoped id first: a phone number can change hands."""
    number, scoped = fields.string(message, "from"), fields.string(message, "from_user_id")
    contact = _contact(value, number, scoped)
    scoped = scoped or fields.string(contact, "user_id")
    number = number or fields.string(contact, "wa_id")
    names = [name for name in (scoped, number, fields.string(contact, "parent_user_id")) if name]
    if not names:
        raise fields.Malformed("from: missing")
    profile = fields.mapping(contact, "profile")
    return Author(
        names[0],
        handle=fields.string(profile, "username") or number,
        name=fields.string(profile, "name"),
        aliases=tuple(names[1:]),
    )


def _contact(value: Object, number: str, scoped: str) -> Object:
    contacts = fields.objects(value, "contacts")
    for contact in contacts:
        if (scoped and contact.get("user_id") == scoped) or (number and contact.get("wa_id") == number):
            return contact
    return contacts[0] if len(contacts) == 1 else {}


def _status(part: Part) -> Iterator[Entry]:
    status: Object = part.value
    state = fields.string(status, "status")
    if state not in _RECEIPTS:
        yield fields.ignored(status, f"a message is now {state[:40] or 'in no state'}")
        return
    errors = fields.objects(status, "errors")
    yield Entry(
        Verb.RECEIPT,
        external_id=fields.required(status, "id"),
        kind=Kind.DM,
        outbound=True,
        at=fields.seconds(status, "timestamp"),
        receipt=_RECEIPTS[state],
        client_key=fields.string(status, "biz_opaque_callback_data"),
        reason=_explain(errors[0]) if errors else "",
        account=part.account,
        raw=status,
    )


def _explain(error: Object) -> str:
    details = fields.string(error, "error_data", "details") or fields.string(error, "title")
    return f"{fields.string(error, 'code')} {details}".strip()


def _body(reply: Reply, file: str) -> dict[str, Any]:
    """A text or a file; our key travels along and comes back with each receipt."""
    body: dict[str, Any] = {
        "messaging_product": "whatsapp",
        **whatsapp_files.said(reply, file),
        "biz_opaque_callback_data": reply.key,
        **_address(reply),
    }
    return {**body, "context": {"message_id": reply.parent}} if reply.parent else body


def _address(reply: Reply) -> dict[str, str]:
    """What was written in a group is answered there, where all who read the question read the answer."""
    if reply.thread.startswith(GROUP):
        return {"recipient_type": "group", "to": reply.thread.removeprefix(GROUP)}
    to = reply.to or reply.thread  # digits are a phone number, else a scoped id
    return {"recipient_type": "individual", "to" if to.isdecimal() else "recipient": to}


def _problem(response: httpx.Response) -> SendError:
    """WhatsApp's own codes first; titles change, codes do not."""
    problem = graph_problem(response)
    code = problem.code.partition("/")[0]
    facts: dict[str, Any] = {"code": problem.code, "status": response.status_code}
    if code in _CLOSED:
        return WindowClosed(problem.reason, **facts)
    if code in _REVOKED:
        return TokenRevoked(problem.reason, **facts)
    if code in _LATER:
        return TryLater(problem.reason, after=regained(response), **facts)
    if code in _UNSURE:
        return OutcomeUnknown(problem.reason, **facts)
    return problem
