"""Read a mail: who wrote, in which conversation, and what of it they wrote themselves."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.errors import MessageError
from email.message import EmailMessage
from email.utils import getaddresses, parsedate_to_datetime
from typing import Any

from connectors import email_report, fields
from connectors.base import ParseError
from connectors.email_report import Report
from connectors.fields import Malformed
from connectors.jsonload import load, scrub
from connectors.text import clean, from_html

_ID = re.compile(r"<[^<>\s]{1,500}>")
_TAGGED = re.compile(r"([^+]+)\+([A-Za-z0-9_-]{8,64})@(.+)")
_BULK = frozenset({"bulk", "junk", "list", "auto_reply"})
_QUOTE_BEGINS = (
    re.compile(r"^\s*(On|Am|Le|El|Il|Op|Den|Dne|W dniu) .{4,200}(wrote|schrieb|écrit|escribió|scritto).{0,80}:\s*$"),
    re.compile(r"^\s*-{2,}\s*(Original Message|Ursprüngliche Nachricht|Message d'origine|Mensaje original)\s*-{2,}"),
    re.compile(r"^\s*_{20,}\s*$"),
    re.compile(r"^\s*-- $"),
)
_FAILURES = (MessageError, LookupError, ValueError, TypeError, AttributeError, RecursionError)


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail in the form that this connector reads, whatever form a provider gave it."""

    sender: str
    sender_name: str = ""
    recipient: str = ""
    name: str = ""  # Message-ID
    references: tuple[str, ...] = ()  # oldest first
    subject: str = ""
    date: str = ""
    text: str = ""
    token: str = ""  # of the conversation, where whoever posts the mail knows it
    tagged: tuple[str, ...] = ()  # the addresses that it went to with something behind a plus
    headers: dict[str, str] = field(default_factory=dict)  # lower-case names; those that tell who wrote it
    attachments: tuple[tuple[int, str, str], ...] = ()
    report: Report | None = None  # what became of a mail of ours

    def as_raw(self) -> dict[str, Any]:
        raw = asdict(self)
        raw["attachments"] = [list(each) for each in self.attachments]
        return raw

    def at(self) -> datetime | None:
        if not self.date:
            return None
        try:
            when = parsedate_to_datetime(self.date)
        except (ValueError, TypeError, OverflowError):
            return None
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(UTC)

    def behind_plus(self, own: str) -> str:
        """What stands behind the plus in our own address; another's address says nothing of a conversation with us."""
        for address in self.tagged:
            found = _TAGGED.fullmatch(address)
            if found and f"{found[1]}@{found[3]}".lower() == own:
                return found[2]
        return ""

    def automatic(self) -> str:
        """Why no person wrote this; "" when one did."""
        if self.headers.get("auto-submitted", "no").lower().partition(";")[0].strip() != "no":
            return "an automatic answer"
        if self.headers.get("precedence", "").lower() in _BULK or "list-id" in self.headers:
            return "a mailing list or a bulk mail"
        if self.headers.get("x-auto-response-suppress") or self.headers.get("x-autoreply"):
            return "an automatic answer"
        if self.headers.get("return-path") == "<>" or self.sender.lower().startswith(("mailer-daemon@", "postmaster@")):
            return "a report of a mail server"
        return ""


_TELLING = ("auto-submitted", "precedence", "list-id", "x-auto-response-suppress", "x-autoreply", "return-path",
            "authentication-results")  # fmt: skip


def read(body: bytes) -> Mail:
    """A message as it travelled, or a `Mail` as JSON. Raises ParseError."""
    if body.lstrip()[:1] == b"{":
        return _from_json(load(body))
    return of(parsed(body))


def parsed(body: bytes) -> EmailMessage:
    """A message as it travelled. Raises ParseError."""
    try:
        return message_from_bytes(body, policy=policy.default)
    except _FAILURES as error:
        raise ParseError(f"not a mail: {error}") from None


