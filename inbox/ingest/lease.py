"""Taking events for work. The attempt is counted and committed before it is made."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from inbox.models import Connection, Event

LEASE = timedelta(seconds=60)
MOST_ATTEMPTS = 5
State = Event.State

# A lease is one statement: rows another worker holds are skipped, never waited for.
TAKE = """
UPDATE inbox_event SET state = 'leased', attempts = attempts + 1,
       lease_until = statement_timestamp() + %(lease)s, lease_token = %(token)s
WHERE id IN (
    SELECT id FROM inbox_event
    WHERE state IN ('pending', 'leased') AND next_at <= statement_timestamp()
      AND (state = 'pending' OR lease_until < statement_timestamp())
      AND (%(ids)s::bigint[] IS NULL OR id = ANY(%(ids)s))
      AND received_at <= statement_timestamp() - %(age)s
    ORDER BY next_at, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
RETURNING inbox_event.*
"""


def lease(*, ids: Sequence[int] | None = None, limit: int = 200, age: timedelta = timedelta()) -> list[Event]:
    """Take due events, oldest first: the named ones, or any that are older than `age`.

    Events that have used up their attempts are buried here, so that one that kills its process
    every time cannot come round for ever.
    """
    token = uuid.uuid4()
    wanted = list(ids) if ids is not None else None
    values: dict[str, Any] = {"lease": LEASE, "token": token, "ids": wanted, "limit": limit, "age": age}
    events = sorted(Event.objects.raw(TAKE, values), key=lambda event: event.pk)
    doors = Connection.objects.in_bulk({event.connection_id for event in events})
    for event in events:
        event.connection = doors[event.connection_id]
    spent = [event for event in events if event.attempts > MOST_ATTEMPTS]
    for event in spent:
        bury(event, _("Given up after %(count)s attempts; each one ended its worker.") % {"count": MOST_ATTEMPTS})
    return [event for event in events if event.attempts <= MOST_ATTEMPTS]


def bury(event: Event, reason: str) -> None:
    """Dead-letter an event with the reason a person will read. It stays replayable."""
    settle([event], State.DEAD, reason=reason)


def fail(event: Event, error: Exception) -> None:
    """This attempt did not succeed: come back a little later each time, and give up with the reason."""
    if event.attempts >= MOST_ATTEMPTS:
        return bury(event, _reason(error))
    delay = timedelta(seconds=min(2**event.attempts, 60))
    Event.objects.filter(pk=event.pk, lease_token=event.lease_token, state=State.LEASED).update(
        state=State.PENDING, lease_until=None, lease_token=None, next_at=Now() + delay, reason=_reason(error)[:2000]
    )
    return None


def give_back(event: Event) -> None:
    """There was no time for it: it is due at once, and the attempt does not count."""
    Event.objects.filter(pk=event.pk, lease_token=event.lease_token, state=State.LEASED).update(
        state=State.PENDING, lease_until=None, lease_token=None, attempts=F("attempts") - 1
    )


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".replace("\x00", "")


def settle(events: Sequence[Event], state: Event.State, *, reason: str = "") -> int:
    """Finish events that we still hold; returns how many that were."""
    ours = Q(lease_token__in={event.lease_token for event in events}, state=State.LEASED)
    return Event.objects.filter(ours, pk__in=[event.pk for event in events]).update(
        state=state, reason=reason.replace("\x00", "")[:2000], lease_until=None, lease_token=None, settled_at=Now()
    )
