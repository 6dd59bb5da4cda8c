"""The usual moments to snooze until, each offered once."""

from __future__ import annotations

import time_machine
from django.utils import timezone

from inbox.forms import SnoozeForm


def offered(day: str) -> list[str]:
    with time_machine.travel(f"{day}T10:00:00+00:00"), timezone.override("UTC"):
        return [f"{number} {key} {shown}" for number, key, _name, shown in SnoozeForm().presets]


def test_the_usual_moments_are_offered_with_their_time():
    assert offered("2026-11-19") == [
        "1 hour Thu 11:00",
        "2 hours Thu 13:00",
        "3 tomorrow Fri 09:00",
        "4 monday Mon 09:00",
    ]


def test_on_a_sunday_tomorrow_is_the_next_monday_and_stands_once():
    assert offered("2026-11-22") == ["1 hour Sun 11:00", "2 hours Sun 13:00", "3 tomorrow Mon 09:00"]


def test_on_a_monday_the_next_one_has_its_date():
    assert offered("2026-11-23")[2:] == ["3 tomorrow Tue 09:00", "4 monday Mon, November 30 09:00"]
