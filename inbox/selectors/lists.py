"""The lists of the inbox, page by page.

A page is found by walking indexes that are already in the order asked for. A person sees
several teams, and no index is in order over several teams at once, so each team (and state)
is walked by itself for one page at most and the walks are merged. What a page costs
therefore depends on its size and not on how much lies in the queue.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _

from inbox.models import Connection, Contact, Item, Message
from inbox.models.item import ItemQuerySet
from inbox.selectors import keyset
from inbox.selectors.filters import LARGEST_ID, ME, NOBODY, UNFINISHED, Filters
from inbox.selectors.keyset import Cursor, Order
from inbox.selectors.sight import Sight
from teams.errors import Invalid
from teams.models import User

PAGE = 50
LARGEST_PAGE = 200
_MOST_WALKS = 40
Dress = Callable[[ItemQuerySet], ItemQuerySet]


@dataclass(frozen=True, slots=True)
class ListPage:
    items: list[Item]
    next_cursor: str | None
    previous_cursor: str | None


def in_full(items: ItemQuerySet) -> ItemQuerySet:
    """Items with everything that their JSON tells of them."""
    rows = items.select_related("team", "assignee", "connection", "contact")
    return rows.prefetch_related("contact__identities")


def page(
    user: User,
    filters: Filters,
    *,
    cursor: str | None = None,
    size: int = PAGE,
    sight: Sight | None = None,
    dress: Dress = in_full,
) -> ListPage:
    """One page of what this person may see. `dress` says what is read along with each item."""
    order = keyset.ORDERS[filters.order]
    start = keyset.read(cursor, order)
    teams = _Teams.of(sight or Sight.of(user), filters)
    found = _rows(_walks(user, filters, teams), order, start, size + 1, dress)
    more = len(found) > size
    found = found[:size]
    if start and start.backwards:
        found.reverse()
    onward, back = (True, more) if start and start.backwards else (more, start is not None)
    return ListPage(
        items=found,
        next_cursor=Cursor(_key(found[-1], order)).text(order) if found and onward else None,
        previous_cursor=Cursor(_key(found[0], order), backwards=True).text(order) if found and back else None,
    )


@dataclass(frozen=True, slots=True)
class _Teams:
    """The teams a list may show. `everything` says that no team has to be left out."""

    ids: tuple[int, ...]
    everything: bool

    @classmethod
    def of(cls, sight: Sight, filters: Filters) -> _Teams:
        if filters.team:
            return cls((sight.team(filters.team).pk,), everything=False)
        return cls(sight.visible, everything=sight.everything)

    def narrow(self, items: ItemQuerySet) -> ItemQuerySet:
        return items if self.everything else items.filter(team__in=self.ids)


def _walks(user: User, filters: Filters, teams: _Teams) -> list[ItemQuerySet]:
    """The index walks that together make the list."""
    if not teams.ids:
        return []
    wanted = _wanted(user, filters)
    states: list[Q] = [Q(state=state) for state in sorted(filters.states)]
    if filters.assignee not in {"", NOBODY}:
        return [teams.narrow(wanted).filter(state) for state in states]
    if filters.states == UNFINISHED:
        states = [Q(state__in=UNFINISHED)]
    if _in_one_walk(filters, teams, len(states)):
        return [teams.narrow(wanted).filter(state) for state in states]
    return [wanted.filter(state, team=team) for state in states for team in teams.ids]


def _in_one_walk(filters: Filters, teams: _Teams, states: int) -> bool:
    """Whether to walk all teams at once: nothing is left out, or too many walks would have to be merged."""
    if filters.order == "urgent" or filters.assignee == NOBODY or filters.returned:
        return False
    return teams.everything or len(teams.ids) * states > _MOST_WALKS


def _wanted(user: User, filters: Filters) -> ItemQuerySet:
    """Every filter but team and state."""
    items = Item.objects.all()
    if filters.assignee:
        items = _assigned(items, user, filters.assignee)
    exact = {
        "kind": filters.kind,
        "connection_id": filters.connection,
        "priority": filters.priority,
        "returned": filters.returned,
        "labels__contains": [filters.label] if filters.label else None,
    }
    items = items.filter(**{name: value for name, value in exact.items() if value not in ("", None)})
    if filters.platform:
        items = items.filter(
            connection__in=list(Connection.objects.filter(kind=filters.platform).values_list("pk", flat=True))
        )
    return items.filter(_matching(filters.q)) if filters.q else items


def _assigned(items: ItemQuerySet, user: User, assignee: str) -> ItemQuerySet:
    if assignee == NOBODY:
        return items.filter(assignee=None)
    if assignee == ME:
        return items.filter(assignee=user)
    holder = User.objects.filter(username=assignee).values_list("pk", flat=True).first()
    if holder is None:
        raise Invalid(assignee=_("There is no such person."))
    return items.filter(assignee=holder)


def _matching(words: str) -> Q:
    """Words in a message, the name or handle of its author, or an item's number."""
    said = Message.objects.filter(text__icontains=words, deleted_at=None).values("item")
    named = Contact.objects.filter(
        Q(name__icontains=words) | Q(identities__handle__icontains=words) | Q(identities__name__icontains=words)
    )
    found = Q(pk__in=said) | Q(contact__in=named.values("pk"))
    number = words.removeprefix("#")
    if number.isascii() and number.isdecimal() and int(number) <= LARGEST_ID:
        found |= Q(pk=int(number))
    return found


def _rows(walks: Sequence[ItemQuerySet], order: Order, start: Cursor | None, size: int, dress: Dress) -> list[Item]:
    """The items of one page, found and read in one statement, so that none can leave for a hidden team in between."""
    if not walks:
        return []
    columns = dict(zip(_names(order), order.columns, strict=True))
    backwards = bool(start and start.backwards)
    try:
        sql, params = _keys(walks, order, start, size).query.sql_with_params()
    except EmptyResultSet:
        return []
    # No outside text in it: Django wrote the SQL, the values stand in its parameters.
    chosen = RawSQL(f"SELECT {_names(order)[-1]} FROM ({sql}) AS walked", params)  # noqa: S608, S611
    rows = dress(Item.objects.filter(pk__in=chosen)).annotate(**columns)
    return list(rows.order_by(*keyset.ordering(order, backwards=backwards)))


def _keys(
    walks: Sequence[ItemQuerySet], order: Order, start: Cursor | None, size: int
) -> QuerySet[Item, tuple[Any, ...]]:
    """The sort keys of one page, the item's id last in each."""
    found = [_walk(items, order, start, size) for items in walks]
    if len(found) == 1:
        return found[0]
    down = order.descending is not bool(start and start.backwards)
    merged = found[0].union(*found[1:], all=True)
    merged = merged.order_by(*[f"-{name}" if down else name for name in _names(order)])
    return merged[:size]


def _key(item: Item, order: Order) -> tuple[Any, ...]:
    return tuple(getattr(item, name) for name in _names(order))


def _walk(items: ItemQuerySet, order: Order, start: Cursor | None, size: int) -> QuerySet[Item, tuple[Any, ...]]:
    backwards = bool(start and start.backwards)
    if start:
        items = items.filter(keyset.beyond(order, start))
    columns = dict(zip(_names(order), order.columns, strict=True))
    ordered = items.order_by(*keyset.ordering(order, backwards=backwards)).annotate(**columns)
    return ordered.values_list(*columns)[:size]


def _names(order: Order) -> list[str]:
    return [f"key{number}" for number in range(len(order.columns))]
