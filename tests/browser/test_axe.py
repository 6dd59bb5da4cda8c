"""axe finds nothing: every page, three widths, both themes."""

from __future__ import annotations

from datetime import time, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page

from inbox import notify, queue, relay
from inbox.models import Event, Item, Message, Outbound
from inbox.models.notification import Topic
from teams.models import Shift, Team, User
from tests.browser.conftest import SignIn
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


def addresses(item: Item) -> list[str]:
    connection, event, ada = item.connection_id, Event.objects.get(state="dead").pk, item.assignee_id
    return [
        "/", "/queue/mine/", "/queue/unclaimed/", "/queue/snoozed/", "/queue/done/", "/team/support/?assignee=none",
        "/queues/", f"/items/{item.pk}/", f"/items/{item.pk}/hand-over/", f"/items/{item.pk}/return/",
        f"/items/{item.pk}/snooze/", "/items/0/", "/unsent/", "/connections/", f"/connections/{connection}/",
        "/connections/new/", "/connections/new/telegram/",
        f"/connections/{connection}/events/", "/connections/dead/", f"/connections/events/{event}/",
        "/preferences/", "/preferences/keys/", "/preferences/password/", "/saved-replies/", "/saved-replies/new/",
        "/people/", "/people/new/", f"/people/{ada}/", "/people/teams/new/",
        "/coverage/", "/coverage/?week=2026-06-01", "/ledger/", "/people/targets/", "/people/reasons/",
        f"/people/teams/{item.team_id}/", f"/people/teams/{item.team_id}/duty/",
        f"/people/teams/{item.team_id}/targets/",
        "/notifications/", "/handed-over/", f"/items/{item.pk}/skip/",
    ]  # fmt: skip


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing(busy: Item, sign_in: SignIn, width: int, theme: str) -> None:
    page = sign_in("ada", color_scheme=theme, viewport={"width": width, "height": WIDTHS[width]})
    found = []
    for address in addresses(busy):
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
    page.goto("/sign-in/")
    assert "\n".join(found + faults(page)) == ""
