"""The rules page in a browser: words are marked as they are typed, and every rule can be reached."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from routing.models import Rule
from teams.models import Team
from tests.browser.conftest import SignIn
from tests.browser.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_words_are_marked_as_they_are_typed(site: Site, sign_in: SignIn) -> None:
    page = sign_in("ada", "/rules/")
    page.evaluate("window.untouched = true")
    box, tried = page.get_by_label("Try a text"), page.locator("#tried")
    expect(tried.locator("mark")).to_have_count(0)
    box.press_sequentially("I can’t ", delay=20)
    expect(tried.locator("mark")).to_have_text(["can’t"])
    expect(tried.locator(".facts")).to_contain_text("Somebody needs help")
    box.press_sequentially("log in, <b>help</b> me", delay=20)
    expect(tried.locator("mark")).to_have_text(["can’t", "help"])
    expect(tried.locator(".words")).to_have_text("I can’t log in, <b>help</b> me")
    box.fill("so much fun")
    expect(tried.locator("mark")).to_have_text(["fun"])
    expect(tried.locator(".facts")).to_contain_text("Marketing")
    box.fill("")
    expect(tried.locator(".words")).to_have_count(0)
    # All of it on the same page, with what was typed still there.
    assert page.evaluate("window.untouched") is True
    assert page.url.endswith("/rules/")


def test_the_draft_is_asked_until_the_published_rules_are(site: Site, sign_in: SignIn) -> None:
    team = Team.objects.get(slug="marketing")
    Rule.objects.create(name="Refunds", position=0, state="live", team=team, body={"any": ["refund"]})
    page = sign_in("ada", "/rules/")
    page.get_by_label("Try a text").press_sequentially("refund please")
    tried = page.locator("#tried")
    expect(tried.locator("mark")).to_have_text(["refund"])
    page.get_by_text("The published rules").click()
    expect(tried.locator("mark")).to_have_count(0)
    expect(tried.locator(".facts")).to_contain_text("none: the fallback team")


def test_each_of_many_rules_is_reached_by_turning_pages_or_by_a_word(site: Site, sign_in: SignIn) -> None:
    Rule.objects.bulk_create(
        Rule(name=f"Rule {at:04}", position=at + 10, state="live", body={"any": [f"word{at}"]}) for at in range(250)
    )
    page = sign_in("ada", "/rules/")
    list_ = page.get_by_role("main", name="Rules")
    seen: list[str] = []
    while True:
        expect(list_.locator("li.rule").first).to_be_visible()
        seen += list_.locator("li.rule b").all_inner_texts()
        later = list_.get_by_role("link", name="Rules after these")
        if not later.count():
            break
        later.click()
        page.wait_for_url(re.compile("from="))
    assert sorted(seen) == sorted(Rule.objects.values_list("name", flat=True))
    assert len(seen) == len(set(seen)) == 252
    list_.get_by_label("Words in names and keywords").fill("WORD249")
    list_.get_by_role("button", name="Show").click()
    expect(list_.locator("li.rule b")).to_have_text(["Rule 0249"])
    expect(list_.locator("li.rule .ord")).to_have_text(["252"])
    list_.get_by_role("link", name="Rule 0249").click()
    # Its page shows the part of the list in which it stands.
    expect(page.locator("li.rule[aria-current] b")).to_have_text("Rule 0249")


@pytest.mark.parametrize("size", [(1440, 900), (1024, 768), (390, 844)])
def test_nothing_sticks_out(site: Site, sign_in: SignIn, size: tuple[int, int]) -> None:
    Rule.objects.create(name="Somebody wants help " * 5, position=9, state="shadow", share=40, body={"any": ["help"]})
    width, height = size
    for path in ("/rules/", "/rules/past/", f"/rules/{Rule.objects.earliest('pk').pk}/", "/rules/versions/"):
        page = sign_in("ada", path, viewport={"width": width, "height": height})
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, (path, wide)
        page.close()


def test_the_rules_are_tried_and_published_on_a_phone(site: Site, sign_in: SignIn) -> None:
    team = Team.objects.get(slug="marketing")
    Rule.objects.create(name="Refunds", position=0, state="live", team=team, body={"any": ["refund"]})
    page = sign_in("ada", "/rules/", viewport={"width": 390, "height": 844})
    expect(page.get_by_label("Try a text")).to_be_hidden()
    page.get_by_role("link", name="Try, publish").click()
    page.wait_for_url("**/rules/?whole=1")
    page.get_by_label("Try a text").fill("refund please")
    expect(page.locator("#tried mark")).to_have_text(["refund"])
    page.get_by_role("button", name="Publish").click()
    expect(page.locator(".toast")).to_contain_text("Version 2 is live")
