"""The thread in a real browser: pictures, direction, a phone, high contrast, little motion."""

from __future__ import annotations

import struct
import zlib

import pytest
from playwright.sync_api import expect

from inbox import queue
from inbox.models import Attachment, Item
from teams.models import User
from tests.browser.conftest import SignIn
from tests.browser.site import Site
from tests.browser.test_expected import READ, Late
from tests.browser.test_story import live

pytestmark = [pytest.mark.browser]
PHONE = {"width": 390, "height": 844}


def png() -> bytes:
    """One red dot."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\x00\xff\x00\x00")) + chunk(b"IEND", b"")


def add_pictures(item: Item, number: int) -> None:
    message = item.messages.get()
    message.media = []
    for position in range(number):
        row = Attachment.objects.create(
            message=message, position=position, state="stored", type="image/png", name=f"Picture {position}", size=9
        )
        row.path.parent.mkdir(parents=True, exist_ok=True)
        row.path.write_bytes(png())
        message.media.append({"token": str(row.token), "type": "image/png", "name": row.name, "size": 9})
    message.save()


def test_pictures_open_large_hold_the_focus_and_give_it_back(site: Site, sign_in: SignIn) -> None:
    item = site.arrive("Look, a problem")
    add_pictures(item, 2)
    page = sign_in("sam", f"/items/{item.pk}/")
    first = page.locator("[data-lightbox]").first
    first.focus()
    page.keyboard.press("Enter")
    box = page.locator("#lightbox")
    expect(box.locator("[data-name]")).to_have_text("Picture 0")
    page.keyboard.press("ArrowRight")
    expect(box.locator("[data-name]")).to_have_text("Picture 1")
    page.keyboard.press("c")  # keys of the thread are dead here
    for _step in range(8):
        page.keyboard.press("Tab")
        assert page.evaluate(
            "document.activeElement === document.body || document.activeElement.closest('#lightbox') !== null"
        )
    page.keyboard.press("Escape")
    expect(box).to_be_hidden()
    expect(first).to_be_focused()
    item.refresh_from_db()
    assert item.assignee is None


def test_every_text_has_its_own_direction(site: Site, sign_in: SignIn) -> None:
    item = site.arrive("لا أستطيع تسجيل الدخول help", author="ليلى حداد", language="ar")
    page = sign_in("sam", f"/items/{item.pk}/")
    body = page.locator(".msg .body").first
    assert body.evaluate("node => getComputedStyle(node).direction") == "rtl"
    assert page.locator("#live").evaluate("node => getComputedStyle(node).direction") == "ltr"
    page.locator("#reply-text").fill("أهلا")
    assert page.locator("#reply-text").evaluate("node => getComputedStyle(node).direction") == "rtl"
    page.evaluate("document.documentElement.dir = 'rtl'")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_on_a_phone_one_pane_at_a_time_and_nothing_is_missing(site: Site, sign_in: SignIn) -> None:
    item = site.arrive("Please help me")
    page = sign_in("sam", "/team/support/", viewport=PHONE, has_touch=True)
    live(page)
    page.locator(f"#row-{item.pk}").tap()
    expect(page.locator("#live")).to_be_visible()
    expect(page.locator("#list")).to_be_hidden()
    for each in ("#act-back", "#act-claim", "#act-hand-over", "#act-resolve", "#act-more", "#send", "#send-more"):
        box = page.locator(each).bounding_box()
        assert box is not None, each
        assert box["height"] >= 44, (each, box)
        assert box["x"] >= 0, (each, box)
        assert box["x"] + box["width"] <= PHONE["width"], (each, box)
    page.locator("#reply-text").fill("On my way")
    page.locator("#send").tap()
    expect(page.locator(".delivery")).to_contain_text("Goes out in a moment")
    page.locator("#act-more").tap()
    page.locator("#live button[data-contact]").tap()
    expect(page.locator("#ctx")).to_be_visible()
    page.locator("#ctx [data-contact]").tap()
    page.locator("#act-back").tap()
    expect(page.locator("#list")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_high_contrast_keeps_what_is_chosen_visible(site: Site, sign_in: SignIn) -> None:
    item = site.arrive("Please help me")
    page = sign_in("sam", f"/items/{item.pk}/", forced_colors="active")
    page.locator("#mode-note").focus()
    outline = "node => getComputedStyle(node).outlineStyle"
    assert page.locator("label:has(#mode-note)").evaluate(outline) != "none"
    page.keyboard.press("Control+k")
    chosen = page.locator("#palette-list [aria-selected=true]")
    expect(chosen).to_have_count(1)
    assert chosen.evaluate(outline) != "none"


def test_with_little_motion_nothing_moves(site: Site, sign_in: SignIn) -> None:
    item = site.arrive("Please help me")
    page = sign_in("sam", f"/items/{item.pk}/", reduced_motion="reduce")
    page.keyboard.press("c")
    expect(page.locator(".undo")).to_be_visible()
    assert page.evaluate("document.getAnimations().length") == 0
    assert User.objects.get(username="sam").held_items.count() == 1


def test_an_older_reading_does_not_take_away_what_was_written_since(site: Site, sign_in: SignIn) -> None:
    item = site.arrive("Please help me")
    page = sign_in("sam", f"/items/{item.pk}/?in=team:support")
    live(page)
    page.evaluate("document.querySelector('relaybox-live').remove()")
    page.evaluate(READ)
    queue.claim(item=item.pk, by=site.user("sam"))
    reading = Late(page, f"**/items/{item.pk}/**", "live")
    page.keyboard.press("n")
    page.keyboard.type("I look at it")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".note")).to_contain_text("I look at it")
    reading.comes()
    assert page.locator(".note").count() == 1
    expect(page.locator("#live .holder")).to_contain_text("You")
