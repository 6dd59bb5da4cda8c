"""What one row of a list says, and the headings between rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from django.utils import timezone
from django.utils.translation import gettext

from inbox.models import Decision, Identity, Item
from inbox.selectors import lists
from inbox.views import marks
from inbox.views.scopes import Scope
from teams.models import User
from teams.templatetags.page import day_name


@dataclass(frozen=True, slots=True)
class Row:
    item: Item
    name: str
    parts: list[marks.Part]

    @property
    def waits(self) -> bool:
        """Somebody outside waits for an answer."""
        return self.item.state == Item.State.OPEN and self.item.waiting_since is not None


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    rows: list[Row]


@dataclass(frozen=True, slots=True)
class Page:
    scope: Scope
    groups: list[Group]
    next_cursor: str | None
    previous_cursor: str | None

    @property
    def length(self) -> int:
        return sum(len(group.rows) for group in self.groups)


def page(user: User, scope: Scope, cursor: str | None) -> Page:
    """One page of a list, ready to be drawn."""
    found = lists.page(user, scope.filters, cursor=cursor)
    words = _matched(found.items)
    rows = [Row(item, name_of(item), marks.find(item.preview, words.get(item.pk, []))) for item in found.items]
    return Page(scope, list(_groups(rows, scope.filters.order)), found.next_cursor, found.previous_cursor)


def name_of(item: Item) -> str:
    """Who wrote: the contact's name, else a handle of theirs."""
    if item.contact is None:
        return gettext("Somebody")
    identity: Identity | None = next(iter(item.contact.identities.all()), None)
    return item.contact.name or (str(identity) if identity else "") or gettext("Somebody")


def _matched(items: Iterable[Item]) -> dict[int, list[str]]:
    """The words that brought each item where it is."""
    ids = [item.pk for item in items]
    placed = Decision.objects.filter(item__in=ids, placed=True).order_by("item_id", "-pk").distinct("item_id")
    return {
        pk: [str(hit.get("text", "")) for hit in outcome.get("hits", [])]
        for pk, outcome in placed.values_list("item_id", "outcome")
    }


def _groups(rows: list[Row], order: str) -> Iterator[Group]:
    heading = _urgency if order == "urgent" else _day
    for title, members in groupby(rows, key=heading):
        yield Group(title, list(members))


def _urgency(row: Row) -> str:
    return gettext("%(priority)s priority") % {"priority": Item.Priority(row.item.priority).label}


def _day(row: Row) -> str:
    local = timezone.localtime(row.item.last_message_at)
    age = (timezone.localdate() - local.date()).days
    return day_name(row.item.last_message_at) if age < 2 else gettext("Earlier")
