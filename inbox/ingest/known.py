"""What the database already has of a batch: its messages, and the items they continue."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q, QuerySet

from inbox.ingest.read import Found
from inbox.models import Decision, Handoff, Item, Message

ObjectKey = tuple[int, str]  # connection, external id


def locked(wanted: Q) -> QuerySet[Item]:
    """No joins here: a row that we waited for would be checked against the team it had before, and be missed."""
    return Item.objects.select_for_update().filter(wanted).order_by("pk")


def unknown(creates: Sequence[Found]) -> list[Found]:
    """The messages we do not have, each once, in the order they came."""
    first: dict[ObjectKey, Found] = {}
    for found in creates:
        first.setdefault((found.connection.pk, found.entry.external_id[:512]), found)
    known = {(message.connection_id, message.external_id) for message in messages(set(first))}
    return [found for key, found in first.items() if key not in known]


def messages(keys: set[ObjectKey]) -> list[Message]:
    if not keys:
        return []
    rows = Message.objects.filter(
        connection__in={connection for connection, _id in keys}, external_id__in={id_ for _c, id_ in keys}
    ).only("connection_id", "external_id", "item_id")
    return [row for row in rows if (row.connection_id, row.external_id) in keys]


def moved_by_people_or_rules(items: dict[int, Item]) -> set[int]:
    """Items that stay where they are: a rule matched, somebody holds them, or they were handed over."""
    if not items:
        return set()
    ruled = Decision.objects.filter(item__in=items, placed=True, rule_id__isnull=False).values_list("item", flat=True)
    handed = Handoff.objects.filter(item__in=items).values_list("item", flat=True)
    taken = {pk for pk, item in items.items() if item.assignee_id or item.state != Item.State.OPEN}
    return {*ruled, *handed, *taken}
