"""Clocks: by when an item wants a first reply, the next reply, and to be done; and who is told before and after.

Reply clocks run while the customer waits, from when this team has the item: the customer's own waiting time
keeps its age beside it. The resolution clock stands still while we wait for the customer. All lengths are the
team's hours of duty. `Book.wind` sets an item's clocks from what it is now; whoever changes an item calls it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from django.db import transaction
from django.utils import timezone

from inbox.models import Item, Outbound, Target
from teams.coverage import Hours, hours_of
from teams.models import Team

State = Item.State
FIELDS = [
    "first_reply_due", "next_reply_due", "resolution_due", "resolution_spent", "running_since", "due_at",
    "due_from", "unclaimed_since", "escalated", "alarm_at",
]  # fmt: skip
WARN_AT = 0.75  # of a clock's time: within the last quarter it is nearly due
NOTHING_SENT = [Outbound.State.FAILED, Outbound.State.CANCELLED]


class Rung(IntEnum):
    """The ladder for items that nobody claims."""

    TEAM = 1
    LEAD = 2
    COVER = 3
    EVERYONE = 4


@dataclass(frozen=True, slots=True)
class Running:
    """One clock that runs: from when, for how long, and when it ends."""

    start: datetime
    length: timedelta
    due: datetime


@dataclass(frozen=True, slots=True)
class Goals:
    first_reply: timedelta | None = None
    next_reply: timedelta | None = None
    resolution: timedelta | None = None


class Book:
    """The targets and hours of some teams, read once."""

    def __init__(self, teams: Iterable[Team]) -> None:
        self.teams = {team.pk: team for team in teams}
        self.hours = hours_of(self.teams.values())
        self.targets = list(Target.objects.all())

    def covered(self, at: datetime) -> frozenset[str]:
        """The short names of these teams that are on duty."""
        return frozenset(team.slug for team in self.teams.values() if self.hours[team.pk].on_duty(at))

    def somebody_covers(self, team: Team, at: datetime) -> bool:
        """Whether the team, or one of those that stand in for it, is on duty."""
        met: set[int] = set()
        link: Team | None = team
        while link is not None and link.pk not in met:
            met.add(link.pk)
            if link.pk in self.hours and self.hours[link.pk].on_duty(at):
                return True
            link = self.teams.get(link.covered_by_id or 0)
        return False

    def goals(self, item: Item) -> Goals:
        """For each time the most particular target that sets it."""
        fitting = sorted((row for row in self.targets if _fits(row, item)), key=_particular, reverse=True)
        return Goals(*(_first(fitting, name) for name in ("first_reply", "next_reply", "resolution")))

    def wind(self, item: Item, now: datetime | None = None) -> None:
        """Set the item's clocks by its present state; the caller saves it."""
        self._know(item)
        now, hours, goals = now or timezone.now(), self.hours[item.team_id], self.goals(item)
        reply = self._reply(item, goals, hours)
        first, later = (reply, None) if item.first_reply_at is None else (None, reply)
        done = self._resolution(item, goals, hours, now)
        item.first_reply_due, item.next_reply_due = _due(first), _due(later)
        item.resolution_due = _due(done)
        nearest = min((clock for clock in (reply, done) if clock), key=lambda clock: clock.due, default=None)
        item.due_at, item.due_from = _due(nearest), nearest.start if nearest else None
        _note_unclaimed(item, now)
        item.alarm_at = min((at for at in self._alarms(item, hours, nearest)), default=None)

    def rungs(self, item: Item) -> Iterator[tuple[Rung, datetime]]:
        """The steps of the ladder that are still before an unclaimed item, and when each is due."""
        team = self.teams[item.team_id]
        minutes = (team.escalate_team, team.escalate_lead, team.escalate_cover, team.escalate_everyone)
        for rung, wait in zip(Rung, minutes, strict=True):
            if item.unclaimed_since and wait is not None and rung > item.escalated:
                yield rung, self.hours[item.team_id].add(item.unclaimed_since, timedelta(minutes=wait))

    def warn_at(self, item: Item) -> datetime | None:
        """When the nearest clock has a quarter of its time left."""
        if item.due_at is None or item.due_from is None:
            return None
        hours = self.hours[item.team_id]
        length = timedelta(seconds=hours.seconds(item.due_from, item.due_at))
        return hours.add(item.due_from, length * WARN_AT)

    def _know(self, item: Item) -> None:
        if item.team_id not in self.teams:
            self.teams[item.team_id] = item.team
            self.hours |= hours_of([item.team])

    def _reply(self, item: Item, goals: Goals, hours: Hours) -> Running | None:
        goal = goals.first_reply if item.first_reply_at is None else goals.next_reply
        if goal is None or item.waiting_since is None or item.state not in {State.OPEN, State.SNOOZED}:
            return None
        start = max(item.waiting_since, item.team_since)
        return Running(start, goal, hours.add(start, goal))

    def _resolution(self, item: Item, goals: Goals, hours: Hours, now: datetime) -> Running | None:
        if item.state not in {State.OPEN, State.SNOOZED}:
            if item.running_since:
                item.resolution_spent += timedelta(seconds=hours.seconds(item.running_since, now))
            item.running_since = None
            return None
        item.running_since = item.running_since or now
        if goals.resolution is None:
            return None
        left = max(goals.resolution - item.resolution_spent, timedelta())
        return Running(item.running_since, left, hours.add(item.running_since, left))

    def _alarms(self, item: Item, hours: Hours, nearest: Running | None) -> Iterator[datetime]:
        if nearest and item.warned_for != nearest.due and item.overdue_for != nearest.due:
            yield hours.add(nearest.start, nearest.length * WARN_AT)
        if nearest and item.overdue_for != nearest.due:
            yield nearest.due
        yield from (at for _rung, at in self.rungs(item))


