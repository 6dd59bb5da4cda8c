"""When a team is on duty, in hours of its own time zone, and who stands in when it is not.

A team without shifts is always on duty: hours are something an admin adds. All arithmetic is done on
instants, so a day on which the clocks change has 23 or 25 hours, as it has for the people who work it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from django.utils import timezone

from teams.models import Holiday, Shift, Team

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
HORIZON = 400  # days to look ahead; a team that has no hours within them has none
MIDNIGHT = time()
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Hours:
    """One team's shifts and holidays, taken out of the database once and asked many times."""

    zone: ZoneInfo
    shifts: tuple[tuple[int, time, time], ...] = ()  # weekday, from, until
    holidays: frozenset[date] = frozenset()

    @property
    def always(self) -> bool:
        return not self.shifts and not self.holidays

    def spans(self, start: datetime, end: datetime) -> Iterator[Span]:
        """The stretches of duty between two instants, in order, none touching the next."""
        last: Span | None = None
        for began, ended in self._raw(start, end):
            if last and began <= last[1]:
                last = (last[0], max(last[1], ended))
                continue
            if last:
                yield last
            last = (began, ended)
        if last:
            yield last

    def on_duty(self, at: datetime) -> bool:
        return any(began <= at < ended for began, ended in self._raw(at, at + timedelta(microseconds=1)))

    def seconds(self, start: datetime, end: datetime) -> float:
        """How long the team was on duty between two instants."""
        if self.always:
            return max((end - start).total_seconds(), 0.0)
        return sum((ended - began).total_seconds() for began, ended in self.spans(start, end))

    def add(self, start: datetime, length: timedelta) -> datetime:
        """The instant at which the team will have been on duty for that long since `start`.

        A team that has no hours at all would never get there; then the time simply passes, so that
        nothing waits without an end.
        """
        if self.always:
            return start + length
        left = length
        for days in _growing(HORIZON):
            left, end = length, start + days
            for began, ended in self.spans(start, end):
                if ended - began >= left:
                    return began + left
                left -= ended - began
        return start + length if left == length else end

    def on_duty_again(self, at: datetime) -> datetime | None:
        """When the next stretch of duty begins; `at` itself while one lasts."""
        return next((max(began, at) for began, _end in self.spans(at, at + HORIZON * DAY)), None)

    def off_duty_since(self, at: datetime) -> datetime | None:
        """When the closed period that `at` lies in began; None while the team is on duty."""
        if self.on_duty(at):
            return None
        for days in _growing(HORIZON):
            before = list(self.spans(at - days, at))
            if before:
                return before[-1][1]
        return at - HORIZON * DAY

    def _raw(self, start: datetime, end: datetime) -> Iterator[Span]:
        """Stretches by their beginning, cut to the window; they may still overlap."""
        day = start.astimezone(self.zone).date() - DAY
        last = end.astimezone(self.zone).date()
        while day <= last:
            for began, ended in self._of(day):
                if began < end and ended > start and began < ended:
                    yield max(began, start), min(ended, end)
            day += DAY

    def _of(self, day: date) -> Iterator[Span]:
        if day in self.holidays:
            return
        shifts = self.shifts or tuple((weekday, MIDNIGHT, MIDNIGHT) for weekday in range(7))
        for weekday, starts, ends in sorted(shifts):
            if weekday == day.weekday():
                until = day if ends > starts else day + DAY
                yield self._instant(day, starts), self._end(until, ends)

    def _end(self, day: date, at: time) -> datetime:
        """A time that comes twice in autumn ends with the second; midnight is where the next day begins."""
        first = self._instant(day, at)
        return first if at == MIDNIGHT else max(first, self._instant(day, at.replace(fold=1)))

    def _instant(self, day: date, at: time) -> datetime:
        return datetime.combine(day, at, self.zone).astimezone(UTC)


def _growing(most: int) -> Iterator[timedelta]:
    """Windows of days: short first, since nearly every answer lies within a few."""
    days = 8
    while days < most:
        yield days * DAY
        days *= 4
    yield most * DAY


def hours_of(teams: Iterable[Team]) -> dict[int, Hours]:
    """The hours of several teams at once, by the team's key."""
    teams = list(teams)
    keys = [team.pk for team in teams]
    shifts: dict[int, list[tuple[int, time, time]]] = defaultdict(list)
    holidays: dict[int, set[date]] = defaultdict(set)
    for shift in Shift.objects.filter(team__in=keys):
        shifts[shift.team_id].append((shift.weekday, shift.starts, shift.ends))
    for holiday in Holiday.objects.filter(team__in=keys):
        holidays[holiday.team_id].add(holiday.day)
    return {
        team.pk: Hours(ZoneInfo(team.time_zone), tuple(shifts[team.pk]), frozenset(holidays[team.pk])) for team in teams
    }


def hours(team: Team) -> Hours:
    return hours_of([team])[team.pk]


def on_duty(team: Team, at: datetime | None = None) -> bool:
    return hours(team).on_duty(at or timezone.now())


def covered(at: datetime | None = None) -> frozenset[str]:
    """The short names of the open teams that are on duty."""
    at = at or timezone.now()
    teams = list(Team.objects.filter(closed_at=None))
    schedule = hours_of(teams)
    return frozenset(team.slug for team in teams if schedule[team.pk].on_duty(at))


def coverage_seconds(team: Team, start: datetime, end: datetime) -> float:
    return hours(team).seconds(start, end)


def add_coverage_time(team: Team, start: datetime, length: timedelta) -> datetime:
    return hours(team).add(start, length)


def who_covers(team: Team, at: datetime | None = None) -> Team | None:
    """The team itself while it is on duty, else the first of its chain that is; None when nobody is."""
    at = at or timezone.now()
    return next((link for link in chain(team) if link.closed_at is None and on_duty(link, at)), None)


def chain(team: Team) -> list[Team]:
    """A team and those that stand in for it, in order. A circle ends where it would begin anew."""
    links: list[Team] = []
    following: Team | None = team
    while following is not None and following not in links:
        links.append(following)
        following = following.covered_by
    return links


@dataclass(frozen=True, slots=True)
class Week:
    """168 hours from a Monday on: for each, the teams of one chain or of all that are on duty."""

    starts: datetime
    hours: tuple[frozenset[str], ...]

    @property
    def gaps(self) -> list[int]:
        """The hours in which nobody is on duty at some moment."""
        return [number for number, slugs in enumerate(self.hours) if not slugs]


def week(teams: Iterable[Team], starts: datetime) -> Week:
    """Who is on duty for the whole of each hour, for seven days from `starts`."""
    teams = list(teams)
    schedule = hours_of(teams)
    edges = [starts + HOUR * number for number in range(169)]
    spans = {team.slug: list(schedule[team.pk].spans(edges[0], edges[-1])) for team in teams}
    whole = tuple(
        frozenset(slug for slug, some in spans.items() if any(began <= a and b <= ended for began, ended in some))
        for a, b in pairwise(edges)
    )
    return Week(starts, whole)
