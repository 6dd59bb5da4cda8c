"""Everything that an item's JSON holds, for a whole page of items in a handful of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.db.models import F, QuerySet, Window
from django.db.models.functions import RowNumber

from inbox.models import Activity, Decision, Handoff, Item, Message
from inbox.queue import look_up
from teams.models import User

IN_A_LIST = 20  # messages of each item in a list, the newest
IN_FULL = 1000
Row = TypeVar("Row", Message, Handoff, Activity)


@dataclass(frozen=True, slots=True)
class Gathered:
    item: Item
    messages: list[Message] = field(default_factory=list)
    decision: Decision | None = None
    handoffs: list[Handoff] = field(default_factory=list)
    activity: list[Activity] = field(default_factory=list)


def gather(items: Sequence[Item]) -> list[Gathered]:
    """A page of items, each with its newest messages."""
    ids = [item.pk for item in items]
    messages = _by_item(_newest(Message.objects.select_related("user", "identity", "outbound"), ids, IN_A_LIST))
    decisions, handoffs = _decisions(ids), _handoffs(ids)
    return [Gathered(item, _in_order(messages[item.pk]), decisions.get(item.pk), handoffs[item.pk]) for item in items]


def gather_one(item: int, viewer: User) -> Gathered:
    """One item with its whole story; NotFound for whoever may not see it."""
    row = look_up(item, viewer)
    messages = _newest(Message.objects.select_related("user", "identity", "outbound"), [item], IN_FULL)
    activity = _newest(Activity.objects.select_related("actor", "team"), [item], IN_FULL)
    return Gathered(
        row,
        _in_order(messages),
        _decisions([item]).get(item),
        _handoffs([item])[item],
        sorted(activity, key=lambda each: each.pk),
    )


def _newest(rows: QuerySet[Any], items: Sequence[int], limit: int) -> list[Any]:
    rank = Window(RowNumber(), partition_by=F("item"), order_by=F("id").desc())
    return list(rows.filter(item__in=items).annotate(rank=rank).filter(rank__lte=limit))


def _in_order(messages: Iterable[Message]) -> list[Message]:
    return sorted(messages, key=lambda message: (message.at, message.pk))


def _decisions(items: Sequence[int]) -> dict[int, Decision]:
    """The decision that put each item where rules wanted it: the last one that moved it."""
    rows = Decision.objects.filter(item__in=items, placed=True).select_related("team")
    return {row.item_id: row for row in rows.order_by("item", "-pk").distinct("item")}


def _handoffs(items: Sequence[int]) -> defaultdict[int, list[Handoff]]:
    rows = Handoff.objects.filter(item__in=items).order_by("pk")
    return _by_item(rows.select_related("from_team", "to_team", "by", "to_person", "settled_by"))


def _by_item(rows: Iterable[Row]) -> defaultdict[int, list[Row]]:
    found: defaultdict[int, list[Row]] = defaultdict(list)
    for row in rows:
        found[row.item_id].append(row)
    return found
