"""What a list shows around its rows: headings with their numbers, times that fit a narrow column."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.safestring import mark_safe

from inbox.models import Item
from teams.templatetags.page import icon, short_time
from tests.inbox.rows import add_item
from tests.world import World

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)


def headings(client: Client, url: str) -> list[tuple[str, str]]:
    """Each heading with its number, and "" where it says none."""
    page = client.get(url).content.decode()
    found = re.findall(r'<div class="grp[^"]*"[^>]*>\s*([^<]+?)(?:<span class="num">(\d+)</span>)?\s*</div>', page)
    return [(title, number) for title, number in found]


@pytest.fixture
def client(world: World) -> Client:
    client = Client()
    client.force_login(world.alice)
    return client


def test_a_heading_says_how_much_stands_under_it(world: World, client: Client):
    for back in (timedelta(), timedelta(), timedelta(days=1), timedelta(days=9)):
        add_item(world.connection, world.support, at=timezone.now() - back)
    assert headings(client, "/") == [("Today", "2"), ("Yesterday", "1"), ("Earlier", "1")]


def test_what_goes_on_on_another_page_has_no_number(world: World, client: Client):
    """Fifty of sixty are not "Today 50"."""
    for _number in range(60):
        add_item(world.connection, world.support, at=timezone.now() - timedelta(days=9))
    add_item(world.connection, world.support, at=timezone.now())
    assert headings(client, "/") == [("Today", "1"), ("Earlier", "")]
    onward = re.search(r'rel="next" href="([^"]+)"', client.get("/").content.decode())
    assert onward
    assert headings(client, onward[1]) == [("Earlier", "")]


@pytest.mark.parametrize(
    ("until", "words"),
    [
        (datetime(2026, 11, 18, 16, 30, tzinfo=UTC), "16:30"),
        (datetime(2026, 11, 19, 9, 5, tzinfo=UTC), "Thu 09:05"),
        (datetime(2026, 11, 24, 9, 5, tzinfo=UTC), "Tue 09:05"),
        (datetime(2026, 11, 25, 9, 5, tzinfo=UTC), "November 25"),
        (datetime(2027, 2, 1, 9, 5, tzinfo=UTC), "February 2027"),
        (datetime(2026, 11, 17, 9, 5, tzinfo=UTC), "November 17"),
    ],
)
def test_a_time_to_come_fits_a_narrow_column(monkeypatch: pytest.MonkeyPatch, until: datetime, words: str):
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    with timezone.override(UTC):
        drawn = str(short_time(until))
    assert f">{words}</time>" in drawn
    assert f'datetime="{until.isoformat()}"' in drawn


def test_a_snoozed_row_says_until_when_in_few_characters(world: World, client: Client):
    until = timezone.now() + timedelta(days=3)
    add_item(world.connection, world.support, state=Item.State.SNOOZED, snoozed_until=until)
    page = client.get("/queue/snoozed/").content.decode()
    assert f">{timezone.localtime(until):%a %H:%M}</time>" in page


@pytest.mark.parametrize("view", ["mine", "unclaimed", "mentions", "waiting", "snoozed", "returned", "done"])
def test_an_empty_list_says_where_to_go_on(world: World, client: Client, view: str):
    page = client.get(f"/queue/{view}/").content.decode()
    empty = page[page.index("data-empty") :].partition("</section>")[0]
    address = re.search(r'<div class="acts">\s*<a class="btn line" href="([^"]+)"', empty)
    assert address
    assert client.get(address[1]).status_code == 200
    assert address[1] != f"/queue/{view}/"


def test_nobody_is_told_to_choose_from_an_empty_list(world: World, client: Client):
    words = "Choose one from the list."
    assert words not in client.get("/").content.decode()
    add_item(world.connection, world.support)
    assert words in client.get("/").content.decode()


def test_a_label_that_is_marked_safe_does_not_speak_for_one_that_is_not():
    assert "<b>" in icon("tick", mark_safe("<b>"))
    assert "<b>" not in icon("tick", "<b>")