def wind(item: Item) -> None:
    """Set the clocks of one item whose row is locked; the caller saves it."""
    Book([item.team]).wind(item)


def new_leg(item: Item) -> None:
    """The item is another team's now: its resolution clock and its ladder begin anew."""
    item.resolution_spent, item.running_since = timedelta(), None
    item.unclaimed_since, item.escalated = None, 0


def rewind(items: Iterable[int]) -> None:
    """Set the clocks of items that were changed by a statement, or whose targets or hours changed."""
    with transaction.atomic():
        rows = list(Item.objects.select_for_update().filter(pk__in=items).order_by("pk"))
        book = Book(Team.objects.filter(pk__in={row.team_id for row in rows}))
        now = timezone.now()
        for row in rows:
            book.wind(row, now)
        if rows:
            Item.objects.bulk_update(rows, FIELDS)


def reply_is_off(item: int) -> None:
    """A reply did not go out: without another one the customer still waits for the first."""
    others = Outbound.objects.filter(item=item, author__isnull=False).exclude(state__in=NOTHING_SENT)
    if not others.exists():
        Item.objects.filter(pk=item).update(first_reply_at=None)
    rewind([item])


def rewind_team(team: Team) -> None:
    """Hours or targets changed: the sweeper sets all clocks of the team anew, a few at a time."""
    Team.objects.filter(pk=team.pk).update(rewind_from=0)


def rewind_some(*, limit: int = 500) -> int:
    """One portion of what `rewind_team` asked for."""
    team = Team.objects.filter(rewind_from__isnull=False).order_by("pk").first()
    if team is None or team.rewind_from is None:
        return 0
    some = Item.objects.unfinished().filter(team=team, pk__gt=team.rewind_from).order_by("pk")
    keys = list(some.values_list("pk", flat=True)[:limit])
    rewind(keys)
    following = keys[-1] if len(keys) == limit else None
    # A change that came in between has put it back to the beginning; then it stays there.
    Team.objects.filter(pk=team.pk, rewind_from=team.rewind_from).update(rewind_from=following)
    return len(keys)


def _fits(row: Target, item: Item) -> bool:
    return (
        row.team_id in {None, item.team_id}
        and row.platform in {"", item.connection.kind}
        and row.priority in {None, item.priority}
    )


def _particular(row: Target) -> tuple[bool, bool, bool]:
    return row.team_id is not None, row.platform != "", row.priority is not None


def _first(rows: Iterable[Target], name: str) -> timedelta | None:
    minutes = next((value for row in rows if (value := getattr(row, name)) is not None), None)
    return timedelta(minutes=minutes) if minutes is not None else None


def _due(clock: Running | None) -> datetime | None:
    return clock.due if clock else None


def _note_unclaimed(item: Item, now: datetime) -> None:
    if item.state == State.OPEN and item.assignee_id is None:
        item.unclaimed_since = item.unclaimed_since or now
    else:
        item.unclaimed_since, item.escalated = None, 0
