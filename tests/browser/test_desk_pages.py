"""Beside the inbox: being told at once, the next item by a key, preferences that take effect, messages by push."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from inbox import notify
from inbox.live.publisher import publisher
from inbox.models import Item, Notification, PushSubscription
from inbox.models.notification import Topic
from inbox.push.sending import payload
from teams.models import User
from tests.browser.conftest import SignIn
from tests.browser.site import Site
from tests.browser.test_story import live, same_document, watch_for_reload
from tests.fault.machinery import Machinery
from tests.platforms.push import Browser, PushService

pytestmark = [pytest.mark.browser]


@pytest.fixture(autouse=True)
def heard(machines: Machinery, settings: Any) -> Iterator[None]:
    """What this process says is heard by the tabs of the real ones."""
    settings.REDIS_URL, settings.LIVE_CHANNEL = f"redis://127.0.0.1:{machines.broker_port}/0", "relaybox:fault"
    publisher.redis.reset()
    yield
    publisher.redis.reset()


def tell(item: Item, person: User, key: str) -> None:
    notify.tell(Topic.OVERDUE, item, [person.pk], key=key)


def badge(page: Page):
    return page.locator("#nav .told")


def test_the_badge_follows_what_one_is_told_and_reads_without_a_reload(site: Site, sign_in: SignIn) -> None:
    item = site.arrive("I can not log in, please help")
    sam = sign_in("sam", "/")
    live(sam)
    watch_for_reload(sam)
    expect(badge(sam)).to_have_count(0)
    tell(item, site.user("sam"), "one")
    expect(badge(sam)).to_have_text("1 unread")
    tell(item, site.user("max"), "two")
    sam.locator(f"#row-{item.pk}").click()
    expect(badge(sam)).to_have_count(0)
    assert same_document(sam)
    assert Notification.objects.get(user__username="max").read_at is None


def test_a_phones_tab_bar_says_it_too(site: Site, sign_in: SignIn) -> None:
    item = site.arrive("I can not log in, please help")
    sam = sign_in("sam", "/", viewport={"width": 390, "height": 844})
    live(sam)
    expect(sam.locator("#told-tab")).to_be_hidden()
    tell(item, site.user("sam"), "one")
    expect(sam.locator("#told-tab")).to_contain_text("1")
    sam.locator(".tabbar a", has_text="Queues").click()
    sam.locator("main a", has_text="Notifications").click()
    expect(sam.locator("li[data-unread]")).to_have_count(1)
    sam.get_by_role("button", name="Mark as read: An item is overdue").click()
    expect(sam.locator("li[data-unread]")).to_have_count(0)
    expect(sam.locator("#told-tab")).to_be_hidden()


def test_g_gives_the_next_item_and_says_what_was_left_out(site: Site, sign_in: SignIn) -> None:
    hard = site.arrive("I can not log in, please help", author="Hana Sato")
    easy = site.arrive("A problem with my bill", author="Emil Berg")
    sam = sign_in("sam", f"/items/{hard.pk}/")
    sam.keyboard.press("c")
    expect(sam.locator("#live .holder")).to_contain_text("You")
    sam.locator("#act-more").click()
    sam.locator("#act-skip").click()
    sam.locator("dialog[open] [data-digit='1']").check()
    sam.locator("#dialog-go").click()
    expect(sam.locator("dialog[open]")).to_have_count(0)
    sam.keyboard.press("g")
    sam.wait_for_url(f"**/items/{easy.pk}/")
    expect(sam.locator(".toast")).to_contain_text("Hana Sato: you passed it over (I do not read this language)")
    assert Item.objects.get(pk=easy.pk).assignee == site.user("sam")
    assert Item.objects.get(pk=hard.pk).assignee is None


def test_only_one_button_of_the_thread_is_filled(site: Site, sign_in: SignIn) -> None:
    item = site.arrive("I can not log in, please help")
    sam = sign_in("sam", f"/items/{item.pk}/")
    ink = "getComputedStyle(document.querySelector('{}')).backgroundColor"
    claim, send = (lambda: sam.evaluate(ink.format("#act-claim"))), (lambda: sam.evaluate(ink.format("#send")))
    filled, plain = claim(), send()
    assert filled != plain
    sam.locator("#reply-text").fill("Hello")
    sam.wait_for_timeout(300)
    assert (claim(), send()) == (plain, filled)


def test_preferences_take_effect_where_one_is(site: Site, sign_in: SignIn) -> None:
    sam = sign_in("sam", "/preferences/")
    watch_for_reload(sam)
    sam.get_by_label("High contrast").check()
    sam.get_by_label("Compact").check()
    sam.locator("input[name=mail_overdue]").check()
    scrolled = sam.evaluate("document.querySelector('.scroll').scrollTop = 300")
    sam.get_by_role("button", name="Save").click()
    expect(sam.locator(".undo, .toast")).to_contain_text("Saved.")
    root = sam.locator("html")
    expect(root).to_have_attribute("data-theme", "contrast")
    expect(root).to_have_attribute("data-density", "compact")
    assert same_document(sam)
    assert sam.evaluate("document.querySelector('.scroll').scrollTop") == scrolled
    sam.reload()
    expect(sam.get_by_label("High contrast")).to_be_checked()
    expect(sam.locator("input[name=mail_overdue]")).to_be_checked()


@pytest.fixture
def service() -> Iterator[PushService]:
    made = PushService()
    yield made
    made.close()


# Chromium's own push service is on the internet; here it is ours, and its browser key is the test's.
OWN_SERVICE = """
const raw = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0)).buffer;
const keys = %s;
let held = null;
PushManager.prototype.getSubscription = async () => held;
PushManager.prototype.subscribe = async function (options) {
  const unsubscribe = async () => { held = null; return true; };
  held = { endpoint: keys.endpoint, options, unsubscribe, getKey: (name) => raw(keys[name]) };
  return held;
};
"""


def subscribing(sign_in: SignIn, browser: Browser) -> Page:
    page = sign_in("sam", "/queues/")
    page.context.grant_permissions(["notifications"])
    page.add_init_script(OWN_SERVICE % json.dumps(browser.keys))
    page.goto("/preferences/")
    page.get_by_role("button", name="Tell me by this browser").click()
    expect(page.get_by_role("button", name="Stop telling me by this browser")).to_be_visible()
    return page


def test_a_browser_subscribes_is_told_and_stops(site: Site, sign_in: SignIn, service: PushService) -> None:
    page = subscribing(sign_in, service.subscribe())
    row = PushSubscription.objects.get()
    assert (row.user, row.endpoint) == (site.user("sam"), f"{service.url}/push/one")
    expect(page.locator("#browser-list li")).to_have_count(1)
    item = site.arrive("I can not log in, please help")
    tell(item, site.user("sam"), "pushed")
    expect(badge(page)).to_have_text("1 unread")
    for _tenth in range(100):
        if service.accepted:
            break
        page.wait_for_timeout(100)
    assert [message["body"] for message in service.accepted] == ["An item is overdue"]
    page.get_by_role("button", name="Stop telling me by this browser").click()
    expect(page.get_by_role("button", name="Tell me by this browser")).to_be_visible()
    assert not PushSubscription.objects.exists()


def test_the_worker_shows_a_message_and_nothing_of_the_item(site: Site, sign_in: SignIn, service: PushService) -> None:
    """The real service worker, under the real content security policy, is handed a message as Chromium hands it one."""
    page = subscribing(sign_in, service.subscribe())
    item = site.arrive("My secret illness, please help")
    tell(item, site.user("sam"), "pushed")
    message = payload(Notification.objects.get()).decode()
    devtools = page.context.new_cdp_session(page)
    numbers: list[str] = []
    devtools.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda found: numbers.extend(each["registrationId"] for each in found["registrations"]),
    )
    devtools.send("ServiceWorker.enable")
    page.wait_for_function("navigator.serviceWorker.ready.then((found) => found.active.state === 'activated')")
    page.wait_for_timeout(300)
    for _twice in range(2):
        devtools.send(
            "ServiceWorker.deliverPushMessage", {"origin": site.url, "registrationId": numbers[-1], "data": message}
        )
        page.wait_for_timeout(500)
    shown = page.evaluate(
        "navigator.serviceWorker.ready.then((it) => it.getNotifications())"
        ".then((all) => all.map(({title, body, tag, data}) => ({title, body, tag, url: data.url})))"
    )
    told = Notification.objects.get()
    assert shown == [
        {
            "title": "Relaybox",
            "body": "An item is overdue",
            "tag": f"relaybox-{told.pk}",
            "url": f"/notifications/{told.pk}/",
        }
    ]
    page.goto(shown[0]["url"])
    expect(page).to_have_url(f"{site.url}/items/{item.pk}/")
