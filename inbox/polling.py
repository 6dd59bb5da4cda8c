"""Platforms that have to be asked: one page after the other, from the stored cursor, at the platform's pace.

A page's messages and the cursor behind them commit together, so a poll that dies is simply made again from
where the last one ended; after an outage that is the backfill. What comes twice is known by its object id.
An entry that cannot be read is kept as a dead event.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Coalesce, Now

from connectors import guard, registry
from connectors.base import NotConfigured, Page, ParseError, Poller, SendError, TokenRevoked, TryLater, Verb
from inbox import access, arrivals
from inbox.ingest import change, unread
from inbox.ingest.intake import apply
from inbox.ingest.read import Found
from inbox.models import Connection

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)  # a poller that dies gives its connection back after this
EVERY = timedelta(seconds=60)  # between polls, where the platform asks for no other pause
AFTER_ERROR = timedelta(minutes=2)
MOST_PAGES = 20  # in a row, before other connections get their turn
TRIES = 3


@dataclass(frozen=True, slots=True)
class Pace:
    """When to ask again, and what the platform left us."""

    wait: timedelta = EVERY
    remaining: int | None = None
    error: str = ""


def poll_due(*, limit: int = 5) -> int:
    """Poll the connections whose time has come; returns how many that were."""
    taken = _lease(limit)
    for connection in taken:
        _finish(connection, _poll(connection))
    return len(taken)


def pollers() -> dict[str, Poller]:
    """The connectors that can be asked."""
    return {kind: cast(Poller, each) for kind, each in registry.CONNECTORS.items() if hasattr(each, "poll")}


def _lease(limit: int) -> list[Connection]:
    with transaction.atomic():
        due = Connection.objects.annotate(due_at=Coalesce("poll_at", F("created_at"))).filter(
            kind__in=pollers(), state=Connection.State.ACTIVE, due_at__lte=Now()
        )
        rows: list[Connection] = list(due.select_for_update(skip_locked=True).order_by("due_at")[:limit])
        Connection.objects.filter(pk__in=[row.pk for row in rows]).update(poll_at=Now() + LEASE)
    return rows


def _poll(connection: Connection) -> Pace:
    """Ask until nothing more is there. No transaction is open while the platform thinks."""
    poller = pollers()[connection.kind]
    try:
        with guard.client(allow=settings.ALLOW_PRIVATE_HOSTS) as http:
            for _page in range(MOST_PAGES):
                page = poller.poll(connection.account(), connection.cursor, http)
                _keep(connection, page)
                if not page.more or page.wait:
                    return Pace(page.wait or EVERY, page.remaining, page.trouble)
        return Pace(timedelta(), page.remaining, page.trouble)
    except TokenRevoked as error:
        access.revoke(connection, error.reason)
        return Pace(error=error.reason)
    except TryLater as error:
        return Pace(error.after or AFTER_ERROR, error=error.reason)
    except (SendError, ParseError, NotConfigured) as error:
        return Pace(AFTER_ERROR, error=str(error))
    except Exception as error:  # a connector's bug must not stop the polling of the others
        log.exception("polling %s", connection.pk)
        return Pace(AFTER_ERROR, error=f"{type(error).__name__}: {error}")


def _keep(connection: Connection, page: Page) -> None:
    found = [Found(entry, connection, None) for entry in page.entries]
    for left in reversed(range(TRIES)):
        try:
            _commit(connection, page, found)
            break
        except IntegrityError:  # a worker stored the same person or thread in the same moment
            if not left:
                raise
    change.settle_early(found)
    connection.cursor = page.cursor


def _commit(connection: Connection, page: Page, found: list[Found]) -> None:
    with transaction.atomic():
        apply(found)
        unread.keep(connection, [entry for entry in page.entries if entry.verb is Verb.BROKEN])
        changes: dict[str, object] = {"cursor": page.cursor}
        if page.entries:
            changes["last_event_at"] = Now()
        Connection.objects.filter(pk=connection.pk).update(**changes)
        if page.entries:
            arrivals.mark(connection.pk)


def _finish(connection: Connection, pace: Pace) -> None:
    changes: dict[str, object] = {"poll_at": Now() + pace.wait, "rate_left": pace.remaining}
    if not pace.error:
        changes["asked_at"] = Now()
    else:
        changes |= {"last_error": pace.error.replace("\x00", "")[:2000], "last_error_at": Now()}
    Connection.objects.filter(pk=connection.pk).update(**changes)
