"""axe finds nothing: every page, three widths, both themes."""

from __future__ import annotations

from datetime import time, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page

from inbox import notify, queue, relay
from inbox.models import Event, Item, Message, Outbound, SavedReply, SavedView
from inbox.models.notification import Topic
from routing.models import Rule
from teams.models import Shift, Team, User
from tests.browser.conftest import SignIn
from tests.browser.pages import AT_THE_DOOR, Shown
from tests.browser.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.slow]
WIDTHS = {1440: 900, 1024: 768, 390: 844}
THEMES = ("light", "dark")
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def faults(page: Page) -> list[str]:
    """What axe says, one line for each element."""
    found = Axe().run(page, options=RULES).response["violations"]
    return [
        f"{page.url} {each['id']}: {node['target']} {node['failureSummary']}"
        for each in found
        for node in each["nodes"]
    ]


@pytest.fixture
def busy(site: Site) -> Item:
    """An item with everything a thread can show."""
    item = site.arrive("I can't log in, please help 🙏", author="ليلى حداد", language="en")
    site.arrive("Das macht so viel fun", rating=4, kind="review")
    marketing = Team.objects.get(slug="marketing")
    sam, mia = site.user("sam"), site.user("mia")
    relay.hand_off(item=item.pk, by=sam, to=marketing, reason="Wrong team", note="Is this yours?")
    queue.note(item=item.pk, by=mia, text="A note for colleagues")
    relay.return_(item=item.pk, by=mia, reason="Not ours")
    queue.claim(item=item.pk, by=sam)
    for state in ("unknown", "failed", "sent"):
        message = Message.objects.create(
            item=item, connection=item.connection, direction="out", user=sam, text="Hello", at=timezone.now()
        )
        Outbound.objects.create(
            item=item, message=message, author=sam, client_key=state, state=state, settled_at=timezone.now()
        )
    Event.objects.create(connection=site.connection, delivery_key="x", body=b"{", state="dead", reason="not JSON")
    snoozed = site.arrive("A funny problem")
    queue.snooze(item=snoozed.pk, by=sam, until=timezone.now() + timedelta(hours=3))
    item.refresh_from_db()
    return item


def shown(item: Item) -> Shown:
    """What the pages show: what is missing in the small world is made."""
    ada = User.objects.get(username="ada")
    return Shown(
        item=item.pk,
        view=SavedView.objects.create(name="Mentions", owner=ada, scope="open", query="kind=mention").pk,
        rule=Rule.objects.get(name="Somebody needs help").pk,
        saved=SavedReply.objects.create(name="Sorry", shortcut="sorry", text="Dear {first_name}").pk,
        connection=item.connection_id,
        event=Event.objects.get(state="dead").pk,
        person=item.assignee_id or 0,
        team=item.team_id or 0,
    )


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing(busy: Item, sign_in: SignIn, width: int, theme: str) -> None:
    page = sign_in("ada", color_scheme=theme, viewport={"width": width, "height": WIDTHS[width]})
    found = []
    for address in shown(busy).addresses():
        page.goto(address)
        found += faults(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
    assert "\n".join(found) == ""


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_where_there_is_much_to_tell(busy: Item, sign_in: SignIn, width: int, theme: str) -> None:
    sam = User.objects.get(username="sam")
    for topic in Topic:
        notify.tell(topic, busy, [sam.pk], key=f"axe-{topic}", text="It says no")
    Shift.objects.create(team=busy.team, weekday=0, starts=time(9), ends=time(17))
    page = sign_in("sam", color_scheme=theme, viewport={"width": width, "height": WIDTHS[width]})
    found = []
    for address in ("/notifications/", "/handed-over/", "/"):
        page.goto(address)
        found += faults(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
    assert "\n".join(found) == ""


@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_nothing_in_high_contrast(busy: Item, sign_in: SignIn, theme: str) -> None:
    User.objects.filter(username="ada").update(theme="contrast")
    Shift.objects.create(team=busy.team, weekday=0, starts=time(9), ends=time(17))
    page = sign_in("ada", color_scheme=theme)
    found = []
    for address in (
        "/",
        f"/items/{busy.pk}/",
        "/notifications/",
        "/coverage/",
        "/ledger/",
        "/preferences/",
        "/people/",
    ):
        page.goto(address)
        found += faults(page)
    assert "\n".join(found) == ""


@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_nothing_in_dialogs_and_at_the_door(busy: Item, sign_in: SignIn, theme: str) -> None:
    page = sign_in("sam", f"/items/{busy.pk}/", color_scheme=theme)
    found = []
    for key in ("h", "s", "?"):
        page.keyboard.press(key)
        page.locator("dialog[open]").wait_for()
        found += faults(page)
        page.keyboard.press("Escape")
        page.locator("dialog[open]").wait_for(state="detached" if key != "?" else "hidden")
    page.context.clear_cookies()
    page.goto(AT_THE_DOOR)
    assert "\n".join(found + faults(page)) == ""
