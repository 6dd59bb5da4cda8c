"""Asking a platform for the rest of what it only hinted at, before it is stored and routed.

Some deliveries carry ids instead of words, others are not signed and have to be confirmed. They go after the
batch they came with, one by one, within a time that leaves their lease alone; nothing is locked meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

import httpx
from django.conf import settings
from django.db.models.functions import Now

from connectors import guard, registry
from connectors.base import Entry, NotConfigured, ParseError, Refused, SendError, TokenRevoked, TryLater
from inbox import access
from inbox.ingest.lease import LEASE, MOST_ATTEMPTS, fail, give_back
from inbox.ingest.read import Reading, at_home
from inbox.models import Connection

BUDGET = LEASE / 2  # for all of a batch
TIMEOUT = timedelta(seconds=5)


def completed(readings: Sequence[Reading]) -> Iterator[Reading]:
    """The readings with their entries whole. What could not be asked for comes round again, at last as it is."""
    until = time.monotonic() + BUDGET.total_seconds()
    for reading in readings:
        if time.monotonic() > until:
            give_back(reading.event)
        elif (whole := _complete(reading, until)) is not None:
            yield whole


def _complete(reading: Reading, until: float) -> Reading | None:
    timeout = httpx.Timeout(TIMEOUT.total_seconds())
    try:
        with guard.client(allow=settings.ALLOW_PRIVATE_HOSTS, timeout=timeout) as http:
            entries = [_whole(found.entry, found.connection, http, until) for found in at_home(reading)]
    except SendError as error:
        if reading.event.attempts < MOST_ATTEMPTS:
            fail(reading.event, error)
            return None
        entries = [_as_it_is(entry, reading.event.connection, error) for entry in reading.entries]
    return replace(reading, entries=tuple(entries))


def _whole(entry: Entry, connection: Connection, http: httpx.Client, until: float) -> Entry:
    """One entry. What no later try would mend is stored as it came, and says why."""
    if not entry.partial:
        return entry
    if time.monotonic() > until:
        return _as_it_is(entry, connection, TryLater("there were too many to ask for at once"))
    try:
        return registry.get(connection.kind).complete(entry, connection.account(), http)
    except TokenRevoked as error:
        access.revoke(connection, error.reason)
        return _as_it_is(entry, connection, error)
    except (Refused, NotConfigured, ParseError) as error:
        return _as_it_is(entry, connection, error)


def _as_it_is(entry: Entry, connection: Connection, error: Exception) -> Entry:
    """Better a message without its words than none. The connection says what stood in the way."""
    if entry.partial:
        said = str(error).replace("\x00", "")[:2000]
        Connection.objects.filter(pk=connection.pk).update(last_error=said, last_error_at=Now())
    return replace(entry, partial=False)
