"""Many items at once: handed over, put off, done; each with one press, and each taken back with one."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from inbox.models import Handoff, Item
from tests.browser.conftest import SignIn
from tests.browser.site import Site
from tests.browser.test_story import live
from tests.fault.machinery import wait

pytestmark = [pytest.mark.browser]


@pytest.fixture
def items(site: Site) -> list[Item]:
    return [site.arrive(f"Please help me, number {number}", author=f"Person {number}") for number in range(3)]


@pytest.fixture
def page(items: list[Item], sign_in: SignIn) -> Page:
    """Two of three items are selected: the newest and the one below it."""
    page = sign_in("sam", "/")
    live(page)
    page.keyboard.press("x")
    page.keyboard.press("x")
    expect(page.locator("#bulk b")).to_have_text("2 selected")
    return page


def now(items: list[Item]) -> list[tuple[str, str]]:
    rows = Item.objects.filter(pk__in=[item.pk for item in items]).order_by("pk")
    return [(row.team.slug, row.state) for row in rows.select_related("team")]


def undone(page: Page, items: list[Item]) -> None:
    """One press of Undo brings all of it back, in the list too."""
    page.get_by_role("button", name="Undo").click()
    wait(lambda: now(items) == [("support", "open")] * 3, "everything to be as it was")
    expect(page.locator("#rows .row")).to_have_count(3)


def test_several_are_handed_over_with_a_reason_and_taken_back(items: list[Item], page: Page) -> None:
    page.locator("#bulk").get_by_label("Hand over").click()
    dialog = page.locator("dialog[open]")
    dialog.get_by_label("Marketing").check(force=True)
    page.keyboard.press("1")  # the first reason
    dialog.locator("button.main").click()
    expect(dialog).to_have_count(0)
    expect(page.locator(".undo")).to_contain_text("2 items")
    assert now(items) == [("support", "open"), ("marketing", "open"), ("marketing", "open")]
    assert Handoff.objects.filter(outcome="pending").count() == 2
    undone(page, items)
    assert not Handoff.objects.filter(outcome="pending").exists()


def test_several_are_put_off_and_taken_back(items: list[Item], page: Page) -> None:
    page.locator("#bulk summary[data-key=snooze]").click()
    page.get_by_role("button", name="Tomorrow morning").click()
    expect(page.locator(".undo")).to_contain_text("2 items")
    assert now(items) == [("support", "open"), ("support", "snoozed"), ("support", "snoozed")]
    undone(page, items)
    assert not Item.objects.exclude(snoozed_until=None).exists()


def test_several_are_done_and_taken_back_by_keyboard(items: list[Item], page: Page) -> None:
    page.locator("#bulk").get_by_label("Done").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".undo")).to_contain_text("2 items")
    assert now(items) == [("support", "open"), ("support", "resolved"), ("support", "resolved")]
    expect(page.locator("#rows .row")).to_have_count(1)
    undone(page, items)


def test_the_keys_of_a_thread_act_on_what_is_selected(items: list[Item], page: Page) -> None:
    page.keyboard.press("e")
    expect(page.locator(".undo")).to_contain_text("2 items")
    assert now(items) == [("support", "open"), ("support", "resolved"), ("support", "resolved")]
    page.keyboard.press("z")
    wait(lambda: now(items) == [("support", "open")] * 3, "everything to be as it was")


def test_what_the_cursor_passes_with_shift_is_selected_until_it_comes_back(items: list[Item], page: Page) -> None:
    page.keyboard.press("Escape")
    page.keyboard.press("k")
    page.keyboard.press("k")
    selected = page.locator("#rows .row[aria-selected=true]")
    expect(selected).to_have_count(0)
    page.keyboard.press("Shift+J")
    page.keyboard.press("Shift+J")
    expect(selected).to_have_count(3)
    page.keyboard.press("Shift+K")
    expect(selected).to_have_count(2)
    assert [row.get_attribute("data-item") for row in selected.all()] == [str(items[2].pk), str(items[1].pk)]


def test_a_label_is_put_on_by_keys_alone_and_a_digit_opens_a_queue(items: list[Item], page: Page) -> None:
    page.keyboard.press("Escape")
    page.keyboard.press("k")
    page.keyboard.press("l")
    page.keyboard.type("vip")
    page.keyboard.press("Enter")
    wait(lambda: Item.objects.filter(labels=["vip"]).count() == 1, "the label")
    expect(page.locator("#rows .row[aria-selected=true]")).to_have_count(0)
    with page.expect_navigation():
        page.keyboard.press("2")
    expect(page.locator("#queues li a").nth(1)).to_have_attribute("aria-current", "page")
    assert page.url.endswith("/queue/unclaimed/")
