"""The list under a hand: what comes in moves nothing; many items at once, and back; names for lists; search."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from inbox.models import Item, SavedView
from tests.browser.conftest import SignIn
from tests.browser.site import Site
from tests.browser.test_expected import READ, Late
from tests.browser.test_story import live
from tests.fault.machinery import wait

pytestmark = [pytest.mark.browser]


@pytest.fixture
def items(site: Site) -> list[Item]:
    return [site.arrive(f"Please help me, number {number}", author=f"Person {number}") for number in range(4)]


def row(page: Page, item: Item):
    return page.locator(f"#row-{item.pk}")


def labels(items: list[Item]) -> list[list[str]]:
    return [Item.objects.get(pk=item.pk).labels for item in items]


def test_what_comes_in_says_so_and_moves_nothing_under_the_pointer(items, site: Site, sign_in: SignIn) -> None:
    page = sign_in("sam", "/")
    live(page)
    under = row(page, items[1])
    under.hover()
    before = under.bounding_box()
    fresh = site.arrive("Please help, this is new", author="Newcomer")
    expect(page.locator("#fresh")).to_have_text("1 new")
    assert under.bounding_box() == before
    expect(row(page, fresh)).to_have_count(0)
    Item.objects.filter(pk=items[3].pk).update(state="resolved", version=9)  # above it, one leaves
    site.arrive("Please help, this is newer", author="Another")
    expect(page.locator("#fresh")).to_have_text("2 new")
    assert under.bounding_box() == before
    page.mouse.move(900, 500)
    expect(row(page, fresh)).to_be_visible()
    expect(row(page, items[3])).to_have_count(0)
    expect(page.locator("#fresh")).to_be_hidden()


def test_a_stretch_is_labelled_and_taken_back(items, sign_in: SignIn) -> None:
    page = sign_in("sam", "/")
    live(page)
    page.keyboard.press("x")  # the first row
    row(page, items[1]).click(modifiers=["Shift"])
    expect(page.locator("#bulk b")).to_have_text("3 selected")
    page.locator("#bulk summary[data-key=label]").click()
    page.locator("#bulk input[name=label]").fill("vip")
    page.get_by_role("button", name="Put on").click()
    expect(page.locator(".undo")).to_contain_text("3 items done.")
    assert labels(items) == [[], ["vip"], ["vip"], ["vip"]]
    page.locator(".undo").get_by_role("button", name="Undo").click()
    wait(lambda: labels(items) == [[], [], [], []], "the labels to be taken back")
    expect(page.locator("#bulk")).to_be_hidden()


def test_everything_in_the_list_is_claimed_and_given_back(items, site: Site, sign_in: SignIn) -> None:
    page = sign_in("sam", "/")
    live(page)
    row(page, items[0]).locator(".pf").click()
    page.get_by_role("button", name="Select all").click()
    expect(page.locator("#bulk b")).to_have_text("4 selected")
    page.locator("#bulk").get_by_label("Claim").click()
    expect(page.locator(".undo")).to_contain_text("4 items done.")
    sam = site.user("sam").pk
    assert set(Item.objects.values_list("assignee", flat=True)) == {sam}
    page.keyboard.press("z")
    wait(lambda: set(Item.objects.values_list("assignee", flat=True)) == {None}, "the claims to be taken back")


def test_a_list_is_narrowed_kept_under_a_name_and_deleted(items, site: Site, sign_in: SignIn) -> None:
    Item.objects.filter(pk=items[2].pk).update(labels=["vip"])
    page = sign_in("sue", "/")
    page.locator("#filter").click()
    page.get_by_label("Label", exact=True).locator("visible=true").fill("vip")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator("#rows .row")).to_have_count(1)
    page.locator("#keep").click()
    page.get_by_label("Name of the view").fill("Very important")
    page.locator(".list select[name=team]").locator("visible=true").select_option("support")
    page.get_by_role("button", name="Save view").click()
    expect(page.locator("#queues")).to_contain_text("Very important")
    expect(page.locator("#queues [aria-current] .n")).to_have_text("1")
    view = SavedView.objects.get()
    assert (view.team.slug, view.query) == ("support", "label=vip")
    other = sign_in("max", f"/views/{view.pk}/")
    expect(other.locator("#rows .row")).to_have_count(1)
    expect(other.locator("#keep")).to_have_count(0)
    page.locator("#keep").click()
    page.get_by_role("button", name="Delete view").click()
    expect(page.locator("#queues")).not_to_contain_text("Very important")
    assert not SavedView.objects.exists()
    assert site.errors == []


def test_an_opened_item_is_read(items, sign_in: SignIn) -> None:
    page = sign_in("sam", "/")
    live(page)
    expect(page.locator("#rows .unread")).to_have_count(4)
    row(page, items[3]).click()
    expect(page.locator("#live")).to_be_visible()
    expect(page.locator("#rows .unread")).to_have_count(3)
    page.reload()
    expect(page.locator("#rows .unread")).to_have_count(3)


def test_what_is_open_is_not_unread_in_a_list_that_was_read_before(site: Site, sign_in: SignIn) -> None:
    item = site.arrive("Please help me")
    page = sign_in("sam", "/team/support/")
    live(page)
    page.evaluate("document.querySelector('relaybox-live').remove()")
    page.evaluate(READ)
    expect(row(page, item)).to_have_attribute("data-unread", "")
    site.arrive("Another problem", author="Ben")  # so that the list is another
    reading = Late(page, "**/team/support/", "rows")
    row(page, item).click()
    expect(page.locator("#live")).to_have_attribute("data-item", str(item.pk))
    reading.comes()
    page.mouse.move(0, 0)
    expect(page.locator("#rows .row")).to_have_count(2)
    expect(row(page, item)).not_to_have_attribute("data-unread", "")
    expect(row(page, item).locator(".unread")).to_have_count(0)
