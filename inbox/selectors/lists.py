"""The lists of the inbox: one page of a queue, and how much waits in each.

A page is found by walking indexes that are already in the order asked for. A person sees
several teams, and no index is in order over several teams at once, so each team (and state)
is walked by itself for one page at most and the walks are merged. What a page costs
therefore depends on its size and not on how much lies in the queue.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import IntegerField, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from inbox.models import Connection, Contact, Item, Message
from inbox.models.item import ItemQuerySet
from inbox.selectors import keyset
from inbox.selectors.filters import LARGEST_ID, ME, NOBODY, UNFINISHED, Filters
from inbox.selectors.keyset import Cursor, Order
from teams.errors import Invalid
from teams.models import Team, User

PAGE = 50
LARGEST_PAGE = 200
COUNT_UP_TO = 1_000
_MOST_WALKS = 40


@dataclass(frozen=True, slots=True)
class ListPage:
    items: list[Item]
    next_cursor: str | None
    previous_cursor: str | None


@dataclass(frozen=True, slots=True)
class TeamCount:
    team: Team
    unfinished: int
    unclaimed: int


@dataclass(frozen=True, slots=True)
class Counts:
    """How much lies in each queue; no number is above COUNT_UP_TO."""

    mine: int
    unclaimed: int
    waiting: int
    snoozed: int
    returned: int
    resolved_today: int
    teams: tuple[TeamCount, ...]


def page(user: User, filters: Filters, *, cursor: str | None = None, size: int = PAGE) -> ListPage:
    """One page of what this person may see."""
    order = keyset.ORDERS[filters.order]
    start = keyset.read(cursor, order)
    teams = _Teams.of(user, filters)
    keys = _keys(_walks(user, filters, teams), order, start, size + 1)
    more = len(keys) > size
    keys = keys[:size]
    if start and start.backwards:
        keys.reverse()
    onward, back = (True, more) if start and start.backwards else (more, start is not None)
    return ListPage(
        items=_rows([key[-1] for key in keys], teams),
        next_cursor=Cursor(keys[-1]).text(order) if keys and onward else None,
        previous_cursor=Cursor(keys[0], backwards=True).text(order) if keys and back else None,
    )


def counts(user: User) -> Counts:
    """How much waits for this person. Finished items are never looked at but for those done since midnight."""
    teams = list(
        Team.objects.visible_to(user)
        .open()
        .annotate(
            unfinished_items=_count(Item.objects.filter(team=OuterRef("pk"), state__in=UNFINISHED)),
            unclaimed_items=_count(Item.objects.filter(team=OuterRef("pk"), state="open", assignee=None)),
            waiting_items=_count(Item.objects.filter(team=OuterRef("pk"), state="waiting")),
            snoozed_items=_count(Item.objects.filter(team=OuterRef("pk"), state="snoozed")),
            returned_items=_count(Item.objects.filter(team=OuterRef("pk"), state="open", returned=True)),
        )
    )
    total = {name: sum(_annotated(team, f"{name}_items") for team in teams) for name in _SUMMED}
    return Counts(
        mine=_held(user).filter(state__in=UNFINISHED)[:COUNT_UP_TO].count(),
        resolved_today=_held(user).filter(state="resolved", resolved_at__gte=_midnight())[:COUNT_UP_TO].count(),
        teams=tuple(_team_count(team) for team in teams),
        **{name: min(number, COUNT_UP_TO) for name, number in total.items()},
    )


def _team_count(team: Team) -> TeamCount:
    return TeamCount(team, _annotated(team, "unfinished_items"), _annotated(team, "unclaimed_items"))


def _annotated(team: Team, name: str) -> int:
    return int(getattr(team, name))


_SUMMED = ("unclaimed", "waiting", "snoozed", "returned")


@dataclass(frozen=True, slots=True)
class _Teams:
    """The teams a list may show. `everything` says that no team has to be left out."""

    ids: tuple[int, ...]
    everything: bool

    @classmethod
    def of(cls, user: User, filters: Filters) -> _Teams:
        visible = dict(Team.objects.visible_to(user).values_list("slug", "pk"))
        if filters.team:
            if filters.team not in visible:
                raise Invalid(team=_("There is no such team."))
            return cls((visible[filters.team],), everything=False)
        return cls(tuple(visible.values()), everything=len(visible) == Team.objects.count())

    def narrow(self, items: ItemQuerySet) -> ItemQuerySet:
        return items if self.everything else items.filter(team__in=self.ids)


class _Count(Subquery):
    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


def _count(items: ItemQuerySet) -> _Count:
    return _Count(items.order_by().values("pk")[:COUNT_UP_TO])


def _held(user: User) -> ItemQuerySet:
    return Item.objects.visible_to(user).filter(assignee=user)


def _midnight() -> Any:
    return timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)


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


def _keys(walks: Sequence[ItemQuerySet], order: Order, start: Cursor | None, size: int) -> list[tuple[Any, ...]]:
    """The sort keys of one page, the item's id last in each."""
    if not walks:
        return []
    found = [_walk(items, order, start, size) for items in walks]
    if len(found) == 1:
        return list(found[0])
    backwards = bool(start and start.backwards)
    down = order.descending is not backwards
    merged = found[0].union(*found[1:], all=True)
    merged = merged.order_by(*[f"-{name}" if down else name for name in _names(order)])
    return list(merged[:size])


def _walk(items: ItemQuerySet, order: Order, start: Cursor | None, size: int) -> QuerySet[Item, tuple[Any, ...]]:
    backwards = bool(start and start.backwards)
    if start:
        items = items.filter(keyset.beyond(order, start))
    columns = dict(zip(_names(order), order.columns, strict=True))
    ordered = items.order_by(*keyset.ordering(order, backwards=backwards)).annotate(**columns)
    return ordered.values_list(*columns)[:size]


def _names(order: Order) -> list[str]:
    return [f"key{number}" for number in range(len(order.columns))]


def _rows(ids: Sequence[int], teams: _Teams) -> list[Item]:
    """The items themselves, in the order of their ids. One that left for a hidden team meanwhile is left out."""
    rows = teams.narrow(Item.objects.filter(pk__in=ids)).select_related("team", "assignee", "connection", "contact")
    found = {item.pk: item for item in rows.prefetch_related("contact__identities")}
    return [found[pk] for pk in ids if pk in found]
