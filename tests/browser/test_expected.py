"""What a press brings is shown before the server has answered, and is as it was when the server says no."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import APIResponse, Locator, Page, Route, expect

from inbox import queue
from inbox.models import Item
from tests.browser.conftest import SignIn
from tests.browser.site import Site
from tests.browser.test_story import live, row
from tests.fault.machinery import wait

pytestmark = [pytest.mark.browser]
# Whether the page has drawn what a key brings when the key's own task is over, and how long that took.
WATCH = """selector => {
  window.shown = new Promise((told) => {
    let pressed = 0;
    addEventListener("keydown", () => (pressed = performance.now()), { once: true, capture: true });
    const look = () => told(document.querySelector(selector) ? performance.now() - pressed : Infinity);
    addEventListener("keydown", look, { once: true });
  });
}"""
AT_ONCE = 100  # ms
READ = "() => import('/static/js/refresh.js').then(({ refresh }) => refresh())"  # ends when all is read


class Held:
    """Requests that wait until the test lets them go."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.routes = page, list[Route]()
        page.route(address, lambda route: self.routes.append(route))

    def next(self) -> Route:
        wait(lambda: self.page.title() and self.routes, "the request")
        return self.routes.pop()


class Late:
    """A tab's reading of one part: the server answers at once, and the answer comes when the test lets it."""

    def __init__(self, page: Page, address: str, part: str) -> None:
        self.page, self.part, self.held = page, part, list[tuple[Route, APIResponse]]()
        page.route(address, self._hold)
        page.evaluate(f"() => {{ window.reading = ({READ})(); }}")
        wait(lambda: page.title() and self.held, "the reading")

    def _hold(self, route: Route) -> None:
        """What is asked after the first comes as ever."""
        if self.held or route.request.headers.get("x-part") != self.part:
            route.continue_()
        else:
            self.held.append((route, route.fetch()))

    def comes(self) -> None:
        route, answer = self.held[0]
        route.fulfill(response=answer)
        self.page.evaluate("window.reading")


def shown_after(page: Page, key: str, selector: str) -> float:
    page.evaluate(WATCH, selector)
    page.keyboard.press(key)
    found: float = page.evaluate("window.shown")
    return found


def drawn(*places: Locator) -> list[str]:
    """What stands there, but for the ages, which run on."""
    return [re.sub(r"\b(now|\d+[sm])\b", "", place.evaluate("node => node.outerHTML")) for place in places]


def silent(page: Page) -> bool:
    """Nothing is said to a screen reader."""
    return page.locator("#say").text_content() == "" and page.locator("#alert").text_content() == ""


def begin(page: Page) -> None:
    """Half an answer is typed, and the hand is off it."""
    live(page)
    page.evaluate("document.querySelector('relaybox-live').remove()")  # a tab that hears nothing any more
    page.evaluate(READ)  # and has read what it heard
    page.fill("#reply-text", "Half an answer")
    page.locator("#main").focus()


def undisturbed(page: Page) -> None:
    expect(page.locator("#reply-text")).to_have_value("Half an answer")
    assert page.evaluate("document.activeElement.id") == "main"


def test_a_claim_is_shown_before_its_answer_and_the_next_key_waits_for_that(site: Site, sign_in: SignIn) -> None:
    item = site.arrive("Please help me")
    page = sign_in("sam", f"/items/{item.pk}/?in=team:support")
    begin(page)
    claims = Held(page, "**/claim/")
    assert shown_after(page, "c", "#live .holder .av.you") < AT_ONCE
    expect(row(page, item).locator(".side > .av.you")).to_have_count(1)
    expect(page.locator("#live .holder > .vh")).to_have_text("Being claimed…")
    page.keyboard.press("e")  # meant for an item of one's own
    page.keyboard.press("c")  # once is enough
    undisturbed(page)
    assert silent(page)
    item.refresh_from_db()
    assert (item.assignee, item.state) == (None, Item.State.OPEN)
    claims.next().continue_()
    expect(row(page, item)).to_have_count(0)
    assert claims.routes == []
    item.refresh_from_db()
    assert (item.assignee, item.state) == (site.user("sam"), Item.State.RESOLVED)


