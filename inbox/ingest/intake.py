"""From leased events to items in queues: read, place, settle. Effects and `done` commit together.

A batch goes in one transaction, because that is what makes it fast. When it fails, each of its
events goes alone, so that one that cannot be stored takes none of its neighbours along.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta

from django.db import DataError, IntegrityError, transaction
from django.utils.translation import gettext as _

from connectors.base import Account, Verb
from inbox.ingest import change, moves, place
from inbox.ingest.complete import completed
from inbox.ingest.echo import without_echoes
from inbox.ingest.lease import bury, fail, lease, settle
from inbox.ingest.read import Found, Reading, at_home, read
from inbox.models import Event
from routing import rulesets

log = logging.getLogger(__name__)
State = Event.State
TRIES = 3  # for a batch that ran into a neighbour who inserted the same person or thread


class LeaseLost(Exception):
    """Another worker took these events over; what we did is rolled back."""


def digest(ids: Sequence[int]) -> int:
    """Digest the named events; returns how many were still ours to do."""
    return _work(lease(ids=ids, limit=len(ids)))


def digest_due(*, limit: int = 200, age: timedelta = timedelta()) -> int:
    """Digest whatever is due and older than `age`, named by nobody. Returns how many events were taken."""
    return _work(lease(limit=limit, age=age))


def _work(events: Sequence[Event]) -> int:
    accounts: dict[int, Account] = {}
    readings = []
    for event in events:
        if event.connection_id not in accounts:
            accounts[event.connection_id] = event.connection.account()
        try:
            reading = read(event, accounts[event.connection_id])
        except Exception as error:  # a connector's bug on one event must not take its neighbours along
            log.exception("event %s cannot be read", event.pk)
            fail(event, error)
            continue
        if reading.dead:
            bury(event, reading.dead)
        else:
            readings.append(reading)
    whole = [reading for reading in readings if not reading.is_partial]
    if whole and not _store(whole):
        for reading in whole:
            _store_alone(reading)
    for reading in completed([reading for reading in readings if reading.is_partial]):
        _store_alone(reading)
    return len(events)


def _store(readings: Sequence[Reading]) -> bool:
    """Try the whole batch; a race over a new person or thread is simply tried again."""
    for _try in range(TRIES):
        try:
            _commit(readings)
        except IntegrityError:
            continue
        except Exception as error:  # whatever it was, alone each event gets its own verdict
            log.info("a batch of %s goes event by event: %r", len(readings), error)
            return False
        return True
    return False


def _store_alone(reading: Reading) -> None:
    event = reading.event
    for _try in range(TRIES):
        try:
            return _commit([reading])
        except LeaseLost:
            return None
        except IntegrityError as error:
            last: Exception = error
        except DataError as error:
            return bury(event, _("It could not be stored: %(error)s") % {"error": error})
        except Exception as error:  # kept as the event's reason; it is tried again, then dead-lettered
            log.exception("event %s cannot be stored", event.pk)
            return fail(event, error)
    return fail(event, last)


def _commit(readings: Sequence[Reading]) -> None:
    found = [found for reading in readings for found in at_home(reading)]
    with transaction.atomic():
        apply(found)
        _settle(readings)
    change.settle_early(found)


def apply(found: Sequence[Found]) -> None:
    """Everything a batch of entries asks for, inside the caller's transaction."""
    moves.note(found)
    creates = without_echoes(moves.followed([each for each in found if each.entry.verb is Verb.CREATE]))
    if creates:
        place.place(creates, rulesets.current())
        change.settle_early(creates)
    change.apply_all([each for each in found if each.entry.verb is not Verb.CREATE])


def _settle(readings: Sequence[Reading]) -> None:
    broken = [reading for reading in readings if reading.broken]
    whole = [reading for reading in readings if not reading.broken]
    done = [r.event for r in whole if any(e.verb is not Verb.IGNORED for e in r.entries)]
    ignored = [r for r in whole if all(e.verb is Verb.IGNORED for e in r.entries)]
    settled = settle(done, State.DONE) if done else 0
    for reading in ignored:
        settled += settle([reading.event], State.IGNORED, reason=_why_ignored(reading))
    for reading in broken:
        settled += settle([reading.event], State.DEAD, reason="; ".join(reading.broken[:20]))
    if settled != len(readings):
        raise LeaseLost


def _why_ignored(reading: Reading) -> str:
    reasons = dict.fromkeys(entry.reason for entry in reading.entries if entry.reason)
    return "; ".join(reasons) or _("It holds nothing that anybody has to answer.")
