"""How much waits in each queue. One query, and none of its parts looks at more than COUNT_UP_TO items.

Finished items are never counted but for those that somebody finished since midnight: every part asks for the
unfinished states by name, which is what the partial indexes are made for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import IntegerField, OuterRef, QuerySet, Subquery
from django.utils import timezone

from inbox.models import Item
from inbox.models.item import ItemQuerySet
from inbox.selectors.filters import UNFINISHED
from inbox.selectors.sight import Sight
from teams.models import Team, User

COUNT_UP_TO = 1_000
Part = QuerySet[Any, Any]


@dataclass(frozen=True, slots=True)
class TeamCount:
    team: Team
    unfinished: int
    unclaimed: int


@dataclass(frozen=True, slots=True)
class Counts:
    """How much lies in each queue; no number is above COUNT_UP_TO."""

    mine: int = 0
    unclaimed: int = 0
    waiting: int = 0
    snoozed: int = 0
    returned: int = 0
    resolved_today: int = 0
    teams: tuple[TeamCount, ...] = ()
    more: dict[str, int] = field(default_factory=dict)


class _Count(Subquery):
    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


def bounded(rows: Part, *order: str) -> _Count:
    """How many rows there are, COUNT_UP_TO at most. In the order of an index they are read from it: expecting many
    rows, PostgreSQL else reads the table until it has enough of them, and all of it for a team that has none."""
    return _Count(rows.order_by(*order).values("pk")[:COUNT_UP_TO])


def counts(user: User, *, sight: Sight | None = None, more: Mapping[str, Part] | None = None) -> Counts:
    """How much waits for this person. `more` is counted along: anything else a page wants a number of."""
    sight = sight or Sight.of(user)
    open_teams = {team.pk: team for team in sight.seen if team.closed_at is None}
    rows = _counted(sight, open_teams, more or {})
    if not rows:
        return Counts(more=dict.fromkeys(more or {}, 0))
    total = {name: min(sum(row[f"{name}_items"] for row in rows), COUNT_UP_TO) for name in _SUMMED}
    return Counts(
        mine=rows[0]["held"],
        resolved_today=rows[0]["finished"],
        teams=tuple(_team_count(open_teams[row["id"]], row) for row in rows),
        more={name: rows[0][f"more_{number}"] for number, name in enumerate(more or {})},
        **total,
    )


_SUMMED = ("unclaimed", "waiting", "snoozed", "returned")


def _counted(sight: Sight, teams: Mapping[int, Team], more: Mapping[str, Part]) -> list[dict[str, Any]]:
    """A row a team. What belongs to no team stands in every row; PostgreSQL works it out once."""
    there = Item.objects.filter(team=OuterRef("pk"))
    mine = held(sight)
    found = Team.objects.filter(pk__in=list(teams)).annotate(
        unfinished_items=bounded(there.filter(state__in=UNFINISHED)),
        unclaimed_items=bounded(there.filter(state="open", assignee=None), "-priority", "waiting_since", "pk"),
        waiting_items=bounded(there.filter(state="waiting")),
        snoozed_items=bounded(there.filter(state="snoozed")),
        returned_items=bounded(there.filter(state="open", returned=True)),
        held=bounded(mine.filter(state__in=UNFINISHED)),
        finished=bounded(mine.filter(state="resolved", resolved_at__gte=_midnight())),
        **{f"more_{number}": bounded(rows) for number, rows in enumerate(more.values())},
    )
    return [dict(row) for row in found.values()]


def _team_count(team: Team, row: dict[str, Any]) -> TeamCount:
    return TeamCount(team, row["unfinished_items"], row["unclaimed_items"])


def held(sight: Sight) -> ItemQuerySet:
    """What this person holds, where they may look."""
    rows = Item.objects.filter(assignee=sight.user)
    return rows if sight.everything else rows.filter(team__in=sight.visible)


def _midnight() -> datetime:
    return timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
