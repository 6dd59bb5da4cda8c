"""No hand on the mouse: the main job, keys of one's own, the palette, and a focus that is never lost."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect

from inbox.models import Item
from tests.browser.conftest import SignIn
from tests.browser.site import Site
from tests.browser.test_story import live
from tests.fault.machinery import wait

pytestmark = [pytest.mark.browser]


def focused(page: Page) -> str:
    """What has the focus: never the page as a whole."""
    found: str = page.evaluate("document.activeElement.id || document.activeElement.tagName")
    return found


def test_the_main_job_without_a_mouse(site: Site, sign_in: SignIn) -> None:
    first, second = site.arrive("Please help me"), site.arrive("Another problem", author="Ben")
    page = sign_in("sam", "/team/support/")
    live(page)
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    opened = page.locator("#live")
    expect(opened).to_be_visible()
    number = int(opened.get_attribute("data-item") or 0)
    assert number in {first.pk, second.pk}
    page.keyboard.press("c")
    expect(page.locator("#live .holder")).to_contain_text("You")
    assert focused(page) != "BODY"
    page.keyboard.press("n")
    page.keyboard.type("I look at it")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".note")).to_contain_text("I look at it")
    expect(page.locator("#note-text")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    page.keyboard.type("Solved")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".delivery")).to_contain_text("Goes out in a moment")
    page.keyboard.press("Escape")
    page.keyboard.press("z")
    expect(page.locator("#reply-text")).to_have_value("Solved")
    page.keyboard.press("Control+Shift+Enter")  # send and done; the next one opens by itself
    other = second if number == first.pk else first
    expect(page.locator("#live")).to_have_attribute("data-item", str(other.pk))
    page.keyboard.press("Escape")
    page.keyboard.press("h")
    page.locator("dialog[open]").wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    page.keyboard.press("1")
    page.keyboard.press("Control+Enter")
    expect(page.locator("dialog[open]")).to_have_count(0)
    wait(lambda: Item.objects.get(pk=other.pk).team.slug != "support", "the hand-over")
    wait(lambda: Item.objects.get(pk=number).state == "resolved", "done")
    assert focused(page) != "BODY"


@pytest.mark.parametrize("key", ["c", "e"])
def test_the_focus_is_somewhere_after_every_swap(site: Site, sign_in: SignIn, key: str) -> None:
    item = site.arrive("Please help me")
    page = sign_in("sam", f"/items/{item.pk}/")
    button = page.locator("#act-claim" if key == "c" else "#act-resolve")
    button.focus()
    with page.expect_response(lambda answer: f"/items/{item.pk}/" in answer.url and answer.request.method == "POST"):
        page.keyboard.press("Enter")
    wait(lambda: page.locator(".htmx-request").count() == 0, "the answer")
    expect(button).to_have_count(0)
    assert focused(page) not in {"BODY", "HTML"}


def test_send_and_next_opens_the_row_below(site: Site, sign_in: SignIn) -> None:
    for text in ("A problem", "Another problem", "A third problem"):
        site.arrive(text, author=text)
    page = sign_in("sam", "/team/support/")
    rows = page.locator("#rows .row")
    expect(rows).to_have_count(3)
    first, second = (rows.nth(place).get_attribute("data-item") for place in (0, 1))
    rows.nth(0).click()
    expect(page.locator("#live")).to_have_attribute("data-item", str(first))
    page.keyboard.press("r")
    page.keyboard.type("Thanks")
    page.keyboard.press("Control+Alt+Enter")
    expect(page.locator("#live")).to_have_attribute("data-item", str(second))
    assert Item.objects.get(pk=first).state == "waiting"


def test_the_next_item_opens_while_the_list_is_still_read(site: Site, sign_in: SignIn) -> None:
    for text in ("A problem", "Another problem"):
        site.arrive(text, author=text)
    page = sign_in("sam", "/team/support/")
    live(page)
    rows = page.locator("#rows .row")
    expect(rows).to_have_count(2)
    first, second = (rows.nth(place).get_attribute("data-item") for place in (0, 1))
    rows.nth(0).click()
    expect(page.locator("#live")).to_have_attribute("data-item", str(first))
    held: list[Route] = []

    def hold(route: Route) -> None:
        (held.append if route.request.headers.get("x-part") == "rows" else Route.continue_)(route)

    page.route("**/team/support/*", hold)
    page.keyboard.press("e")
    expect(page.locator("#live")).to_have_attribute("data-item", str(second))
    expect(page.locator("#list")).to_have_attribute("data-states", "open snoozed waiting")
    assert held
    for route in held:
        route.continue_()
    expect(rows).to_have_count(1)


def test_keys_of_ones_own_work_are_printed_and_listed(site: Site, sign_in: SignIn) -> None:
    item = site.arrive("Please help me")
    page = sign_in("sam", "/preferences/keys/")
    page.locator("#id_claim").fill("h")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".error")).to_contain_text("is the key of “Claim” already")
    page.locator("#id_hand-over").fill("c")
    page.get_by_role("button", name="Save").click()
    page.goto(f"/items/{item.pk}/")
    expect(page.locator("#act-claim kbd")).to_have_text("H")
    page.keyboard.press("?")
    expect(page.locator("#keys-sheet div", has_text="Claim").locator("kbd")).to_have_text("H")
    page.keyboard.press("Escape")
    page.keyboard.press("h")
    expect(page.locator("#live .holder")).to_contain_text("You")


def test_keys_that_are_turned_off_do_nothing(site: Site, sign_in: SignIn) -> None:
    item = site.arrive("Please help me")
    site.user("sam").__class__.objects.filter(username="sam").update(single_keys=False)
    page = sign_in("sam", f"/items/{item.pk}/")
    expect(page.locator("#act-claim kbd")).to_have_count(0)
    for key in ("c", "h", "?", "r"):
        page.keyboard.press(key)
    expect(page.locator("dialog[open]")).to_have_count(0)
    page.keyboard.press("Control+k")
    expect(page.locator("#palette")).to_be_visible()
    item.refresh_from_db()
    assert item.assignee is None


def test_the_palette_goes_to_items_actions_views_and_settings(site: Site, sign_in: SignIn) -> None:
    item = site.arrive("My parcel is a problem", author="Zoë Quist")
    page = sign_in("sam", "/")
    options = page.locator("#palette-list [role=option]")

    def ask(words: str) -> None:
        page.keyboard.press("Control+k")
        page.locator("#palette-text").fill(words)

    ask("parcel")
    expect(options.filter(has_text="Zoë Quist").first).to_be_visible()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/items/{item.pk}/**")
    ask("clai")
    expect(options.first).to_contain_text("Claim")
    page.keyboard.press("Enter")
    expect(page.locator("#live .holder")).to_contain_text("You")
    ask("quist")
    expect(options.filter(has_text="Contact").filter(has_text="Zoë Quist")).to_have_count(1)
    page.keyboard.press("Escape")
    ask("change passw")
    page.keyboard.press("Enter")
    page.wait_for_url("**/preferences/password/")
    ask("marketing")
    page.keyboard.press("Enter")
    page.wait_for_url("**/team/marketing/")
    ask("nothing like it")
    expect(page.locator("#palette-list p")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()


def test_an_answer_leaves_a_palette_open_that_was_opened_while_it_was_on_its_way(site: Site, sign_in: SignIn) -> None:
    item = site.arrive("My parcel is a problem")
    page = sign_in("sam", f"/items/{item.pk}/")
    held: list[Route] = []
    page.route("**/claim/", lambda route: held.append(route))
    with page.expect_request("**/claim/"):
        page.keyboard.press("c")
    page.keyboard.press("Control+k")
    page.locator("#palette-text").fill("quist")
    held[0].continue_()
    expect(page.locator("#live .holder")).to_contain_text("You")
    expect(page.locator("#palette-text")).to_be_visible()
    expect(page.locator("#palette-text")).to_have_value("quist")


def test_a_key_right_after_an_answer_meets_what_the_answer_brought(site: Site, sign_in: SignIn) -> None:
    item = site.arrive("My parcel is a problem")
    page = sign_in("sam", f"/items/{item.pk}/")
    page.evaluate("""
        const press = () => document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "h", bubbles: true }));
        document.addEventListener("htmx:afterSwap", () => setTimeout(press), { once: true });
    """)
    page.keyboard.press("c")
    expect(page.locator("dialog[open] input[name=to]").first).to_be_attached()
    expect(page.locator("#live .holder")).to_contain_text("You")
    assert page.url.endswith(f"/items/{item.pk}/")
