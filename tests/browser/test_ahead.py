"""The thread after the open one is fetched ahead: shown at once, never old, and read by nobody before it is seen."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Request, Route, expect

from inbox import queue
from inbox.models import Item, ItemRead
from tests.browser.conftest import SignIn
from tests.browser.site import Site
from tests.browser.test_expected import READ
from tests.browser.test_story import live
from tests.fault.machinery import wait

pytestmark = [pytest.mark.browser]


def part_of(request: Request) -> str | None:
    return request.headers.get("x-part")


def open_the_first(site: Site, sign_in: SignIn) -> tuple[Page, Item]:
    """A tab that hears nothing any more, with the first of two items open and the second fetched ahead."""
    for text in ("A problem", "Another problem"):
        site.arrive(text, author=text)
    page = sign_in("sam", "/team/support/")
    live(page)
    page.evaluate("document.querySelector('relaybox-live').remove()")
    page.evaluate(READ)
    expect(page.locator("#rows .row")).to_have_count(2)
    with page.expect_response(lambda answer: part_of(answer.request) == "ahead") as fetched:
        page.locator("#rows .row").nth(0).click()
    fetched.value.finished()
    second = Item.objects.get(pk=page.locator("#rows .row").nth(1).get_attribute("data-item"))
    assert str(second.pk) in fetched.value.url
    return page, second


def is_read(item: Item) -> bool:
    return ItemRead.objects.filter(item=item).exists()


def test_the_next_thread_needs_no_network_and_is_read_once_it_is_seen(site: Site, sign_in: SignIn) -> None:
    page, second = open_the_first(site, sign_in)
    assert not is_read(second)
    held: list[Route] = []
    page.route(f"**/items/{second.pk}/**", lambda route: held.append(route))
    page.keyboard.press("j")
    expect(page.locator("#live")).to_have_attribute("data-item", str(second.pk))
    expect(page.locator("#row-" + str(second.pk))).not_to_have_attribute("data-unread", "")
    assert "talk" not in [part_of(route.request) for route in held]
    assert not is_read(second)
    wait(lambda: page.title() and "live" in [part_of(route.request) for route in held], "the question what is new")
    for route in held:
        route.continue_()
    wait(lambda: page.title() and is_read(second), "the sign that it is read")


def test_what_changed_unheard_since_then_is_shown_right_after(site: Site, sign_in: SignIn) -> None:
    page, second = open_the_first(site, sign_in)
    queue.claim(item=second.pk, by=site.user("sue"))
    page.keyboard.press("j")
    expect(page.locator("#live")).to_have_attribute("data-item", str(second.pk))
    expect(page.locator("#live .holder")).to_contain_text("Sue")


def test_a_thread_whose_row_has_changed_is_fetched_anew(site: Site, sign_in: SignIn) -> None:
    page, second = open_the_first(site, sign_in)
    page.locator(f"#row-{second.pk}").evaluate("row => (row.dataset.version = '99')")
    with page.expect_request(lambda request: part_of(request) == "talk") as asked:
        page.keyboard.press("j")
    assert str(second.pk) in asked.value.url
    expect(page.locator("#live")).to_have_attribute("data-item", str(second.pk))
