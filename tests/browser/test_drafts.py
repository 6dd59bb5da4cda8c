"""What is typed is never lost: on other devices, beside colleagues, without a network, after a lost race."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect

from inbox import queue
from inbox.models import Draft, Item, Outbound
from tests.browser.conftest import SignIn
from tests.browser.site import Site
from tests.browser.test_story import live
from tests.fault.machinery import wait

pytestmark = [pytest.mark.browser]


@pytest.fixture
def item(site: Site) -> Item:
    return site.arrive("Please help me")


def kept(page: Page) -> None:
    """Wait until the server has what was typed."""
    expect(page.locator("#draft-state")).to_have_text("Draft kept")


def words(item: Item) -> dict[str, str]:
    return {row.author.username: row.text for row in Draft.objects.filter(item=item).select_related("author")}


def test_a_draft_is_there_on_another_device_and_in_view_of_colleagues_only(
    item: Item, site: Site, sign_in: SignIn
) -> None:
    address = f"/items/{item.pk}/"
    sam, sue = sign_in("sam", address), sign_in("sue", address)
    live(sam)
    sam.locator("#reply-text").press_sequentially("Dear <b>Priya</b>")
    kept(sam)
    expect(sam.locator("#drafts .other-draft")).to_have_count(0)
    other = sue.locator("#drafts .other-draft")
    expect(other).to_contain_text("Sam is writing: Dear <b>Priya</b>")
    sam.locator("#reply-text").press_sequentially(", hello")
    expect(other).to_contain_text("Priya</b>, hello")
    phone = sign_in("sam", address, viewport={"width": 390, "height": 844})
    expect(phone.locator("#reply-text")).to_have_value("Dear <b>Priya</b>, hello")
    phone.locator("#reply-text").press("End")
    phone.locator("#reply-text").press_sequentially("!")
    kept(phone)
    expect(sam.locator("#reply-text")).to_have_value("Dear <b>Priya</b>, hello!")
    other.locator("summary").click()
    other.get_by_role("button", name="Go on with this text").click()
    expect(sue.locator("#reply-text")).to_have_value("Dear <b>Priya</b>, hello!")
    kept(sue)
    assert words(item) == {"sam": "Dear <b>Priya</b>, hello!", "sue": "Dear <b>Priya</b>, hello!"}


def test_what_was_sent_leaves_no_draft_on_any_device(item: Item, sign_in: SignIn) -> None:
    desk, phone = (sign_in("sam", f"/items/{item.pk}/") for _device in range(2))
    live(phone)
    desk.locator("#reply-text").press_sequentially("Thanks")
    kept(desk)
    expect(phone.locator("#reply-text")).to_have_value("Thanks")
    desk.locator("#reply-text").press_sequentially(" a lot")
    desk.keyboard.press("Control+Enter")  # at once: the last letters are not kept yet
    expect(desk.locator(".delivery")).to_be_visible()
    expect(desk.locator("#reply-text")).to_have_value("")
    expect(phone.locator("#reply-text")).to_have_value("")
    wait(lambda: words(item) == {}, "the draft to be gone")
    assert Outbound.objects.get().message.text == "Thanks a lot"


def test_a_send_whose_answer_takes_long_is_not_overtaken_by_its_draft(item: Item, sign_in: SignIn) -> None:
    sam = sign_in("sam", f"/items/{item.pk}/")
    sam.locator("#reply-text").fill("Sent at once")

    def late(route: Route) -> None:
        answer = route.fetch()
        sam.wait_for_timeout(1500)  # longer than a draft waits for the next letter
        route.fulfill(response=answer)

    sam.route("**/answer/", late)
    sam.keyboard.press("Control+Enter")
    expect(sam.locator(".msg.ours", has_text="Sent at once")).to_be_visible()
    expect(sam.locator("#reply-text")).to_have_value("")
    sam.wait_for_timeout(1500)
    assert not Draft.objects.exists()
    sam.reload()
    expect(sam.locator("#reply-text")).to_have_value("")


def test_without_a_network_the_text_stays_here_and_goes_to_the_server_later(item: Item, sign_in: SignIn) -> None:
    sam = sign_in("sam", f"/items/{item.pk}/")
    live(sam)
    sam.context.set_offline(True)
    sam.locator("#reply-text").press_sequentially("Written in a tunnel")
    expect(sam.locator("#draft-state")).to_have_text("Kept on this device")
    sam.keyboard.press("Control+Enter")
    expect(sam.locator("#alert")).to_contain_text("Nothing you typed is lost")
    expect(sam.locator("#reply-text")).to_have_value("Written in a tunnel")
    assert words(item) == {}
    assert not Outbound.objects.exists()
    sam.context.set_offline(False)
    kept(sam)
    assert words(item) == {"sam": "Written in a tunnel"}


def test_a_text_that_the_server_never_got_is_still_there_after_a_reload(item: Item, sign_in: SignIn) -> None:
    sam = sign_in("sam", f"/items/{item.pk}/")
    sam.route("**/draft/", lambda route: route.abort())
    sam.locator("#note-text").evaluate("field => document.getElementById('mode-note').click()")
    sam.locator("#note-text").press_sequentially("A note in the dark")
    expect(sam.locator("#draft-state")).to_have_text("Kept on this device")
    sam.unroute("**/draft/")
    sam.reload()
    expect(sam.locator("#note-text")).to_have_value("A note in the dark")
    wait(lambda: words(item) == {"sam": "A note in the dark"}, "the draft")


def test_two_devices_that_wrote_without_each_other_keep_both_texts(item: Item, sign_in: SignIn) -> None:
    desk, phone = (sign_in("sam", f"/items/{item.pk}/") for _device in range(2))
    for page in (desk, phone):
        live(page)
    phone.context.set_offline(True)
    phone.locator("#reply-text").press_sequentially("From the phone")
    desk.locator("#reply-text").press_sequentially("From the desk")
    kept(desk)
    phone.context.set_offline(False)
    strip = phone.locator("#draft-conflict")
    expect(strip.locator("q")).to_have_text("From the desk")
    expect(phone.locator("#reply-text")).to_have_value("From the phone")
    assert words(item) == {"sam": "From the desk"}
    strip.get_by_role("button", name="Keep both").click()
    kept(phone)
    assert words(item) == {"sam": "From the phone\n\nFrom the desk"}
    expect(desk.locator("#reply-text")).to_have_value("From the phone\n\nFrom the desk")


def test_on_a_slow_network_a_send_that_lost_its_race_keeps_the_text(item: Item, site: Site, sign_in: SignIn) -> None:
    sam = sign_in("sam", f"/items/{item.pk}/")
    sam.evaluate("document.querySelector('relaybox-live').remove()")  # a tab that has heard nothing
    sam.locator("#reply-text").press_sequentially("Too late")
    queue.claim(item=item.pk, by=site.user("sue"))
    sam.keyboard.press("Control+Enter")
    expect(sam.locator("#answer-notice")).to_contain_text("Your text is still here")
    expect(sam.locator("#reply-text")).to_have_value("Too late")
    assert not Outbound.objects.exists()
