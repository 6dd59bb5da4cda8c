"""What to do next: missed targets first, then by priority, then who has waited longest."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from django.db.models import QuerySet
from django.utils import timezone

from inbox.models import Item

FOREVER = datetime.max.replace(tzinfo=UTC)


def first(
    teams: Iterable[int], *, limit: int, without: Iterable[int] = (), platforms: Iterable[str] = ()
) -> list[Item]:
    """The most urgent unclaimed items of these teams. Each team is one walk of an index."""
    now, left_out, full = timezone.now(), list(without), list(platforms)
    found: dict[int, Item] = {}
    for team in teams:
        free = Item.objects.filter(team=team, state=Item.State.OPEN, assignee=None)
        free = free.select_related("connection", "contact")
        free = free.exclude(pk__in=left_out) if left_out else free
        free = free.exclude(connection__kind__in=full) if full else free
        for some in (_overdue(free, now), free.order_by("-priority", "waiting_since", "pk")):
            found.update({item.pk: item for item in some[:limit]})
    return sorted(found.values(), key=lambda item: rank(item, now))[:limit]


def _overdue(free: QuerySet[Item], now: datetime) -> QuerySet[Item]:
    return free.filter(due_at__lte=now).order_by("due_at", "pk")


def rank(item: Item, now: datetime) -> tuple[bool, int, datetime, int]:
    overdue = item.due_at is not None and item.due_at <= now
    return (not overdue, -item.priority, item.waiting_since or FOREVER, item.pk)
