"""A team's hours and rules of duty, as an admin writes them: `09:00-12:30, 13:30-18:00` for each day."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, time
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from teams import coverage
from teams.errors import Invalid, NotAllowed
from teams.models import Holiday, Shift, Team, User

SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*[-–—]\s*(\d{1,2}):(\d{2})")
SETTINGS = (
    "covered_by", "away_message", "assignment", "capacity", "return_after", "same_helper_days",
    "escalate_team", "escalate_lead", "escalate_cover", "escalate_everyone",
)  # fmt: skip
Spans = list[tuple[time, time]]


def read_day(text: str, *, field: str) -> Spans:
    """The stretches of one day. An end of 24:00, or not after its start, is on the next day."""
    spans = [_span(part.strip(), field) for part in text.split(",") if part.strip()]
    if len({start for start, _end in spans}) != len(spans):
        raise Invalid(**{field: _("Two stretches begin at the same time.")})
    return spans


def write_day(spans: Iterable[tuple[time, time]]) -> str:
    return ", ".join(f"{start:%H:%M}-{_end_words(end)}" for start, end in sorted(spans))


def read_holidays(text: str, *, field: str = "holidays") -> dict[date, str]:
    """One a line: the date, and perhaps its name."""
    found: dict[date, str] = {}
    for line in filter(None, (line.strip() for line in text.splitlines())):
        day, _space, name = line.partition(" ")
        try:
            found[date.fromisoformat(day)] = name.strip()[:80]
        except ValueError as error:
            raise Invalid(
                **{field: _("“%(line)s” does not begin with a date such as 2026-12-25.") % {"line": line[:60]}}
            ) from error
    return found


def write_holidays(rows: Iterable[Holiday]) -> str:
    return "\n".join(str(row) for row in rows)


@transaction.atomic
def save(
    *, by: User, team: Team, week: Mapping[int, Spans], holidays: Mapping[date, str], settings: Mapping[str, Any]
) -> Team:
    """Replace a team's hours, holidays and rules of duty."""
    if not (by.is_admin and by.is_active):
        raise NotAllowed(_("Only an admin may do this."))
    for name in SETTINGS:
        setattr(team, name, settings[name])
    if team.covered_by and team in coverage.chain(team.covered_by):
        raise Invalid(covered_by=_("%(team)s is covered by this team already.") % {"team": team.covered_by.name})
    team.save(update_fields=SETTINGS)
    team.shifts.all().delete()
    Shift.objects.bulk_create(
        [Shift(team=team, weekday=day, starts=start, ends=end) for day, spans in week.items() for start, end in spans]
    )
    team.holidays.all().delete()
    Holiday.objects.bulk_create([Holiday(team=team, day=day, name=name) for day, name in holidays.items()])
    return team


def _span(text: str, field: str) -> tuple[time, time]:
    found = SPAN.fullmatch(text)
    try:
        if found is None:
            raise ValueError(text)
        hour, minute, until_hour, until_minute = map(int, found.groups())
        return time(hour, minute), time(0 if until_hour == 24 and not until_minute else until_hour, until_minute)
    except ValueError as error:
        raise Invalid(**{field: _("“%(text)s” is not a stretch such as 09:00-17:00.") % {"text": text[:40]}}) from error


def _end_words(end: time) -> str:
    return "24:00" if end == time() else f"{end:%H:%M}"
