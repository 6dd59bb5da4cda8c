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

from inbox.models import Item
from inbox.models.item import ItemQuerySet
from inbox.selectors import keyset, search
from inbox.selectors.filters import NOBODY, UNFINISHED, Filters
from inbox.selectors.keyset import Cursor, Order
from inbox.selectors.narrow import narrowed, team_ids
from inbox.selectors.sight import Sight
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
    complete: bool = True  # of a search: whether everything was looked through, and not the newest items alone


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
    deep: bool = True,
) -> ListPage:
    """One page of what this person may see. `dress` says what is read along with each item.

    Not `deep`, a search for words looks at the newest items of the list and no further.
    """
    order = keyset.ORDERS[filters.order]
    start = keyset.read(cursor, order)
    asked = _Asked(user, filters, _Teams.of(sight or Sight.of(user), filters), order, start, size + 1, dress)
    found, complete = asked.found(deep=deep)
    more = len(found) > size
    found = found[:size]
    if start and start.backwards:
        found.reverse()
    onward, back = (True, more) if start and start.backwards else (more, start is not None)
    return ListPage(
        items=found,
        next_cursor=Cursor(_key(found[-1], order)).text(order) if found and onward else None,
        previous_cursor=Cursor(_key(found[0], order), backwards=True).text(order) if found and back else None,
        complete=complete,
    )


@dataclass(frozen=True, slots=True)
class _Teams:
    """The teams a list may show. `everything` says that no team has to be left out."""

    ids: tuple[int, ...]
    everything: bool

    @classmethod
    def of(cls, sight: Sight, filters: Filters) -> _Teams:
        ids = team_ids(sight, filters)
        return cls(ids, everything=sight.everything and ids == sight.visible)

    def narrow(self, items: ItemQuerySet) -> ItemQuerySet:
        return items if self.everything else items.filter(team__in=self.ids)


def _walks(user: User, filters: Filters, teams: _Teams) -> list[ItemQuerySet]:
    """The index walks that together make the list."""
    if not teams.ids:
        return []
    wanted = narrowed(user, filters)
    states: list[Q] = [Q(state=state) for state in sorted(filters.all_states)]
    if filters.assignee not in {"", NOBODY}:
        return [teams.narrow(wanted).filter(state) for state in states]
    if filters.all_states == UNFINISHED:
        states = [Q(state__in=UNFINISHED)]
    if _in_one_walk(filters, teams, len(states)):
        return [teams.narrow(wanted).filter(state) for state in states]
    return [wanted.filter(state, team=team) for state in states for team in teams.ids]


def _in_one_walk(filters: Filters, teams: _Teams, states: int) -> bool:
    """Whether to walk all teams at once: nothing is left out, or too many walks would have to be merged."""
    if filters.order == "urgent" or filters.assignee == NOBODY or filters.returned:
        return False
    return teams.everything or len(teams.ids) * states > _MOST_WALKS


@dataclass(frozen=True, slots=True)
class _Asked:
    """One page that is asked for."""

    user: User
    filters: Filters
    teams: _Teams
    order: Order
    start: Cursor | None
    size: int
    dress: Dress

    def found(self, *, deep: bool) -> tuple[list[Item], bool]:
        """The items of the page, and whether all that fit were looked for.

        Each list is found and read in one statement, so that no item can leave for a hidden team in between.
        """
        walks, terms = _walks(self.user, self.filters, self.teams), self.filters.terms
        reach = search.WINDOW if terms else self.size
        try:
            sql, params = _keys(walks, self.order, self.start, reach).query.sql_with_params()
        except EmptyResultSet:
            return [], True
        found = self._in_order(Item.objects.filter(pk__in=self._chosen(sql, params)))
        if not terms or len(found) == self.size:
            return found, True
        reached, halves = search.reached(sql, params)
        if reached < reach or not deep:
            return found, reached < reach
        beyond = self._beyond(halves=halves)
        return (found, False) if beyond is None else (beyond, True)

    def _chosen(self, walk: str, params: Sequence[Any]) -> RawSQL:
        """The items of the page: the first of the walk that hold every term. The walk is in order already, so it is
        gone along no further than the page is long."""
        names, down = _names(self.order), self.order.descending is not self._is_backwards
        where: str = ""
        if self.filters.terms:
            fitting = Item.objects.filter(*map(search.fits, self.filters.terms), pk=RawSQL(f"walked.{names[-1]}", ()))  # noqa: S611  # nosec
            inner, values = fitting.values("pk").query.sql_with_params()
            where, params = f" WHERE EXISTS ({inner})", (*params, *values)
        order = ", ".join(f"{name} {'DESC' if down else 'ASC'}" for name in names)
        # No outside text in it: Django wrote the SQL, the values stand in its parameters.
        sql = f"SELECT {names[-1]} FROM ({walk}) AS walked{where} ORDER BY {order} LIMIT {self.size}"  # noqa: S608  # nosec
        return RawSQL(sql, params)  # noqa: S611  # nosec

    @property
    def _is_backwards(self) -> bool:
        return bool(self.start and self.start.backwards)

    def _beyond(self, *, halves: bool) -> list[Item] | None:
        """The page out of the whole list, by way of the items that hold its rarest term; None where none is rare."""
        rare = search.rarest(self.filters.terms, halves=halves)
        if rare is None:
            return None
        term, ids = rare
        others = [search.fits(each) for each in self.filters.terms if each != term]
        rows = self.teams.narrow(narrowed(self.user, self.filters))
        rows = rows.filter(*others, pk__in=ids, state__in=sorted(self.filters.all_states))
        rows = rows.filter(keyset.beyond(self.order, self.start)) if self.start else rows
        page = rows.order_by(*keyset.ordering(self.order, backwards=self._is_backwards)).values("pk")[: self.size]
        return self._in_order(Item.objects.filter(pk__in=page))  # cut before anything is joined to it

    def _in_order(self, rows: ItemQuerySet) -> list[Item]:
        columns = dict(zip(_names(self.order), self.order.columns, strict=True))
        ordered = keyset.ordering(self.order, backwards=self._is_backwards)
        return list(self.dress(rows).annotate(**columns).order_by(*ordered)[: self.size])


def _keys(
    walks: Sequence[ItemQuerySet], order: Order, start: Cursor | None, size: int
) -> QuerySet[Item, tuple[Any, ...]]:
    """The sort keys of one page, the item's id last in each."""
    found = [_walk(items, order, start, size) for items in walks or [Item.objects.none()]]
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
