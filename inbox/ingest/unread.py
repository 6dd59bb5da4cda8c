"""Entries of a poll that cannot be read: each is kept as a dead event with the reason, to be looked at and replayed."""

from __future__ import annotations

import json
from collections.abc import Iterable

from django.utils import timezone

from connectors import signing
from connectors.base import Entry
from inbox.models import Connection, Event

State = Event.State


def keep(connection: Connection, broken: Iterable[Entry]) -> None:
    """One event for an entry, however often a poll meets it; the counts of likes in it may change meanwhile."""
    rows: dict[str, Event] = {}
    for entry in broken:
        body = json.dumps(entry.raw, sort_keys=True)
        name = _name(entry.external_id or body)
        key = f"{name}{signing.fingerprint(body)}"
        rows.setdefault(name, _event(connection, key, body, entry.reason))
    dead = Event.objects.filter(connection=connection, state=State.DEAD)
    fresh = [row for name, row in rows.items() if not dead.filter(delivery_key__startswith=name).exists()]
    Event.objects.bulk_create(fresh, ignore_conflicts=True)


def _name(own: str) -> str:
    return f"polled:{signing.fingerprint(own)}:"


def _event(connection: Connection, key: str, body: str, reason: str) -> Event:
    return Event(
        connection=connection,
        polled=True,
        delivery_key=key,
        body=body.encode(),
        state=State.DEAD,
        reason=reason.replace("\x00", "")[:2000],
        settled_at=timezone.now(),
    )
