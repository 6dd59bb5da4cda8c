"""The vocabulary every connector speaks: what arrives, what leaves, what went wrong.

A connector is a class with a handful of methods (`Connector`). It reads a platform's
deliveries into `Entry` rows and sends a `Reply`. It never decides whether to retry:
it says which kind of failure happened, and delivery decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar, Protocol

import httpx

from connectors.files import NONE_TAKEN, File, FileLimits


class Kind(StrEnum):
    """What sort of thing a person wrote; the contract's five kinds."""

    MENTION = "mention"
    COMMENT = "comment"
    DM = "dm"
    REVIEW = "review"
    MESSAGE = "message"


class Verb(StrEnum):
    """What one entry of a delivery asks of the inbox."""

    CREATE = "create"
    EDIT = "edit"
    DELETE = "delete"
    REACTION = "reaction"
    RECEIPT = "receipt"  # the platform reports on a reply of ours: delivered, read, failed
    MOVED = "moved"  # a conversation goes on under another name, `thread`; `parent` is the one it had
    REVOKED = "revoked"  # the account withdrew our access
    IGNORED = "ignored"  # understood, and nothing that anybody has to answer
    BROKEN = "broken"  # this entry alone could not be read; its neighbours could


@dataclass(frozen=True, slots=True)
class Account:
    """What a connector may know of a Connection.

    `secrets` maps a name to every value that is valid now (newest first), so that a
    secret can be rotated without refusing deliveries signed with the old one.
    """

    kind: str
    key: str = ""
    external_id: str = ""  # our own id on the platform; an author with this id is us
    secrets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)

    def secret(self, name: str) -> str:
        """The newest value of a secret; "" when there is none."""
        return next(iter(self.secrets.get(name, ())), "")

    def every(self, name: str) -> tuple[str, ...]:
        """All values of a secret that are valid now, without empty ones."""
        return tuple(value for value in self.secrets.get(name, ()) if value)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One HTTP request as received: raw bytes, before anything is understood.

    Header names are lower case; values are latin-1 text, as ASGI hands them over.
    """

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"
    url: str = ""  # the public URL, rebuilt from configuration and never from the Host header
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the door says to a platform: to a handshake, or after a stored delivery."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Author:
    id: str
    handle: str = ""
    name: str = ""
    avatar: str = ""
    followers: int | None = None
    verified: bool | None = None
    is_us: bool = False
    aliases: tuple[str, ...] = ()  # further ids of the same person on this platform


@dataclass(frozen=True, slots=True)
class Media:
    url: str
    type: str = ""  # MIME type or the platform's word for it
    name: str = ""
    needs_token: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One platform object inside a delivery, normalised.

    `external_id` names the object (never the delivery). `thread` names the conversation it
    belongs to; empty means that it stands alone and starts an item of its own.
    `version` orders states of the same object: a later one wins, whatever came first.
    """

    verb: Verb
    external_id: str = ""
    thread: str = ""
    parent: str = ""
    kind: Kind = Kind.MESSAGE
    text: str = ""
    subject: str = ""  # of an e-mail
    author: Author | None = None
    outbound: bool = False  # written by us: an echo of our reply, or a colleague on the platform itself
    at: datetime | None = None
    version: datetime | None = None
    url: str = ""
    rating: int | None = None  # 1 to 5 stars
    language: str = ""
    is_reply: bool = False
    media: tuple[Media, ...] = ()
    reaction: str = ""
    receipt: str = ""  # delivered | read | failed
    client_key: str = ""  # the key we sent along with a reply, when the platform echoes it
    account: str = ""  # our id that the platform addressed, when one delivery may speak to several of ours
    reason: str = ""  # for IGNORED, BROKEN, REVOKED and failed receipts, and why a message has no words
    partial: bool = False  # the platform only told that it is there: `complete` asks for the rest
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply to deliver. `key` is stable over tries of the same reply."""

    key: str
    text: str
    thread: str = ""
    parent: str = ""  # external id of the message answered
    kind: Kind = Kind.MESSAGE
    to: str = ""  # the other person's id on the platform
    to_handle: str = ""
    subject: str = ""  # of the e-mail answered
    files: tuple[File, ...] = ()
    automatic: bool = False  # no person wrote it


@dataclass(frozen=True, slots=True)
class Sent:
    """The platform took the reply. `external_id` may be empty when it gives none."""

    external_id: str = ""
    at: datetime | None = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the platform accepts. `unit` names how length is counted (see `measure`)."""

    length: int | None = None
    unit: str = "characters"  # characters | bytes | utf16 | graphemes | x_weight
    window: timedelta | None = None  # how long after the customer's last message a reply may go
    retry_safe: bool = False  # the platform recognises a second try of the same key
    retry_within: timedelta | None = None  # for so long after the first try; None: always
    files: FileLimits | None = None  # None: the platform's replies are text alone
    no_files: str = NONE_TAKEN  # why, in words for a person, with a place for the platform's name


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a poll. `cursor` is what to store; `more` asks for another page at once."""

    entries: Sequence[Entry]
    cursor: str
    more: bool = False
    wait: timedelta | None = None  # the platform's rate limit asks for this pause
    remaining: int | None = None  # calls left in the platform's window, when it says
    trouble: str = ""  # what could not be asked for, though the rest could


class SignatureError(Exception):
    """The delivery is not from the platform: answer 401 and store nothing."""


class NotConfigured(Exception):
    """A secret that verification needs is not set: answer 503, so that the platform keeps the event."""


class ParseError(Exception):
    """The delivery as a whole cannot be read; it is dead-lettered with this reason."""


class SendError(Exception):
    """A reply did not go out. `code` is the platform's own code, when it gave one."""

    def __init__(self, reason: str, *, code: str = "", status: int | None = None) -> None:
        super().__init__(reason)
        self.reason, self.code, self.status = reason, code, status


