"""What one row of a list says, and the headings between rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Coalesce, NullIf
from django.utils import timezone
from django.utils.translation import gettext

from inbox.models import Decision, Identity, Item
from inbox.models.item import ItemQuerySet
from inbox.selectors import lists
from inbox.selectors.sight import Sight
from inbox.views import marks
from inbox.views.scopes import Scope
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


def page(sight: Sight, scope: Scope, cursor: str | None) -> Page:
    """One page of a list, ready to be drawn."""
    found = lists.page(sight.user, scope.filters, cursor=cursor, sight=sight, dress=_dressed)
    rows = [Row(item, _name(item), marks.find(item.preview, _words(item))) for item in found.items]
    return Page(scope, list(_groups(rows, scope.filters.order)), found.next_cursor, found.previous_cursor)


def _dressed(items: ItemQuerySet) -> ItemQuerySet:
    """Items with what a row shows of them: who wrote, and the words that brought them where they are."""
    identities = Identity.objects.filter(contact=OuterRef("contact")).order_by("pk")
    called = Coalesce(NullIf("handle", Value("")), NullIf("name", Value("")), "external_id")
    placed = Decision.objects.filter(item=OuterRef("pk"), placed=True).order_by("-pk")
    return items.select_related("team", "assignee", "connection", "contact").annotate(
        called=Subquery(identities.values(shown=called)[:1]),
        decided=Subquery(placed.values("outcome")[:1]),
    )


def _name(item: Item) -> str:
    """As `name_of`, of a row that was read for a list."""
    name = item.contact.name if item.contact else ""
    return name or getattr(item, "called", None) or gettext("Somebody")


def name_of(item: Item, identities: Sequence[Identity]) -> str:
    """Who wrote: the contact's name, else a handle of theirs."""
    name = item.contact.name if item.contact else ""
    return name or next(map(str, identities), "") or gettext("Somebody")


def _words(item: Item) -> list[str]:
    """The words that brought the item where it is."""
    outcome = getattr(item, "decided", None) or {}
    return [str(hit.get("text", "")) for hit in outcome.get("hits", [])]


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
