"""Hours of duty: the team's own clock, the days it changes, holidays, and who stands in."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from teams import coverage
from teams.coverage import Hours
from teams.models import Holiday, Shift, Team
from tests import world as small_world

NEW_YORK = ZoneInfo("America/New_York")
OFFICE = tuple((day, time(9), time(17)) for day in range(5))
NIGHT = tuple((day, time(22), time(6)) for day in range(7))
MONDAY = datetime(2026, 6, 1, tzinfo=UTC)  # a Monday; New York is four hours behind


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_shift_is_read_on_the_clock_of_the_teams_zone() -> None:
    hours = Hours(NEW_YORK, OFFICE)
    assert not hours.on_duty(at("2026-06-01 12:59:59"))
    assert hours.on_duty(at("2026-06-01 13:00"))
    assert hours.on_duty(at("2026-06-01 20:59:59"))
    assert not hours.on_duty(at("2026-06-01 21:00"))
    assert hours.on_duty(at("2026-01-05 14:00"))  # winter: five hours behind
    assert not hours.on_duty(at("2026-01-05 13:30"))
    assert not hours.on_duty(at("2026-06-06 14:00"))  # a Saturday


def test_a_shift_over_midnight_belongs_to_the_day_it_begins() -> None:
    hours = Hours(ZoneInfo("UTC"), ((4, time(22), time(6)),))  # Friday night
    assert not hours.on_duty(at("2026-06-05 05:00"))
    assert hours.on_duty(at("2026-06-05 23:00"))
    assert hours.on_duty(at("2026-06-06 05:59"))
    assert not hours.on_duty(at("2026-06-06 06:00"))
    assert not hours.on_duty(at("2026-06-06 23:00"))


def test_a_holiday_takes_the_shifts_that_begin_on_it_and_no_other() -> None:
    hours = Hours(ZoneInfo("UTC"), NIGHT, frozenset({date(2026, 6, 5)}))
    assert hours.on_duty(at("2026-06-05 05:00"))  # the night before
    assert not hours.on_duty(at("2026-06-05 23:00"))
    assert not hours.on_duty(at("2026-06-06 05:00"))
    assert hours.on_duty(at("2026-06-06 23:00"))


def test_a_team_without_shifts_is_always_on_duty_except_on_its_holidays() -> None:
    hours = Hours(NEW_YORK, (), frozenset({date(2026, 6, 1)}))
    assert hours.on_duty(at("2026-06-01 03:59"))
    assert not hours.on_duty(at("2026-06-01 04:00"))
    assert not hours.on_duty(at("2026-06-02 03:59"))
    assert hours.on_duty(at("2026-06-02 04:00"))


@pytest.mark.parametrize(("day", "length"), [("2026-03-07 22:00", 7), ("2026-10-31 22:00", 9), ("2026-06-01 22:00", 8)])
def test_a_night_in_which_the_clocks_change_is_as_long_as_it_is(day: str, length: int) -> None:
    start = datetime.fromisoformat(day).replace(tzinfo=NEW_YORK)
    assert Hours(NEW_YORK, NIGHT).seconds(start, start + timedelta(hours=12)) == length * 3600


@pytest.mark.parametrize("day", ["2026-03-08", "2026-11-01"])
def test_two_shifts_that_meet_in_the_hour_of_change_leave_no_hole_and_no_overlap(day: str) -> None:
    shifts = ((6, time(0), time(2, 30)), (6, time(2, 30), time(0)), (6, time(1, 30), time(1, 45)))
    start = datetime.fromisoformat(day).replace(tzinfo=NEW_YORK)
    end = start + timedelta(days=1)
    spans = list(Hours(NEW_YORK, shifts).spans(start.astimezone(UTC), end.astimezone(UTC)))
    assert spans == [(start.astimezone(UTC), end.astimezone(UTC))]


def test_time_is_added_in_hours_of_duty() -> None:
    hours = Hours(ZoneInfo("UTC"), OFFICE, frozenset({date(2026, 6, 8)}))
    assert hours.add(at("2026-06-05 16:00"), timedelta(hours=1)) == at("2026-06-05 17:00")
    assert hours.add(at("2026-06-05 16:00"), timedelta(hours=2)) == at("2026-06-09 10:00")  # weekend, holiday
    assert hours.add(at("2026-06-06 03:00"), timedelta(hours=1)) == at("2026-06-09 10:00")
    assert hours.add(MONDAY, timedelta(hours=40 * 3)) == at("2026-06-22 17:00")
    assert hours.on_duty_again(at("2026-06-05 18:00")) == at("2026-06-09 09:00")
    assert hours.on_duty_again(at("2026-06-09 10:00")) == at("2026-06-09 10:00")


def test_a_team_that_never_has_hours_still_gets_an_end() -> None:
    never = Hours(ZoneInfo("UTC"), (), frozenset(date(2026, 1, 1) + timedelta(days=n) for n in range(900)))
    assert never.add(MONDAY, timedelta(hours=3)) == MONDAY + timedelta(hours=3)
    assert never.on_duty_again(MONDAY) is None


def test_the_closed_period_begins_where_duty_ended() -> None:
    hours = Hours(ZoneInfo("UTC"), OFFICE)
    assert hours.off_duty_since(at("2026-06-07 12:00")) == at("2026-06-05 17:00")
    assert hours.off_duty_since(at("2026-06-08 08:59")) == at("2026-06-05 17:00")
    assert hours.off_duty_since(at("2026-06-08 09:00")) is None


zones = st.sampled_from(["UTC", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Atlantic/Azores"])
shift_sets = st.lists(
    st.tuples(st.integers(0, 6), st.times(), st.times()), min_size=1, max_size=6, unique_by=lambda s: s[:2]
)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 6, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(zone=zones, shifts=shift_sets, start=moments, minutes=st.integers(1, 2000))
def test_what_is_added_is_what_was_on_duty_in_between(zone: str, shifts: list, start: datetime, minutes: int) -> None:
    hours, length = Hours(ZoneInfo(zone), tuple(shifts)), timedelta(minutes=minutes)
    assume(hours.seconds(start, start + timedelta(days=40)) >= length.total_seconds())
    end = hours.add(start, length)
    assert hours.seconds(start, end) == pytest.approx(length.total_seconds())
    middle = start + (end - start) / 2
    assert hours.seconds(start, middle) + hours.seconds(middle, end) == pytest.approx(length.total_seconds())


def give_hours(team: Team, zone: str, *shifts: tuple[int, time, time]) -> None:
    Team.objects.filter(pk=team.pk).update(time_zone=zone)
    team.refresh_from_db()
    Shift.objects.bulk_create([Shift(team=team, weekday=d, starts=a, ends=b) for d, a, b in shifts])


def test_covered_names_the_open_teams_on_duty(world: small_world.World) -> None:
    give_hours(world.support, "America/New_York", *OFFICE)
    give_hours(world.marketing, "UTC", *OFFICE)
    Holiday.objects.create(team=world.legal, day=date(2026, 6, 1))
    assert coverage.covered(at("2026-06-01 12:00")) == {"marketing", "unsorted"}
    assert coverage.covered(at("2026-06-01 18:00")) == {"support", "unsorted"}
    Team.objects.filter(pk=world.support.pk).update(closed_at=MONDAY)
    assert coverage.covered(at("2026-06-01 18:00")) == {"unsorted"}


def test_the_chain_follows_the_sun_and_ends_where_it_would_begin_anew(world: small_world.World) -> None:
    give_hours(world.support, "UTC", (0, time(8), time(16)))
    give_hours(world.marketing, "UTC", (0, time(16), time(23)))
    world.support.covered_by, world.marketing.covered_by = world.marketing, world.support
    world.support.save()
    world.marketing.save()
    assert coverage.who_covers(world.support, at("2026-06-01 09:00")) == world.support
    assert coverage.who_covers(world.support, at("2026-06-01 17:00")) == world.marketing
    assert coverage.who_covers(world.support, at("2026-06-01 23:30")) is None
    assert coverage.chain(world.support) == [world.support, world.marketing]


def test_the_week_shows_the_hours_nobody_covers(world: small_world.World) -> None:
    give_hours(world.support, "UTC", *((day, time(8), time(16)) for day in range(7)))
    give_hours(world.marketing, "UTC", *((day, time(15, 30), time(0)) for day in range(7)))
    week = coverage.week([world.support, world.marketing], MONDAY)
    assert len(week.hours) == 168
    assert week.gaps == [24 * day + hour for day in range(7) for hour in range(8)]
    assert week.hours[15] == {"support"}  # Marketing only comes in the middle of it
    assert week.hours[16] == {"marketing"}
