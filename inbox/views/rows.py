"""What one row of a list says, and the headings between rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby

from django.db.models import OuterRef, Subquery, TextChoices, Value
from django.db.models.functions import Coalesce, NullIf
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

from inbox.models import Decision, Identity, Item, ItemRead
from inbox.models.item import ItemQuerySet
from inbox.selectors import lists, search
from inbox.selectors.sight import Sight
from inbox.selectors.words import Term
from inbox.views import marks
from inbox.views.scopes import Scope
from teams.models import User
from teams.templatetags.page import day_name


class Urgency(TextChoices):
    """The headings of a list whose most urgent items come first."""

    OVERDUE = "overdue", gettext_lazy("Overdue")
    SOON = "soon", gettext_lazy("Due within the hour")
    TODAY = "today", gettext_lazy("Later today")
    LATER = "later", gettext_lazy("Another day")
    NONE = "none", gettext_lazy("No clock")


@dataclass(frozen=True, slots=True)
class Row:
    item: Item
    name: str
    parts: list[marks.Part]
    in_note: bool = False  # the words were found in a note

    @property
    def unread(self) -> bool:
        """Something came that the viewer has not looked at."""
        until: datetime | None = getattr(self.item, "read_until", None)
        return until is None or until < self.item.last_message_at

    @property
    def left(self) -> timedelta | None:
        """How long until the nearest clock runs out; below zero once it has."""
        return self.item.due_at - timezone.now() if self.item.due_at else None

    @property
    def lateness(self) -> str:
        """late, soon (within the last quarter of its time), or nothing to say."""
        if self.left is None or self.item.due_at is None:
            return ""
        if self.left <= timedelta():
            return "late"
        start = self.item.due_from or self.item.due_at
        return "soon" if self.left <= (self.item.due_at - start) / 4 else ""


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    rows: list[Row]
    is_late: bool = False
    is_whole: bool = True  # none of it stands on another page


@dataclass(frozen=True, slots=True)
class Page:
    scope: Scope
    groups: list[Group]
    next_cursor: str | None
    previous_cursor: str | None
    complete: bool = True

    @property
    def length(self) -> int:
        return sum(len(group.rows) for group in self.groups)


def page(sight: Sight, scope: Scope, cursor: str | None, *, deep: bool = True) -> Page:
    """One page of a list, ready to be drawn."""
    dress = partial(_dressed, viewer=sight.user)
    found = lists.page(sight.user, scope.filters, cursor=cursor, sight=sight, dress=dress, deep=deep)
    terms = scope.filters.terms
    texts = search.texts([item.pk for item in found.items], terms)
    rows = [_row(item, texts, terms) for item in found.items]
    groups = _cut(list(_groups(rows, scope.filters.order)), found)
    return Page(scope, groups, found.next_cursor, found.previous_cursor, found.complete)


def _row(item: Item, texts: Mapping[int, tuple[str, bool]], terms: Sequence[Term]) -> Row:
    """What was searched for is marked where it was found; otherwise the words that brought the item here."""
    if item.pk in texts:
        text, in_note = texts[item.pk]
        return Row(item, _name(item), marks.around(text, [term.text for term in terms if not term.without]), in_note)
    return Row(item, _name(item), marks.find(item.preview, _words(item)))


def _dressed(items: ItemQuerySet, *, viewer: User) -> ItemQuerySet:
    """Items with what a row shows of them: who wrote, what brought them where they are, how far they are read."""
    identities = Identity.objects.filter(contact=OuterRef("contact")).order_by("pk")
    called = Coalesce(NullIf("handle", Value("")), NullIf("name", Value("")), "external_id")
    placed = Decision.objects.filter(item=OuterRef("pk"), placed=True).order_by("-pk")
    read = ItemRead.objects.filter(item=OuterRef("pk"), user=viewer)
    return items.select_related("team", "assignee", "connection", "contact").annotate(
        called=Subquery(identities.values(shown=called)[:1]),
        decided=Subquery(placed.values("outcome")[:1]),
        read_until=Subquery(read.values("until")[:1]),
    )


def names(viewer: User, items: Sequence[int]) -> dict[int, str]:
    """Who wrote these items, as a list calls them; what the viewer may not see has no name."""
    seen = Item.objects.visible_to(viewer).filter(pk__in=items)
    return {item.pk: _name(item) for item in _dressed(seen, viewer=viewer)}


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
    if order == "urgent":
        for urgency, members in groupby(rows, key=_urgency):
            yield Group(str(urgency.label), list(members), is_late=urgency is Urgency.OVERDUE)
        return
    for title, members in groupby(rows, key=_day):
        yield Group(title, list(members))


def _cut(groups: list[Group], found: lists.ListPage) -> list[Group]:
    """The same, with the groups marked that may go on before or after this page: their number is not known."""
    if groups and found.previous_cursor:
        groups[0] = replace(groups[0], is_whole=False)
    if groups and found.next_cursor:
        groups[-1] = replace(groups[-1], is_whole=False)
    return groups


def _urgency(row: Row) -> Urgency:
    due, left = row.item.due_at, row.left
    if due is None or left is None:
        return Urgency.NONE
    if left <= timedelta():
        return Urgency.OVERDUE
    if left <= timedelta(hours=1):
        return Urgency.SOON
    return Urgency.TODAY if timezone.localtime(due).date() == timezone.localdate() else Urgency.LATER


def _day(row: Row) -> str:
    local = timezone.localtime(row.item.last_message_at)
    age = (timezone.localdate() - local.date()).days
    return day_name(row.item.last_message_at) if age < 2 else gettext("Earlier")
