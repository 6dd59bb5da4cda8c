"""The heat map: the hours of a week that somebody covers, in words and as a table, on any clock that matters here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from inbox.views.respond import person
from teams import coverage
from teams.models import Team
from teams.views import admin_required

HOURS, DAYS = 24, 7
OWN, COVER, NOBODY = "own", "cover", "nobody"
FURTHEST = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Cell:
    """One hour of one day."""

    state: str
    words: str  # who is on duty, or that nobody is
    count: int = 0


@dataclass(frozen=True, slots=True)
class Map:
    """A table of 24 rows and 7 columns, for one team or for all of them."""

    name: str
    rows: list[tuple[int, list[Cell]]]
    team: Team | None = None
    cover: list[Team] | None = None  # who stands in, in order

    @property
    def covered(self) -> int:
        return sum(cell.state != NOBODY for _hour, cells in self.rows for cell in cells)


@admin_required
@require_safe
def week(request: HttpRequest) -> HttpResponse:
    """168 hours from Monday on: who is on duty, who stands in, and when nobody is there."""
    teams = _teams()
    own = person(request).time_zone
    zones = list(dict.fromkeys([own, *(team.time_zone for team in teams)]))
    zone = request.GET.get("zone", "")
    zone = zone if zone in zones else own
    monday = _monday(request.GET.get("week", ""), ZoneInfo(zone))
    found = coverage.week(teams, datetime.combine(monday, time(), ZoneInfo(zone)))
    shown = {
        "all": _everybody(found, teams),
        "maps": [_of(team, found) for team in teams],
        "days": [monday + timedelta(days=number) for number in range(DAYS)],
        "gaps": _gaps(found, monday),
        "missing": len(found.gaps),
        "zones": zones,
        "zone": zone,
        "last": monday - timedelta(days=DAYS),
        "next": monday + timedelta(days=DAYS),
        "is_now": monday == _monday("", ZoneInfo(zone)),
    }
    return render(request, "inbox/coverage.html", shown)


def _teams() -> list[Team]:
    """The open teams, by name; each knows who covers it without asking the database again."""
    every = {team.pk: team for team in Team.objects.order_by("name")}
    for team in every.values():
        team.covered_by = every.get(team.covered_by_id or 0)
    return [team for team in every.values() if team.closed_at is None]


def _monday(text: str, zone: ZoneInfo) -> date:
    """The Monday of the week that was asked for; of this week when that is no date, or too far away."""
    today = timezone.localdate(timezone=zone)
    try:
        wanted = parse_date(text) or today
    except ValueError:
        wanted = today
    wanted = wanted if abs(wanted - today) <= FURTHEST else today
    return wanted - timedelta(days=wanted.weekday())


def _everybody(found: coverage.Week, teams: list[Team]) -> Map:
    names = {team.slug: team.name for team in teams}

    def cell(slugs: frozenset[str]) -> Cell:
        words = ", ".join(sorted(names[slug] for slug in slugs)) or _("nobody")
        return Cell(OWN if slugs else NOBODY, words, len(slugs))

    return Map(_("All teams"), _rows([cell(slugs) for slugs in found.hours]))


def _of(team: Team, found: coverage.Week) -> Map:
    cover = [link for link in coverage.chain(team)[1:] if link.closed_at is None]

    def cell(slugs: frozenset[str]) -> Cell:
        if team.slug in slugs:
            return Cell(OWN, _("on duty"))
        other = next((link for link in cover if link.slug in slugs), None)
        return Cell(COVER, _("covered by %(team)s") % {"team": other.name}) if other else Cell(NOBODY, _("nobody"))

    return Map(team.name, _rows([cell(slugs) for slugs in found.hours]), team, cover)


def _rows(cells: list[Cell]) -> list[tuple[int, list[Cell]]]:
    """Hours downwards, days across, as in a calendar: that fits a phone too."""
    return [(hour, [cells[HOURS * day + hour] for day in range(DAYS)]) for hour in range(HOURS)]


def _gaps(found: coverage.Week, monday: date) -> list[str]:
    """The hours that nobody covers, in words: one line a stretch."""
    lines, missing = [], set(found.gaps)
    for start in sorted(number for number in missing if number - 1 not in missing):
        end = next(number for number in range(start + 1, HOURS * DAYS + 1) if number not in missing)
        lines.append(_("%(from)s to %(to)s") % {"from": _moment(monday, start), "to": _moment(monday, end)})
    return lines


def _moment(monday: date, number: int) -> str:
    day = monday + timedelta(days=number // HOURS)
    return f"{date_format(day, 'D')} {number % HOURS:02d}:00"
