"""What the broker forgot, and what only a clock can do. With Redis gone, this alone keeps the product going.

It runs in two processes: `manage.py sweep` all the time, and a beat task. Rows are leased with
SKIP LOCKED, so several sweepers help each other and never do the same row twice.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from inbox import (
    alarms,
    assignment,
    attachments,
    clocks,
    delivery,
    leftovers,
    mail,
    outcomes,
    polling,
    push,
    timeline,
)
from inbox.ingest import change, digest_due
from inbox.live import nudge
from inbox.models import Item
from inbox.timeline import Verb
from routing import uses

GRACE = timedelta(seconds=2)  # how long the workers get before the sweeper helps
BATCH = 200


@dataclass(frozen=True, slots=True)
class Swept:
    """How many rows one round touched."""

    digested: int = 0
    delivered: int = 0
    expired: int = 0
    woken: int = 0
    changed: int = 0
    rung: int = 0
    rewound: int = 0
    taken_back: int = 0
    assigned: int = 0
    mailed: int = 0
    pushed: int = 0
    polled: int = 0
    fetched: int = 0
    forgotten: int = 0
    discarded: int = 0

    def __bool__(self) -> bool:
        return any(astuple(self))

    def __add__(self, other: Swept) -> Swept:
        return Swept(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))


def sweep(*, grace: timedelta = GRACE) -> Swept:
    """One round over everything that is due."""
    return tidy(grace=grace) + carry()


def tidy(*, grace: timedelta = GRACE) -> Swept:
    """What only needs the database."""
    return Swept(
        digested=digest_due(limit=BATCH, age=grace),
        woken=wake_due(),
        expired=delivery.expire(),
        changed=change.settle_all_early(),
        rewound=clocks.rewind_some(),
        rung=alarms.ring(),
        taken_back=assignment.release_absent() + assignment.release_unseen(),
        assigned=assignment.assign_due(),
        forgotten=uses.prune() + outcomes.forget_early_receipts(),
        discarded=leftovers.discard_unsent() + leftovers.discard_unknown(),
    )


def carry() -> Swept:
    """What goes out over the network, and may take its time."""
    return Swept(
        delivered=delivery.deliver(limit=20),
        mailed=mail.send_due(),
        pushed=push.send_due(),
        fetched=attachments.fetch_due(),
        polled=polling.poll_due(),
    )


def drain() -> Swept:
    """Work all rows that are due now, in this process, without Redis."""
    total = Swept()
    while round_ := sweep(grace=timedelta()):
        total += round_
    return total


def wake_due(*, limit: int = 200) -> int:
    """Wake the snoozed items whose time has come."""
    with transaction.atomic():
        due = Item.objects.filter(state=Item.State.SNOOZED, snoozed_until__lte=Now()).order_by("snoozed_until")
        items = list(due.select_for_update(skip_locked=True)[:limit])
        for item in items:
            Item.objects.filter(pk=item.pk).update(state=Item.State.OPEN, snoozed_until=None, version=F("version") + 1)
            timeline.record(item, Verb.WOKE)
        clocks.rewind([item.pk for item in items])
        for item in items:
            nudge(teams=[item.team_id], item=item.pk, users=[item.assignee_id] if item.assignee_id else [])
    return len(items)