def of(message: EmailMessage) -> Mail:
    """What we read of a message. Raises ParseError."""
    try:
        return _from_message(message)
    except _FAILURES as error:
        raise ParseError(f"not a mail: {error}") from None


def _from_message(message: Any) -> Mail:
    senders = getaddresses([_header(message, "From")])
    references = _references(message)
    report = email_report.read(message, references)
    if not report and (not senders or "@" not in senders[0][1]):
        raise ParseError("a mail without a sender")
    to = [address for _, address in getaddresses([_header(message, "Delivered-To") or _header(message, "To")])]
    return Mail(
        sender=senders[0][1] if senders else "",
        sender_name=senders[0][0] if senders else "",
        recipient=to[0] if to else "",
        name=next(iter(_ids(_header(message, "Message-ID"))), ""),
        references=references,
        subject=_header(message, "Subject"),
        date=_header(message, "Date"),
        text=_text(message),
        tagged=tuple(address for address in to if _TAGGED.fullmatch(address)),
        headers={name: value for name in _TELLING if (value := _header(message, name))},
        attachments=tuple(_attachments(message)),
        report=report,
    )


def _header(message: Any, name: str) -> str:
    try:
        value = message.get(name, "")
    except _FAILURES:  # the standard library trips over some broken headers
        return ""
    return clean(" ".join(str(value).split()))


def _references(message: Any) -> tuple[str, ...]:
    found = [*_ids(_header(message, "References")), *_ids(_header(message, "In-Reply-To"))]
    return tuple(dict.fromkeys(found))


def _ids(value: str) -> list[str]:
    return _ID.findall(value)


def _text(message: EmailMessage) -> str:
    part = message.get_body(preferencelist=("plain", "html"))
    if part is None:
        return ""
    text = _content(part)
    return from_html(text) if part.get_content_type() == "text/html" else text


def _content(part: Any) -> str:
    """The words of a part, whatever it says of its own encoding."""
    try:
        return clean(str(part.get_content()))
    except (LookupError, UnicodeError, ValueError):
        payload = part.get_payload(decode=True)
        return clean(payload.decode("utf-8", "replace")) if isinstance(payload, bytes) else ""


def _attachments(message: Any) -> Iterable[tuple[int, str, str]]:
    for number, part in enumerate(message.walk()):
        if part.get_content_disposition() == "attachment" or part.get_filename():
            yield number, part.get_content_type(), clean(part.get_filename() or "")


def part(message: EmailMessage, number: int) -> bytes:
    """The bytes of the `number`th part of a mail."""
    try:
        for index, found in enumerate(message.walk()):
            if index == number:
                payload = found.get_payload(decode=True)
                return payload if isinstance(payload, bytes) else b""
    except _FAILURES as error:
        raise ParseError(f"not a mail: {error}") from None
    raise ParseError(f"a mail without a part {number}")


def _from_json(payload: Any) -> Mail:
    try:
        piece = fields.an_object(payload)
        sender = fields.required(piece, "sender")
        names = [each for each in fields.listing(piece, "references") if isinstance(each, str)]
        headers = {str(name).lower(): str(value) for name, value in fields.mapping(piece, "headers").items()}
        texts: dict[str, Any] = {
            name: fields.string(piece, name)
            for name in ("sender_name", "recipient", "name", "subject", "date", "text", "token")
        }
    except Malformed as error:
        raise ParseError(str(error)) from None
    return Mail(sender=sender, references=tuple(names), headers=scrub(headers), **texts)


def own_words(text: str) -> str:
    """What the author wrote, without the quoted mail below and without the signature."""
    lines: list[str] = []
    for line in text.replace("\r\n", "\n").split("\n"):
        if any(begins.match(line) for begins in _QUOTE_BEGINS):
            break
        lines.append(line)
    kept = "\n".join(line for line in lines if not line.lstrip().startswith(">")).strip()
    return kept or text.strip()
