"""The composer by hand and by keyboard: saved replies, names, emoji, limits, windows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from connectors import measure
from inbox.models import Activity, Item, Mention, SavedReply
from tests.browser.conftest import SignIn
from tests.browser.site import Site
from tests.browser.test_story import live
from tests.fault.machinery import wait

pytestmark = [pytest.mark.browser]
TEXTS = [
    "", "plain", "I can’t", "é", "e\u0301", "你好", "안녕", "👩‍👩‍👧‍👦", "👍🏽!", "1️⃣ ©™", "🇹🇼🇯🇵", "a\nb", "नमस्ते", "ยาก",
    "see https://example.org/a?b=c, www.example.org and 你https://x.org", "“quoted” – … ′", "☎️ ✨", "\u200d\u200b",
]  # fmt: skip


@pytest.fixture
def item(site: Site) -> Item:
    return site.arrive("Please help me")


def offered(page: Page):
    return page.locator("#offers [role=option]")


def test_a_saved_reply_is_found_by_slash_and_filled_in_by_keyboard_alone(
    item: Item, site: Site, sign_in: SignIn
) -> None:
    SavedReply.objects.create(name="Refund", shortcut="refund", text="Dear {{contact.first_name}}, your refund.")
    SavedReply.objects.create(name="Reset", shortcut="reset", text="Please reset it. {{agent.name}}")
    sam = sign_in("sam", f"/items/{item.pk}/")
    sam.keyboard.press("r")
    sam.keyboard.type("/re")
    expect(offered(sam)).to_have_count(2)
    sam.keyboard.press("Escape")
    expect(offered(sam)).to_have_count(2)  # they are hidden, not forgotten, and the text is as it was
    expect(sam.locator("#offers")).to_be_hidden()
    expect(sam.locator("#reply-text")).to_be_focused()
    sam.keyboard.type("s")
    expect(offered(sam)).to_have_count(1)
    sam.keyboard.press("Backspace")
    expect(offered(sam)).to_have_count(2)
    sam.keyboard.press("ArrowDown")
    sam.keyboard.press("ArrowUp")
    sam.keyboard.press("Enter")
    expect(sam.locator("#reply-text")).to_have_value("Dear Priya, your refund.")
    sam.keyboard.press("Control+z")
    expect(sam.locator("#reply-text")).to_have_value("/re")


def test_what_is_not_known_is_said_and_ready_to_be_typed_over(item: Item, sign_in: SignIn) -> None:
    item.contact.name = ""
    item.contact.save()
    SavedReply.objects.create(name="Hi", shortcut="hi", text="Dear {{contact.name}}!")
    sam = sign_in("sam", f"/items/{item.pk}/")
    sam.keyboard.press("r")
    sam.keyboard.type("/hi")
    expect(offered(sam)).to_have_count(1)
    sam.keyboard.press("Tab")
    expect(sam.locator("#composer-hint")).to_contain_text("Not known here: contact.name")
    sam.keyboard.type("friend")
    expect(sam.locator("#reply-text")).to_have_value("Dear friend!")


def test_a_colleague_named_in_a_note_sees_it_as_a_chip(item: Item, site: Site, sign_in: SignIn) -> None:
    sam, sue = sign_in("sam", f"/items/{item.pk}/"), sign_in("sue", f"/items/{item.pk}/")
    live(sue)
    sam.keyboard.press("n")
    sam.keyboard.type("Please look, @su")
    expect(offered(sam)).to_have_count(2)  # Sue and her team Support
    sam.keyboard.press("Enter")
    expect(sam.locator("#note-text")).to_have_value("Please look, @sue ")
    sam.keyboard.press("Control+Enter")
    expect(sue.locator(".note .at")).to_have_text("@sue")
    assert [row.user.username for row in Mention.objects.all()] == ["sue"]
    assert Activity.objects.get(verb="noted").text == "Please look, @sue"


def test_emoji_are_found_by_words_and_put_where_the_cursor_is(item: Item, sign_in: SignIn) -> None:
    sam = sign_in("sam", f"/items/{item.pk}/")
    sam.keyboard.press("r")
    sam.keyboard.type("Great :rocke")
    expect(offered(sam)).to_have_count(1)
    sam.keyboard.press("Enter")
    sam.locator("[data-emoji]").click()
    expect(sam.locator("#emoji input")).to_be_focused()
    sam.keyboard.type("party")
    sam.keyboard.press("ArrowDown")
    sam.keyboard.press("Enter")
    expect(sam.locator("#emoji")).to_be_hidden()
    expect(sam.locator("#reply-text")).to_be_focused()
    sam.keyboard.type("!")
    value = sam.locator("#reply-text").input_value()
    assert value.startswith("Great 🚀 ")
    assert value.endswith("!")
    assert len(value) == len("Great 🚀 ?!")


def test_the_browser_counts_as_the_server_does(item: Item, site: Site, sign_in: SignIn) -> None:
    sam = sign_in("sam", f"/items/{item.pk}/")
    units = ["characters", "bytes", "utf16", "graphemes", "x_weight"]
    count = """async ([texts, units]) => {
      const { length } = await import('/static/js/measure.js');
      return texts.map((text) => units.map((unit) => length(text, unit)));
    }"""
    found = sam.evaluate(count, [TEXTS, units])
    assert found == [[measure.length(text, unit) for unit in units] for text in TEXTS]


def test_a_closing_window_is_counted_down_and_a_closed_one_is_said(item: Item, site: Site, sign_in: SignIn) -> None:
    site.connection.kind = "whatsapp"
    site.connection.save()
    Item.objects.update(kind="dm")
    item.messages.update(at=timezone.now() - timedelta(hours=21, minutes=30))
    sam = sign_in("sam", f"/items/{item.pk}/")
    expect(sam.locator("#window .left")).to_have_text("2h 29m left")
    item.messages.update(at=timezone.now() - timedelta(days=8))
    sam.reload()
    expect(sam.locator("#window .left")).to_have_text("The platform takes no reply any more")
    expect(sam.locator("#window .by")).to_be_hidden()
    wait(lambda: "late" in (sam.locator("#window").get_attribute("class") or ""), "the colour")
