"""Event → entries: asks the event's connector what the bytes mean."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from django.utils.translation import gettext as _

from connectors import fields, registry
from connectors.base import Account, Connector, Entry, ParseError, Poller, Verb
from connectors.jsonload import load
from inbox.models import Connection, Event


@dataclass(frozen=True, slots=True)
class Reading:
    """What one event holds. `dead` is the reason when it cannot be read at all."""

    event: Event
    entries: tuple[Entry, ...] = ()
    dead: str = ""

    @property
    def is_partial(self) -> bool:
        """The platform has to be asked before this can be stored."""
        return any(entry.partial for entry in self.entries)

    @property
    def broken(self) -> list[str]:
        """Why single entries could not be read, though their neighbours could."""
        return [entry.reason for entry in self.entries if entry.verb is Verb.BROKEN]


@dataclass(frozen=True, slots=True)
class Found:
    """One entry with where it came from."""

    entry: Entry
    connection: Connection
    event: Event | None  # None: it was polled, not delivered


def read(event: Event, account: Account) -> Reading:
    try:
        connector = registry.get(event.connection.kind)
        return Reading(event, tuple((_polled if event.polled else _delivered)(event, connector, account)))
    except registry.UnknownKind:
        return Reading(event, dead=_("There is no connector for “%(kind)s”.") % {"kind": event.connection.kind})
    except ParseError as error:
        return Reading(event, dead=str(error))


def _delivered(event: Event, connector: Connector, account: Account) -> Iterator[Entry]:
    return connector.parse(event.delivery(), account)


def _polled(event: Event, connector: Connector, account: Account) -> Iterator[Entry]:
    poller = cast(Poller, connector)
    return fields.each([load(bytes(event.body))], lambda piece: poller.read_polled(fields.an_object(piece), account))


def at_home(reading: Reading) -> list[Found]:
    """The entries with the connections they are for: one delivery may speak to several accounts of ours.

    An account that nobody connected here stays with the connection whose door it came through.
    """
    door = reading.event.connection
    named = {entry.account for entry in reading.entries if entry.account not in {"", door.external_id}}
    rows = Connection.objects.filter(kind=door.kind, external_id__in=named) if named else []
    others = {row.external_id: row for row in rows}
    return [Found(entry, others.get(entry.account, door), reading.event) for entry in reading.entries]
