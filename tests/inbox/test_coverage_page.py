"""The week as a heat map: who is on duty hour by hour, on the clock one asks for, and when nobody is."""

from __future__ import annotations

import itertools
import re
from datetime import UTC, datetime, time

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from teams.models import Holiday, Shift, Team, User
from tests.world import World

MONDAY = datetime(2026, 6, 1, 12, tzinfo=UTC)
CELL = re.compile(r'<td data-on="(\w+)"(?: data-more)? title="([^"]*)">')


@pytest.fixture
def ada(world: World) -> Client:
    client = Client()
    client.force_login(world.ada)
    return client


def nine_to_five(team: Team, *, days: range = range(5)) -> None:
    Shift.objects.bulk_create([Shift(team=team, weekday=day, starts=time(9), ends=time(17)) for day in days])


def only(world: World, *teams: Team) -> None:
    """All others close, so that their being always on duty hides nothing."""
    closed = Team.objects.exclude(pk__in=[team.pk for team in teams]).exclude(is_fallback=True)
    closed.update(closed_at=MONDAY)
    Shift.objects.create(team=world.fallback, weekday=6, starts=time(0), ends=time(0))


@time_machine.travel(MONDAY, tick=False)
def page(client: Client, **query: str) -> str:
    return client.get("/coverage/", query).content.decode()


def cells(page: str, number: int) -> list[list[str]]:
    """What stands in one of the tables: 24 rows of 7."""
    table = page.split("<table")[number + 1]
    found = [state for state, _words in CELL.findall(table)]
    return [found[row * 7 : row * 7 + 7] for row in range(24)]


def test_the_hours_nobody_covers_are_counted_named_and_marked(world: World, ada: Client) -> None:
    only(world, world.support)
    nine_to_five(world.support)
    words = page(ada)
    everybody = cells(words, 0)
    assert [row.count("nobody") for row in everybody] == [6] * 9 + [1] * 8 + [6] * 7
    assert f"{6 * 9 + 8 + 6 * 7} hours of the week are covered by nobody" in words
    gaps = re.search(r'<ul class="gaps">(.*?)</ul>', words, re.S)[1]
    assert re.findall(r"<li>(.*?)</li>", gaps) == [
        "Mon 00:00 to Mon 09:00",
        "Mon 17:00 to Tue 09:00",
        "Tue 17:00 to Wed 09:00",
        "Wed 17:00 to Thu 09:00",
        "Thu 17:00 to Fri 09:00",
        "Fri 17:00 to Sun 00:00",
    ]


def test_it_is_a_table_with_days_across_and_hours_down(world: World, ada: Client) -> None:
    only(world, world.support)
    table = page(ada).split("<table")[1].split("</table>")[0]
    assert table.count('scope="col"') == 7
    assert table.count('scope="row"') == 24
    assert len(CELL.findall(table)) == 168
    assert "Hours of the week: All teams, times in UTC" in table


def test_another_team_that_stands_in_is_told_from_ones_own_hours(world: World, ada: Client) -> None:
    only(world, world.support, world.marketing)
    nine_to_five(world.support)
    Shift.objects.create(team=world.marketing, weekday=0, starts=time(16), ends=time(20))
    Team.objects.filter(pk=world.support.pk).update(covered_by=world.marketing)
    words = page(ada)
    table = words.split("<table")[3]
    assert "Support" in words.split("<article")[2].split("</header>")[0]
    monday = [row[0] for row in cells(words, 2)]
    assert monday == ["nobody"] * 9 + ["own"] * 8 + ["cover"] * 3 + ["nobody"] * 4
    assert 'title="covered by Marketing"' in table


@pytest.mark.parametrize(("zone", "first"), [("UTC", 9), ("Asia/Tokyo", 18), ("America/New_York", 5)])
def test_it_is_on_the_clock_one_asks_for_of_those_that_matter(world: World, ada: Client, zone: str, first: int) -> None:
    only(world, world.support)
    nine_to_five(world.support, days=range(1))
    User.objects.filter(pk=world.ada.pk).update(time_zone=zone)
    monday = [row[0] for row in cells(page(ada), 1)]
    assert [hour for hour in range(24) if monday[hour] == "own"] == list(range(first, min(first + 8, 24)))
    assert "times in UTC" in page(ada, zone="UTC")
    assert f"times in {zone}" in page(ada, zone="Mars/Base")


def test_a_holiday_is_a_gap_and_other_weeks_can_be_looked_at(world: World, ada: Client) -> None:
    only(world, world.support)
    nine_to_five(world.support)
    Holiday.objects.create(team=world.support, day="2026-06-10", name="Rest")
    this, other = page(ada), page(ada, week="2026-06-12")
    assert [row[2] for row in cells(this, 0)].count("own") == 8
    assert [row[2] for row in cells(other, 0)].count("own") == 0
    assert "June 8 to June 14" in other
    for odd in ("nonsense", "2026-02-31", "9999-01-01", "0001-01-01"):
        assert "June 1 to June 7" in page(ada, week=odd)


def test_a_day_on_which_the_clocks_change_keeps_its_wall_hours(world: World, ada: Client) -> None:
    only(world, world.support)
    Team.objects.filter(pk=world.support.pk).update(time_zone="Europe/Berlin")
    Shift.objects.create(team=world.support, weekday=6, starts=time(9), ends=time(17))
    Shift.objects.filter(team=world.fallback).delete()
    Shift.objects.create(team=world.fallback, weekday=0, starts=time(0), ends=time(1))
    words = page(ada, week="2026-10-25", zone="Europe/Berlin")
    sunday = [row[6] for row in cells(words, 0)]
    assert [hour for hour in range(24) if sunday[hour] == "own"] == list(range(9, 17))


def test_with_nobody_missing_it_says_so(world: World, ada: Client) -> None:
    words = page(ada)
    assert "Every hour of the week is covered" in words
    assert 'class="gaps"' not in words


def test_the_duty_page_shows_the_chain_of_cover(world: World, ada: Client) -> None:
    Team.objects.filter(pk=world.support.pk).update(covered_by=world.marketing)
    Team.objects.filter(pk=world.marketing.pk).update(covered_by=world.legal)
    words = ada.get(reverse("inbox:duty", args=[world.support.pk])).content.decode()
    chain = re.search(r'<ol class="chain">(.*?)</ol>', words, re.S)[1]
    assert re.findall(r'class="team"[^>]*>([^<]+)<', chain) == ["Support", "Marketing", "Legal"]


def test_a_long_chain_of_cover_costs_no_more_queries(world: World, ada: Client, django_assert_max_num_queries) -> None:
    teams = list(Team.objects.order_by("pk"))
    ada.get("/coverage/")  # the first request of a while also notes that the person is here
    for team, cover in itertools.pairwise(teams):
        Team.objects.filter(pk=team.pk).update(covered_by=cover)
    with django_assert_max_num_queries(12):
        page(ada)
