"""In Traditional Chinese: the main story, dates, and pages in which nothing is cut or runs out of the window."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from inbox.models import Item
from teams.models import Team
from tests.browser.conftest import SignIn
from tests.browser.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SIZES = [{"width": 1440, "height": 900}, {"width": 390, "height": 844}]
# Buttons, headings and labels that are cut off or stand outside of the window.
CUT = """() => [...document.querySelectorAll("button, a.btn, h1, h2, label, .tag, .chip, th, dt")].filter((one) => {
  const box = one.getBoundingClientRect();
  if (!one.offsetParent || one.closest(".vh") || one.querySelector("bdi") || box.width < 3) return false;
  const clipped = one.scrollWidth > one.clientWidth + 2 && getComputedStyle(one).overflowX !== "visible";
  return clipped || box.right > innerWidth + 1 || box.left < -1;
}).map((one) => one.outerHTML.slice(0, 120))"""


def speak_chinese(site: Site, *usernames: str) -> None:
    for username in usernames:
        user = site.user(username)
        user.language = "zh-hant"
        user.save()


def test_the_story_is_told_in_chinese(site: Site, sign_in: SignIn) -> None:
    speak_chinese(site, "sam")
    item = site.arrive("I can't log in, please help", author="小美")
    page = sign_in("sam", f"/items/{item.pk}/")
    assert page.evaluate("document.documentElement.lang") == "zh-hant"
    expect(page.locator(".why")).to_contain_text("依「Somebody needs help」分派給 Support")
    expect(page.locator(".thread .day").first).to_have_text("今天")
    times = page.locator(".thread time").first
    assert re.match(r"20\d\d年\d{1,2}月\d{1,2}日", times.get_attribute("title") or "")
    page.get_by_role("button", name="認領").click()
    expect(page.locator(".thread")).to_contain_text("Sam 認領了此項目")
    item.refresh_from_db()
    assert item.assignee == site.user("sam")


@pytest.mark.parametrize("size", SIZES, ids=["desk", "phone"])
def test_nothing_is_cut_in_chinese(site: Site, sign_in: SignIn, size: dict[str, int]) -> None:
    speak_chinese(site, "ada")
    item = site.arrive("I can't log in, please help")
    page = sign_in("ada", viewport=size)
    assert {path: faults(page, path) for path in addresses(site, item)} == {path: [] for path in addresses(site, item)}


def addresses(site: Site, item: Item) -> list[str]:
    team, one = Team.objects.get(slug="support").pk, f"/items/{item.pk}/"
    own = [
        "/",
        one,
        f"{one}hand-over/",
        f"{one}snooze/",
        "/queues/",
        "/notifications/",
        "/handed-over/",
        "/preferences/",
    ]
    admin = [
        "/rules/",
        "/rules/new/",
        "/people/",
        "/people/new/",
        f"/people/teams/{team}/",
        f"/people/teams/{team}/duty/",
    ]
    more = [
        "/people/targets/",
        "/people/reasons/",
        "/coverage/",
        "/ledger/",
        "/connections/",
        "/connections/new/telegram/",
    ]
    return own + admin + more + [f"/connections/{site.connection.pk}/", "/saved-replies/"]


def faults(page: Page, path: str) -> list[str]:
    answer = page.goto(path)
    assert answer is not None
    assert (answer.status, page.evaluate("document.documentElement.lang")) == (200, "zh-hant")
    sideways = page.evaluate("document.documentElement.scrollWidth > innerWidth + 1")
    return [*page.evaluate(CUT), *(["the page runs sideways"] if sideways else [])]


def test_emoji_are_found_by_chinese_words_too(site: Site, sign_in: SignIn) -> None:
    speak_chinese(site, "sam")
    item = site.arrive("I can't log in, please help", author="小美")
    page = sign_in("sam", f"/items/{item.pk}/")
    page.locator("#reply-text").fill("好 :火箭")
    expect(page.locator("#offers [role=option]")).to_have_count(1)
    page.locator("#reply-text").press("Enter")
    expect(page.locator("#reply-text")).to_have_value("好 🚀 ")
    page.locator("[data-emoji]").click()
    page.locator("#emoji input").fill("箭")
    expect(page.locator("#emoji [data-sign]", has_text="🚀")).to_have_count(1)
    page.locator("#emoji input").fill("rocke")
    expect(page.locator("#emoji [data-sign]")).to_have_text(["🚀"])
