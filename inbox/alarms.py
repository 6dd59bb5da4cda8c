"""What only a clock can say: an item is due soon, is overdue, or nobody claims it. The sweeper rings.

An item's `alarm_at` is when something has to be said next. Its row is locked while it is said, and the row
remembers what was said, so that several sweepers say nothing twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from inbox import notify, timeline
from inbox.clocks import FIELDS, Book, Rung
from inbox.live import nudge
from inbox.models import Item
from inbox.models.notification import Topic
from inbox.timeline import Verb
from teams import coverage
from teams.models import Team, User


def ring(*, limit: int = 200) -> int:
    """Say everything that is due now. Returns how many items were looked at."""
    with transaction.atomic():
        now = timezone.now()
        due = Item.objects.filter(alarm_at__lte=now).order_by("alarm_at", "pk").select_related("team", "connection")
        items = list(due.select_for_update(of=("self",), skip_locked=True)[:limit])
        book = Book({item.team for item in items})
        for item in items:
            _speak(item, book, now)
            book.wind(item, now)
            nudge(teams=[item.team_id], item=item.pk)
        if items:
            Item.objects.bulk_update(items, [*FIELDS, "warned_for", "overdue_for"])
    return len(items)


def _speak(item: Item, book: Book, now: datetime) -> None:
    book.wind(item, now)  # it may have been claimed, answered or moved since
    if item.due_at and item.due_at <= now and item.overdue_for != item.due_at:
        _overdue(item)
    warn_at = book.warn_at(item)
    if warn_at and warn_at <= now and item.due_at not in {item.warned_for, item.overdue_for}:
        _due_soon(item)
    for rung, at in list(book.rungs(item)):
        if at <= now:
            _raise(item, rung, now)


def which(item: Item) -> str:
    """The clock that is nearest to its end."""
    dues = {
        "first_reply": item.first_reply_due,
        "next_reply": item.next_reply_due,
        "resolution": item.resolution_due,
    }
    return next((name for name, due in dues.items() if due and due == item.due_at), "")


def _overdue(item: Item) -> None:
    item.overdue_for = item.due_at
    timeline.record(item, Verb.OVERDUE, clock=which(item), due=_iso(item.due_at))
    notify.tell(
        Topic.OVERDUE, item, {*_holder(item), *notify.leads(item.team)}, key=f"overdue-{item.pk}-{_iso(item.due_at)}"
    )


def _due_soon(item: Item) -> None:
    item.warned_for = item.due_at
    timeline.record(item, Verb.DUE_SOON, clock=which(item), due=_iso(item.due_at))
    people = _holder(item) or notify.members([item.team_id])
    notify.tell(Topic.DUE_SOON, item, people, key=f"soon-{item.pk}-{_iso(item.due_at)}")


def _raise(item: Item, rung: Rung, now: datetime) -> None:
    item.escalated = rung
    key = f"unclaimed-{item.pk}-{rung}-{_iso(item.unclaimed_since)}"
    told = notify.tell(Topic.UNCLAIMED, item, _on_rung(item.team, rung, now), key=key)
    timeline.record(item, Verb.ESCALATED, step=rung.name.lower(), people=told)


def _on_rung(team: Team, rung: Rung, now: datetime) -> Iterable[int]:
    if rung is Rung.TEAM:
        return notify.members([team.pk])
    if rung is Rung.LEAD:
        return notify.leads(team)
    if rung is Rung.COVER:
        covering = _covering(team, now)
        return notify.members([covering.pk]) if covering else ()
    return User.objects.filter(is_active=True).values_list("pk", flat=True)


def _covering(team: Team, now: datetime) -> Team | None:
    """Of those who stand in for the team the first on duty, or at least the first."""
    others = [link for link in coverage.chain(team)[1:] if link.closed_at is None]
    hours = coverage.hours_of(others)
    return next((link for link in others if hours[link.pk].on_duty(now)), others[0] if others else None)


def _holder(item: Item) -> set[int]:
    return {item.assignee_id} if item.assignee_id else set()


def _iso(at: datetime | None) -> str:
    return at.isoformat(timespec="seconds") if at else ""
