"""What most platforms do alike: the defaults that a connector overrides where its own differs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import ClassVar

import httpx

from connectors import fields, measure, signing
from connectors.base import (
    Account,
    Answer,
    Author,
    Delivery,
    Entry,
    Kind,
    Limits,
    Media,
    NotConfigured,
    ParseError,
    Reply,
    Sent,
    SignatureError,
    Verb,
)
from connectors.fields import Malformed, Object, an_object
from connectors.jsonload import load
from connectors.media import Source, plain

Names = tuple[str, ...]


class Platform:
    """A connector needs `kind`, `name`, `limits` and `deliver`; `verify`, `pieces` and `read` where the platform
    sends deliveries, and `poll` where it has to be asked."""

    kind: ClassVar[str]
    name: ClassVar[str]
    secrets: ClassVar[Names] = ()
    settings: ClassVar[Names] = ()

    def handshake(self, delivery: Delivery, account: Account) -> Answer | None:
        return None

    def verify(self, delivery: Delivery, account: Account) -> str:
        raise SignatureError(f"{self.name} sends no deliveries: it is asked")

    def accepted(self) -> Answer:
        return Answer()

    def parse(self, delivery: Delivery, account: Account) -> Iterator[Entry]:
        payload = load(delivery.body)
        yield from fields.each(
            self.pieces(payload, delivery),
            lambda piece: self.read(an_object(piece), delivery, account),
        )

    def pieces(self, payload: object, delivery: Delivery) -> Iterable[object]:
        """The parts of a payload that are read independently of each other."""
        return [payload]

    def read(self, piece: Object, delivery: Delivery, account: Account) -> Iterable[Entry]:
        """The entries of one piece. Raises fields.Malformed with the name of a bad field."""
        raise ParseError(f"{self.name} sends no deliveries: it is asked")

    def polled(self, pieces: Iterable[object], account: Account) -> list[Entry]:
        """The entries of a page that was asked for, each piece by itself."""
        return list(fields.each(pieces, lambda piece: self.read_polled(an_object(piece), account)))

    def read_polled(self, piece: Object, account: Account) -> Iterable[Entry]:
        """The entries of one piece of a page. Raises fields.Malformed with the name of a bad field."""
        raise Malformed(f"{self.name} is not asked")

    def complete(self, entry: Entry, account: Account, http: httpx.Client) -> Entry:
        return entry

    def limits(self, kind: Kind, account: Account) -> Limits:
        return Limits()

    def send(self, reply: Reply, account: Account, http: httpx.Client) -> Sent:
        limits = self.limits(reply.kind, account)
        measure.check(reply.text, limits)
        measure.check_files(reply, limits)
        return self.deliver(reply, account, http)

    def deliver(self, reply: Reply, account: Account, http: httpx.Client) -> Sent:
        raise NotImplementedError

    def locate(self, media: Media, account: Account, http: httpx.Client) -> Source:
        """Where a file of ours is to be had now; platforms that hide files behind an id ask for it."""
        return plain(media)


def peek(delivery: Delivery) -> Object:
    """The JSON object of a delivery whose id or handshake is looked for; empty when it is none, which the
    worker will say of it."""
    try:
        payload = load(delivery.body)
    except ParseError:
        return {}
    return payload if isinstance(payload, dict) else {}


def owners_answer(review: str, text: str, at: datetime | None, raw: Object) -> Entry:
    """The one public answer to a review, ours or a colleague's from the platform's own console."""
    return Entry(
        verb=Verb.CREATE,
        external_id=f"{review}/reply",
        thread=review,
        parent=review,
        is_reply=True,
        kind=Kind.REVIEW,
        text=text,
        author=Author("owner", is_us=True),
        outbound=True,
        at=at,
        version=at,
        raw=raw,
    )


def setting(account: Account, name: str, default: str = "") -> str:
    """A setting of the connection. One without a default must be there."""
    value = account.settings.get(name) or default
    if not value:
        raise NotConfigured(f"the setting {name!r} is not set")
    return value


def once(reply: Reply) -> str:
    """A name for this reply and no other, the same for each try. The key alone is not enough: a database that was
    restored from a backup hands out a key again, and the platform would take the new reply for the old one."""
    files = [file.path.name for file in reply.files]
    return signing.fingerprint(reply.key, reply.thread, reply.parent, reply.text, *files)


def switched_on(account: Account, name: str) -> bool:
    """A setting that is either on or, without a word, off."""
    return account.settings.get(name, "").strip().lower() in {"yes", "true", "1", "on"}


def token(account: Account, name: str) -> str:
    """The newest value of a secret that a call to the platform needs."""
    value = account.secret(name)
    if not value:
        raise NotConfigured(f"the secret {name!r} is not set")
    return value


def base(account: Account, default: str, name: str = "api_base") -> str:
    """The root of the platform's API, without a slash at the end."""
    return setting(account, name, default).rstrip("/")


def bearer(value: str) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {value}"}