class Refused(SendError):
    """For good: the same reply will never be accepted."""


class TooLong(Refused):
    """The text is over the platform's limit."""


class WindowClosed(Refused):
    """The platform no longer lets us answer this person."""


class TokenRevoked(SendError):
    """Our access ended: mark the connection, keep its replies waiting."""


class TryLater(SendError):
    """Nothing was accepted, and a later try may be. `after` is the platform's own wish."""

    def __init__(
        self, reason: str, *, after: timedelta | None = None, code: str = "", status: int | None = None
    ) -> None:
        super().__init__(reason, code=code, status=status)
        self.after = after


class OutcomeUnknown(SendError):
    """The request left and no answer came: it may or may not have been accepted."""


class Connector(Protocol):
    """One platform. Stateless; every method may be called from any thread."""

    kind: ClassVar[str]
    name: ClassVar[str]  # as people know the platform
    secrets: ClassVar[tuple[str, ...]]  # names of the secrets a connection needs
    settings: ClassVar[tuple[str, ...]]  # names of its other settings

    def handshake(self, delivery: Delivery, account: Account) -> Answer | None:
        """Answer a GET or a verification POST; None when the delivery is no handshake."""

    def verify(self, delivery: Delivery, account: Account) -> str:
        """Return the platform's delivery id ("" if none), or raise SignatureError / NotConfigured."""

    def accepted(self) -> Answer:
        """What to say once the delivery is stored."""

    def parse(self, delivery: Delivery, account: Account) -> Iterator[Entry]:
        """Split a verified delivery into entries. One bad entry becomes BROKEN; ParseError means all of it."""

    def complete(self, entry: Entry, account: Account, http: httpx.Client) -> Entry:
        """The whole of a partial entry, or a BROKEN one when the platform denies it. Raises a SendError."""

    def limits(self, kind: Kind, account: Account) -> Limits:
        """What a reply to this kind of item may be."""

    def send(self, reply: Reply, account: Account, http: httpx.Client) -> Sent:
        """Deliver one reply, or raise a SendError."""


class Poller(Protocol):
    """A platform that has to be asked. Implemented beside Connector by the same class."""

    def poll(self, account: Account, cursor: str, http: httpx.Client) -> Page:
        """Everything since `cursor` ("" the first time). Raises TryLater, TokenRevoked or ParseError."""

    def read_polled(self, piece: Mapping[str, Any], account: Account) -> Iterable[Entry]:
        """What one piece of a page means; `raw` of a BROKEN entry is read again with it. Raises fields.Malformed."""
