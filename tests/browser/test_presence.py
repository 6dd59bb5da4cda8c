"""Two people before one item: they see each other, nothing jumps, and a reply from an old page stops."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from inbox import queue
from inbox.models import Outbound
from teams.models import User
from tests.browser.conftest import SignIn
from tests.browser.site import Site
from tests.browser.test_story import live, row
from tests.fault.machinery import wait

pytestmark = [pytest.mark.browser]
AT_ONCE = 3_000  # ms


def places(page: Page) -> dict[str, object]:
    """Where everything is that must not move when somebody comes."""
    return page.evaluate(
        """() => Object.fromEntries(["#story", "#composer", "#rows .row", "#there"].map((name) => {
            const box = document.querySelector(name).getBoundingClientRect();
            return [name, [box.x, box.y, box.width, box.height]];
        }))"""
    )


def test_colleagues_see_who_looks_and_who_types_in_row_and_thread(site: Site, sign_in: SignIn) -> None:
    item = site.arrive("I need help, this is a problem")
    sue, max_ = sign_in("sue", f"/items/{item.pk}/?in=team:support"), sign_in("max", "/team/support/")
    for page in (sue, max_):
        live(page)
    before = places(sue)

    sam = sign_in("sam", f"/items/{item.pk}/?in=team:support")
    expect(sue.locator("#there")).to_contain_text("Sam is looking", timeout=AT_ONCE)
    expect(row(max_, item)).to_have_attribute("aria-description", "Sam is looking, Sue is looking", timeout=AT_ONCE)
    expect(row(max_, item)).to_have_attribute("data-there", "SA SU")

    sam.locator("#reply-text").press_sequentially("Sorry about")
    expect(sue.locator("#there")).to_contain_text("Sam is typing", timeout=AT_ONCE)
    expect(row(max_, item)).to_have_attribute("data-typing", "", timeout=AT_ONCE)
    expect(sam.locator("#there")).to_contain_text("Sue is looking")
    assert places(sue) == before

    sam.goto("/team/support/")
    expect(sue.locator("#there")).to_be_empty(timeout=AT_ONCE)
    expect(row(max_, item)).to_have_attribute("data-there", "SU", timeout=AT_ONCE)


def test_a_reply_from_an_old_page_stops_and_shows_what_came_in_between(site: Site, sign_in: SignIn) -> None:
    item = site.arrive("Please help me")
    sam, sue = sign_in("sam", f"/items/{item.pk}/"), site.user("sue")
    sam.evaluate("document.querySelector('relaybox-live').remove()")  # a tab that has heard nothing
    sam.fill("#reply-text", "My answer")
    queue.note(item=item.pk, by=sue, text="Wait, he has called us already")
    queue.snooze(item=item.pk, by=sue, until=timezone.now() + timedelta(hours=1))

    sam.locator("#reply-text").press("Control+Enter")

    notice = sam.locator("#answer-notice")
    expect(notice).to_contain_text("This item changed since you opened it")
    expect(notice).to_contain_text("Sue")
    expect(notice).to_contain_text("snoozed")
    expect(sam.locator("#reply-text")).to_have_value("My answer")
    expect(sam.locator("#story")).to_contain_text("he has called us already")
    assert not Outbound.objects.filter(item=item).exists()
    sam.locator("#reply-text").press("Control+Enter")  # read, and it still fits
    expect(sam.locator("#reply-text")).to_have_value("")
    assert Outbound.objects.get(item=item).message.text == "My answer"


def test_a_tab_nobody_sits_before_is_no_sign_of_life(site: Site, sign_in: SignIn) -> None:
    item = site.arrive("I need help")
    sam, sue = sign_in("sam", f"/items/{item.pk}/?in=team:support"), sign_in("sue", f"/items/{item.pk}/")
    live(sam)
    expect(sue.locator("#there")).to_contain_text("Sam is looking", timeout=AT_ONCE)
    long_ago = timezone.now() - timedelta(hours=2)
    sam.evaluate("const now = Date.now; Date.now = () => now() + 300000")  # five minutes without a hand on it
    User.objects.filter(username="sam").update(seen_at=long_ago)
    with sam.expect_response(lambda answer: "/live/" in answer.url and answer.status == 200):
        sue.keyboard.press("c")  # what changes, the tab reads by itself
    expect(sam.locator("#live .holder")).to_contain_text("Sue")
    assert User.objects.get(username="sam").seen_at == long_ago

    sam.mouse.move(300, 300)
    with sam.expect_response(lambda answer: "/live/" in answer.url and answer.status == 200):
        sue.locator("#act-more").click()
        sue.locator("#act-release").click()
    wait(lambda: User.objects.filter(username="sam", seen_at__gt=long_ago).exists(), "sam is heard of")
