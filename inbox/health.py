"""How each connection is: what came last, what went wrong, what its platform still lets us do.

A fixed number of queries for all of them together. Nothing here is remembered; it is looked up when somebody asks.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, Min, Q
from django.utils import timezone

from connectors import registry
from inbox import arrivals
from inbox.models import Connection, ConnectionSecret, DoorRefusal, Event, Outbound

RECENT = timedelta(days=1)
UNAUTHORISED = 401
State = Connection.State


@dataclass(frozen=True, slots=True)
class Access:
    """What we may do on the platform: which secrets are not set, and until when a replaced one is accepted."""

    missing: tuple[str, ...] = ()
    overlap_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """One connection and how it is."""

    connection: Connection
    access: Access = Access()
    dead: int = 0
    unsent: int = 0
    is_quiet: bool = False
    misfits: int = 0  # deliveries whose signature did not fit, all told
    misfit_at: datetime | None = None

    @property
    def misfits_now(self) -> bool:
        """Somebody tries to deliver with another secret, and nothing has come through since."""
        heard = self.connection.last_event_at
        recent = self.misfit_at is not None and self.misfit_at > timezone.now() - RECENT
        return recent and (heard is None or self.misfit_at > heard)  # type: ignore[operator]

    @property
    def error_is_new(self) -> bool:
        """An error from before the last event, or before the last answer to a poll, is over."""
        failed, row = self.connection.last_error_at, self.connection
        return failed is not None and all(well is None or failed > well for well in (row.last_event_at, row.asked_at))

    @property
    def level(self) -> str:
        """fine, soon or late: the three colours that say how late something is."""
        if self.connection.state == State.REVOKED:
            return "late"
        doubtful = self.dead or self.unsent or self.is_quiet or self.misfits_now or self.error_is_new
        if self.connection.state == State.PAUSED or doubtful:
            return "soon"
        return "fine"


def of(connections: Sequence[Connection]) -> list[Health]:
    """How these connections are; those in trouble first, else in the order given."""
    dead, unsent, quiet = _dead(connections), _unsent(connections), arrivals.quiet()
    access, refusals = _access(connections), _misfits(connections)
    found = [
        Health(
            row,
            access=access[row.pk],
            dead=dead[row.pk],
            unsent=unsent[row.pk],
            is_quiet=row.pk in quiet,
            misfits=refusals[row.pk].count if row.pk in refusals else 0,
            misfit_at=refusals[row.pk].last_at if row.pk in refusals else None,
        )
        for row in connections
    ]
    return sorted(found, key=lambda health: ("late", "soon", "fine").index(health.level))


def _dead(connections: Iterable[Connection]) -> Counter[int]:
    rows = Event.objects.filter(state=Event.State.DEAD, connection__in=connections)
    return Counter(dict(rows.order_by().values_list("connection").annotate(Count("pk"))))


def _unsent(connections: Iterable[Connection]) -> Counter[int]:
    rows = Outbound.objects.filter(
        state__in=[Outbound.State.FAILED, Outbound.State.UNKNOWN], item__connection__in=connections
    )
    return Counter(dict(rows.order_by().values_list("item__connection").annotate(Count("pk"))))


def _misfits(connections: Iterable[Connection]) -> dict[int, DoorRefusal]:
    rows = DoorRefusal.objects.filter(connection__in=connections, status=UNAUTHORISED)
    return {row.connection_id: row for row in rows if row.connection_id}


def _access(connections: Sequence[Connection]) -> dict[int, Access]:
    """Of every secret the values that are accepted now: one without an end is the one in force."""
    alive = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
    rows = ConnectionSecret.objects.filter(alive, connection__in=connections).values_list("connection", "name")
    have: dict[int, dict[str, datetime | None]] = defaultdict(dict)
    for pk, name, _until, newest in rows.annotate(Min("expires_at"), Max("expires_at")):
        have[pk][name] = newest
    return {row.pk: _access_of(row, have[row.pk]) for row in connections}


def _access_of(connection: Connection, have: dict[str, datetime | None]) -> Access:
    wanted = registry.CONNECTORS[connection.kind].secrets if connection.kind in registry.CONNECTORS else ()
    until = max((end for end in have.values() if end), default=None)
    return Access(tuple(name for name in wanted if name not in have), until)
