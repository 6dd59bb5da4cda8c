"""An admin connects an app, pastes what the page says, and sees the first event come in without a reload."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import httpx
import pytest
from playwright.sync_api import Page, expect

from connectors.generic import sign
from inbox.models import Connection
from tests.browser.conftest import SignIn
from tests.browser.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def connect(page: Page, name: str) -> tuple[str, str]:
    """Through the form; returns the address and the secret that the page shows."""
    page.goto("/connections/new/")
    page.get_by_role("link", name="Webhook").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Connect", exact=True).click()
    address = page.get_by_label("Webhook address").input_value()
    return address, page.get_by_label("Signing secret").first.input_value()


def deliver(site: Site, address: str, secret: str) -> int:
    body = json.dumps({"id": "1", "kind": "dm", "text": "hello", "author": {"id": "u"}}).encode()
    path = httpx.URL(address).path
    return httpx.post(site.url + path, content=body, headers=sign(secret, "d1", datetime.now(UTC), body)).status_code


def test_the_first_event_is_seen_without_a_reload(site: Site, sign_in: SignIn) -> None:
    page = sign_in("ada")
    address, secret = connect(page, "Our app")
    page.evaluate("window.untouched = true")
    expect(page.get_by_text("Waiting for the first event…")).to_be_visible()
    assert deliver(site, address, "whsec_d3Jvbmctd3Jvbmctd3Jvbmctd3Jvbmc=") == 401
    expect(page.get_by_text("1 delivery came whose signature does not fit")).to_be_visible()
    assert deliver(site, address, secret) == 200
    expect(page.get_by_text("Received")).to_be_visible()
    expect(page.get_by_text("Waiting for the first event…")).to_have_count(0)
    assert page.evaluate("window.untouched") is True
    assert site.errors == []


def test_the_address_is_copied_and_the_secret_never_shown_again(site: Site, sign_in: SignIn) -> None:
    page = sign_in("ada", permissions=["clipboard-read", "clipboard-write"])
    address, secret = connect(page, "Our app")
    page.get_by_role("button", name="Copy").first.click()
    page.wait_for_function("async wanted => (await navigator.clipboard.readText()) === wanted", arg=address)
    made = Connection.objects.get(name="Our app")
    page.goto(f"/connections/{made.pk}/")
    assert secret not in page.content()
    page.get_by_role("button", name="Change").click()
    fresh = page.get_by_label("Signing secret").first.input_value()
    assert made.account().every("secret") == (fresh, secret)
    assert deliver(site, address, secret) == 200  # the old one overlaps
