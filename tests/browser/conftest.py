"""A real browser before the real processes: web, worker, sweeper, broker, all against the test database."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
from django.db import connection as database
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from pytest_django import DjangoDbBlocker, Settings

from config.services import chromium
from tests.browser.site import Site
from tests.fault.machinery import Machinery, machinery

# Playwright's own event loop runs in this thread; the tests talk to the database beside it, never inside it.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync"]
SignIn = Callable[..., Page]
expect.set_options(timeout=10_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A busy machine may keep a real browser waiting too long: it is asked a second time, and the summary says so."""
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.flaky(reruns=1))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.outcome == "rerun":  # type: ignore[comparison-overlap]  # of pytest-rerunfailures
        print(f"\n{report.nodeid} is asked again, since:\n{report.longreprtext}")


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium.present() or None, args=FLAGS)
        yield found
        found.close()


@pytest.fixture(scope="package")  # not longer: its sweeper would do the work that other tests count
def machines(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Machinery]:
    with django_db_blocker.unblock(), machinery(tmp_path_factory.mktemp("logs")) as made:
        made.broker()
        made.web()
        made.worker()
        made.sweeper()
        yield made


@pytest.fixture
def site(transactional_db: None, machines: Machinery, settings: Settings) -> Iterator[Site]:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]  # as the web process has it
    made = Site.build(machines.url)
    yield made
    made.platform.close()
    win_every_deadlock()


def win_every_deadlock() -> None:
    """The tables are emptied under processes that go on working: whoever looks for a deadlock first gives way."""
    with database.cursor() as cursor:
        cursor.execute("SET deadlock_timeout = '20s'")
        cursor.execute("SET lock_timeout = 0")


@pytest.fixture
def sign_in(browser: Browser, site: Site) -> Iterator[SignIn]:
    """A page of a person of one's own choice: every person has a browser context of their own."""
    contexts: list[BrowserContext] = []

    def open_as(username: str, path: str = "/", **options: object) -> Page:
        context = browser.new_context(base_url=site.url, **{"viewport": {"width": 1440, "height": 900}, **options})  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: site.errors.append(f"{username}: {error.stack}"))
        page.on("console", lambda message: site.hear(message.type, message.text))
        page.goto("/sign-in/")
        page.fill("#id_username", username)
        page.fill("#id_password", site.password(username))
        page.click("form.sheet button")
        page.wait_for_url(lambda url: "/sign-in/" not in url)
        page.goto(path)
        return page

    yield open_as
    for context in contexts:
        context.close()
    assert site.errors == []