@pytest.mark.parametrize(
    ("key", "verb", "shown", "status"),
    [("c", "claim", ".av.you", 409), ("e", "resolve", ".clock.met", 0), ("u", "release", ".av.open", 0)],
)
def test_what_was_not_done_is_taken_back_and_said(
    site: Site, sign_in: SignIn, key: str, verb: str, shown: str, status: int
) -> None:
    item = site.arrive("Please help me")
    if verb == "release":
        item = queue.claim(item=item.pk, by=site.user("sam"))
    page = sign_in("sam", f"/items/{item.pk}/?in=team:support")
    begin(page)
    places = page.locator("#live .holder"), row(page, item)
    before = drawn(*places)
    acts = Held(page, f"**/{verb}/")
    assert shown_after(page, key, f"#live .holder > {shown}") < AT_ONCE
    expect(row(page, item)).to_have_attribute("data-expected", verb)
    assert drawn(*places)[0] != before[0]
    route = acts.next()
    refusal = '<div class="strip" role="alert"><span>You hold too many</span></div>'  # as the server words one
    route.fulfill(status=status, content_type="text/html", body=refusal) if status else route.abort()
    told = "You hold too many" if status else "That did not reach us"
    expect(page.locator(".undo.wrong")).to_contain_text(told)
    expect(page.locator("#alert")).to_contain_text(told)
    assert drawn(*places) == before
    undisturbed(page)
    version = item.version
    item.refresh_from_db()
    assert item.version == version
    page.keyboard.press(key)  # the same key works again
    acts.next().continue_()
    wait(lambda: Item.objects.get(pk=item.pk).version == version + 1, "the second try")


def test_who_was_slower_sees_who_holds_it(site: Site, sign_in: SignIn) -> None:
    item = site.arrive("Please help me")
    page = sign_in("sam", f"/items/{item.pk}/?in=team:support")
    begin(page)
    claims = Held(page, "**/claim/")
    page.keyboard.press("c")
    expect(page.locator("#live .holder > .av.you")).to_have_count(1)
    queue.claim(item=item.pk, by=site.user("sue"))
    with page.expect_response(lambda answer: answer.request.headers.get("x-part") == "rows"):
        page.evaluate(f"() => void ({READ})()")  # the list waits for the answer too
    page.evaluate("() => fetch(location.href).then((answer) => answer.text())")  # whose words have come by now
    for place in ("#live .holder", f"#row-{item.pk} > .side"):
        expect(page.locator(f"{place} > .av.you")).to_have_count(1)
    page.keyboard.press("e")  # was meant for an item of one's own: it is none
    claims.next().continue_()
    expect(page.get_by_role("alert").filter(has_text="Sue has claimed this item")).to_be_visible()
    expect(page.locator("#live .holder")).to_contain_text("Sue")
    expect(row(page, item).locator(".side > .av[title=Sue]")).to_have_count(1)
    expect(page.locator("[data-expected], #live .av.you")).to_have_count(0)
    item.refresh_from_db()
    assert (item.assignee, item.state) == (site.user("sue"), Item.State.OPEN)


def test_of_many_selected_only_what_was_not_done_goes_back(site: Site, sign_in: SignIn) -> None:
    first, second = site.arrive("A problem"), site.arrive("Another problem", author="Ben")
    page = sign_in("sam", "/team/support/")
    live(page)
    page.evaluate("document.querySelector('relaybox-live').remove()")
    for item in (first, second):
        row(page, item).locator(".pf").click()
    expect(page.locator("#bulk b")).to_have_text("2 selected")
    before = drawn(row(page, first), row(page, second))
    claims, button = Held(page, "**/bulk/claim/"), page.locator("#bulk [data-expect=claim]")
    button.click()
    expect(page.locator("#rows .side > .av.you")).to_have_count(2)
    claims.next().abort()
    expect(page.locator(".undo.wrong")).to_contain_text("That did not reach us")
    assert drawn(row(page, first), row(page, second)) == before
    expect(page.locator("#bulk b")).to_have_text("2 selected")
    queue.claim(item=second.pk, by=site.user("sue"))
    button.click()
    expect(page.locator("#rows .side > .av.you")).to_have_count(2)
    claims.next().continue_()
    expect(page.locator(".undo:not(.wrong)")).to_contain_text("Sue has claimed this item")
    expect(row(page, first).locator(".side > .av.you")).to_have_count(1)
    expect(row(page, second).locator(".side > .av[title=Sue]")).to_have_count(1)
