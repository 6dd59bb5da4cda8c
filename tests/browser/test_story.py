"""The main job, in two real browsers: an event comes in, a rule routes it, two teams pass it on, a reply goes out."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from inbox.models import Item
from tests.browser.conftest import SignIn
from tests.browser.site import Site

pytestmark = [pytest.mark.browser]
AT_ONCE = 1_000  # ms
TEXT = "This is so much fun, but I can not log in since Tuesday"


def live(page: Page) -> None:
    """Wait until the tab listens."""
    expect(page.locator("relaybox-live")).to_have_attribute("state", "live")


def row(page: Page, item: Item):
    return page.locator(f"#row-{item.pk}")


def watch_for_reload(page: Page) -> None:
    page.evaluate("window.sameDocument = true")


def same_document(page: Page) -> bool:
    return page.evaluate("window.sameDocument === true")


def test_an_item_is_routed_handed_over_answered_and_done(site: Site, sign_in: SignIn) -> None:
    mia = sign_in("mia", "/team/marketing/")
    sam = sign_in("sam", "/team/support/")
    for page in (mia, sam):
        live(page)
        watch_for_reload(page)

    # it comes in through the door and appears in Marketing's open tab
    item = site.arrive("What an engaging video! It is so much fun")
    expect(row(mia, item)).to_be_visible(timeout=AT_ONCE)
    expect(row(sam, item)).to_have_count(0)

    # Mia sees which words of which rule brought it here, and claims it by key
    row(mia, item).click()
    expect(mia.locator(".why")).to_contain_text("Routed to Marketing by “Somebody is having fun”")
    assert mia.locator(".why mark").all_inner_texts() == ["engaging", "fun"]
    assert mia.locator(".msg .body mark").all_inner_texts() == ["engaging", "fun"]
    mia.keyboard.press("c")
    expect(mia.locator("#live .holder")).to_contain_text("You")

    # she hands it to Support with a reason; it appears in Sam's open tab at once, without a reload
    mia.keyboard.press("h")
    dialog = mia.locator("dialog[open]")
    dialog.locator("input[name=to][value=support]").check()
    reason = dialog.locator("[data-digit='2']").get_attribute("value")
    mia.keyboard.press("2")
    dialog.locator("textarea").fill("He cannot log in; the video is fine")
    mia.keyboard.press("Control+Enter")
    expect(row(sam, item)).to_be_visible(timeout=AT_ONCE)
    assert same_document(sam)
    expect(dialog).to_have_count(0)

    # Sam reads the reason, claims and replies; the reply leaves through the connection, signed
    row(sam, item).click()
    expect(sam.locator("#story")).to_contain_text(f"Mia handed over to Support · {reason}")
    expect(sam.locator("#story")).to_contain_text("He cannot log in; the video is fine")
    sam.keyboard.press("c")
    expect(sam.locator("#live .holder")).to_contain_text("You")
    sam.keyboard.press("r")
    sam.keyboard.type("Sorry about that. Please try again now.")
    sam.keyboard.press("Control+Enter")
    delivery = sam.locator(".delivery")
    expect(delivery).to_contain_text("Goes out in a moment")
    expect(sam.locator("#reply-text")).to_have_value("")
    expect(delivery).to_contain_text("Sent", timeout=30_000)
    assert [reply["text"] for reply in site.platform.accepted] == ["Sorry about that. Please try again now."]

    # he marks it done; the story is whole, for Mia too
    sam.locator("#story").focus()
    sam.keyboard.press("e")
    expect(row(sam, item)).to_have_count(0)
    assert same_document(sam)
    item.refresh_from_db()
    assert item.state == "resolved"
    mia.goto(f"/items/{item.pk}/")
    legs = mia.locator(".track .leg")
    expect(legs).to_have_count(2)
    expect(legs.nth(0)).to_contain_text("Marketing")
    expect(legs.nth(1)).to_contain_text("Support")
    story = re.sub(r"\s+", " ", mia.locator("#story").inner_text())
    told = [
        "What an engaging video",
        "Mia claimed it",
        "Mia handed over",
        "Sam claimed it",
        "Sorry about",
        "Sam marked it",
    ]
    places = [story.find(words) for words in told]
    assert -1 not in places
    assert places == sorted(places)


def test_a_returned_item_comes_back_with_its_reason(site: Site, sign_in: SignIn) -> None:
    item = site.arrive("I need help, this is a problem")
    sam = sign_in("sam", f"/items/{item.pk}/?in=team:support")
    mia = sign_in("mia", "/team/marketing/")
    live(mia)
    sam.keyboard.press("h")
    sam.locator("dialog[open] input[value=marketing]").check()
    sam.keyboard.press("1")
    sam.keyboard.press("Control+Enter")
    expect(row(mia, item)).to_be_visible()
    live(sam)
    watch_for_reload(sam)

    row(mia, item).click()
    mia.keyboard.press("b")
    expect(mia.locator("dialog[open] h1")).to_have_text("Return to Support")
    mia.keyboard.press("1")
    mia.locator("dialog[open] textarea").fill("A sign-in fault, not a campaign")
    mia.keyboard.press("Control+Enter")
    expect(row(mia, item)).to_have_count(0)

    expect(row(sam, item)).to_be_visible(timeout=AT_ONCE)
    expect(row(sam, item).get_by_role("img", name="Returned")).to_be_visible()
    assert same_document(sam)
    row(sam, item).click()
    expect(sam.locator("#story")).to_contain_text("Mia returned it to Support · Not ours")
    expect(sam.locator("#story")).to_contain_text("A sign-in fault, not a campaign")


def test_of_two_who_claim_at_once_the_loser_learns_who_won_and_keeps_the_draft(site: Site, sign_in: SignIn) -> None:
    item = site.arrive("Please help me")
    sue, sam = (sign_in(name, f"/items/{item.pk}/") for name in ("sue", "sam"))
    sam.context.set_offline(False)
    sam.evaluate("document.querySelector('relaybox-live').remove()")  # a tab that has heard nothing
    sam.fill("#reply-text", "My answer, half written")
    sue.keyboard.press("c")
    expect(sue.locator("#live .holder")).to_contain_text("You")
    sam.locator("#act-claim").click()
    expect(sam.get_by_role("alert").filter(has_text="Sue has claimed this item")).to_be_visible()
    expect(sam.locator("#reply-text")).to_have_value("My answer, half written")
    item.refresh_from_db()
    assert item.assignee == site.user("sue")
