"""A connection that is quiet for longer than usual, told by its own history alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import chain

import pytest
from django.utils import timezone

from inbox import arrivals
from inbox.models import Arrival, Connection
from tests.world import make_connection

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NIGHT = range(8)  # o'clock, in a connection's own day


def history(*, days: float, every: timedelta, silent: timedelta, asleep: tuple[int, ...] = ()) -> Connection:
    """A connection that was heard from regularly, until it fell silent. `asleep`: days of the week."""
    connection = make_connection()
    now = timezone.now()
    moments = (now - silent - every * number for number in range(int(days * DAY / every)))
    rows = [at for at in moments if at.weekday() not in asleep]
    _write(connection, rows)
    return connection


def _write(connection: Connection, moments: list[datetime]) -> None:
    began = sorted(
        {at - timedelta(minutes=at.minute % 10, seconds=at.second, microseconds=at.microsecond) for at in moments}
    )
    Arrival.objects.bulk_create([Arrival(connection=connection, at=at) for at in began])
    Connection.objects.filter(pk=connection.pk).update(last_event_at=max(moments))


def is_quiet(connection: Connection) -> bool:
    return connection.pk in arrivals.quiet()


@pytest.mark.parametrize("silent", [35 * timedelta(minutes=1), 3 * HOUR, 5 * DAY, 12 * DAY, 60 * DAY])
def test_a_busy_connection_that_falls_silent_is_quiet(silent: timedelta) -> None:
    assert is_quiet(history(days=40, every=timedelta(minutes=10), silent=silent))


@pytest.mark.parametrize("silent", [timedelta(), timedelta(minutes=29)])
def test_half_an_hour_is_no_silence(silent: timedelta) -> None:
    assert not is_quiet(history(days=40, every=timedelta(minutes=10), silent=silent))


def test_a_slow_connection_may_be_silent_for_longer() -> None:
    assert not is_quiet(history(days=90, every=DAY, silent=30 * HOUR))
    assert is_quiet(history(days=90, every=DAY, silent=5 * DAY))
    assert not is_quiet(history(days=120, every=4 * DAY, silent=10 * DAY))
    assert is_quiet(history(days=120, every=4 * DAY, silent=20 * DAY))


def test_a_night_that_is_always_silent_raises_no_alarm() -> None:
    connection, now = make_connection(), timezone.now()
    days = chain.from_iterable(
        (now - DAY * day - timedelta(minutes=10 * n) for n in range(24, 120)) for day in range(35)
    )  # silent in the four hours before this moment of each day, and in the four after it
    _write(connection, list(days))
    assert now - Connection.objects.get(pk=connection.pk).last_event_at >= 4 * HOUR  # type: ignore[operator]
    assert not is_quiet(connection)


def test_a_weekend_that_is_always_silent_raises_no_alarm() -> None:
    today = timezone.now().weekday()
    asleep = (today, (today - 1) % 7)
    assert not is_quiet(history(days=35, every=timedelta(minutes=10), silent=timedelta(), asleep=asleep))
    awake = ((today + 2) % 7, (today + 3) % 7)
    assert is_quiet(history(days=35, every=timedelta(minutes=10), silent=2 * HOUR, asleep=awake))


def test_one_bad_week_does_not_hide_the_next() -> None:
    connection = history(days=35, every=timedelta(minutes=10), silent=2 * HOUR)
    now = timezone.now()
    Arrival.objects.filter(at__gt=now - 8 * DAY, at__lte=now - 6 * DAY).delete()
    assert is_quiet(connection)
    Arrival.objects.filter(at__gt=now - 15 * DAY, at__lte=now - 13 * DAY).delete()
    assert not is_quiet(connection)


def test_of_a_young_connection_seven_days_tell() -> None:
    assert is_quiet(history(days=9, every=timedelta(minutes=10), silent=2 * HOUR))
    assert not is_quiet(history(days=5, every=timedelta(minutes=10), silent=2 * HOUR))


@pytest.mark.parametrize("state", ["paused", "revoked"])
def test_a_connection_that_is_switched_off_is_not_missed(state: str) -> None:
    connection = history(days=40, every=timedelta(minutes=10), silent=3 * HOUR)
    Connection.objects.filter(pk=connection.pk).update(state=state)
    assert not is_quiet(connection)


def test_a_connection_without_a_history_is_not_missed() -> None:
    assert not is_quiet(make_connection())


def test_ten_minutes_are_marked_once_and_old_ones_forgotten() -> None:
    connection = make_connection()
    old = Arrival.objects.create(connection=connection, at=timezone.now() - timedelta(days=141))
    kept = Arrival.objects.create(connection=connection, at=timezone.now() - timedelta(days=139))
    for _ in range(3):
        arrivals.mark(connection.pk)
    rows = set(Arrival.objects.values_list("pk", flat=True))
    assert (old.pk in rows, kept.pk in rows, len(rows)) == (False, True, 2)
