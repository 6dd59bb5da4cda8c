"""Preferences: one page, saved where one is, applied everywhere."""

from __future__ import annotations

import json
from datetime import time
from typing import Any

import pytest
from django.test import Client

from teams.models import User
from tests.world import World

OWN = {"display_name": "Alice", "email": "", "time_zone": "UTC", "language": "en", "theme": "system"}
OWN |= {"density": "comfortable", "single_keys": "on", "topics": "1"}
HTMX = {"HX-Request": "true"}


@pytest.fixture
def alice(world: World) -> Client:
    User.objects.filter(pk=world.alice.pk).update(display_name="Alice")
    client = Client()
    client.force_login(world.alice)
    return client


def test_what_shows_at_once_is_told_to_the_page_which_stays(alice: Client) -> None:
    answer = alice.post("/preferences/", {**OWN, "theme": "contrast", "density": "compact"}, headers=HTMX)
    assert answer.status_code == 204
    said = json.loads(answer["HX-Trigger"])["relaybox:preferences"]
    assert said == {"theme": "contrast", "density": "compact", "keys": "on", "say": "Saved."}
    page = alice.get("/").content.decode()
    assert 'data-theme="contrast"' in page
    assert 'data-density="compact"' in page


@pytest.mark.parametrize(
    ("name", "value"), [("language", "zh-hant"), ("time_zone", "Asia/Tokyo"), ("display_name", "A")]
)
def test_what_every_word_depends_on_draws_the_page_anew(alice: Client, name: str, value: str) -> None:
    answer = alice.post("/preferences/", {**OWN, name: value}, headers=HTMX)
    assert (answer.status_code, answer["HX-Refresh"]) == (204, "true")
    assert getattr(User.objects.get(username="alice"), name) == value


def test_what_is_wrong_comes_back_with_what_was_typed(alice: Client) -> None:
    wrong = {**OWN, "email": "no address", "quiet_from": "25:00", "mail_overdue": "on"}
    answer = alice.post("/preferences/", wrong, headers=HTMX)
    page = answer.content.decode()
    assert answer.status_code == 400
    assert page.lstrip().startswith('<form class="form" id="preferences"')
    assert 'value="no address"' in page
    assert 'value="25:00"' in page
    assert 'name="mail_overdue" checked' in page
    assert page.count('class="error"') == 2
    person = User.objects.get(username="alice")
    assert (person.email, person.quiet_from) == ("", None)


def test_without_javascript_it_is_a_page_and_a_redirect(alice: Client) -> None:
    answer = alice.post("/preferences/", {**OWN, "quiet_from": "22:00", "quiet_until": "07:00"})
    assert (answer.status_code, answer["Location"]) == (302, "/preferences/")
    person = User.objects.get(username="alice")
    assert (person.quiet_from, person.quiet_until) == (time(22), time(7))


def test_language_and_zone_are_applied_everywhere(alice: Client) -> None:
    alice.post("/preferences/", {**OWN, "language": "zh-hant", "time_zone": "Asia/Tokyo"})
    page = alice.get("/notifications/").content.decode()
    assert '<html lang="zh-hant"' in page
    alice.post("/preferences/", {**OWN, "single_keys": ""})
    assert 'data-keys="off"' in alice.get("/").content.decode()


@pytest.mark.parametrize(
    ("server", "address", "said"),
    [("", "", "an admin has to name a mail server first"), ("mail.example", "", "Mail needs your address"),
     ("", "a@b.example", "an admin has to name a mail server first"), ("mail.example", "a@b.example", None)],
)  # fmt: skip
def test_who_cannot_be_told_by_mail_reads_why(
    alice: Client, settings: Any, server: str, address: str, said: str | None
) -> None:
    settings.EMAIL_HOST = server
    User.objects.filter(username="alice").update(email=address)
    page = alice.get("/preferences/").content.decode()
    for reason in ("an admin has to name a mail server first", "Mail needs your address"):
        assert (reason in page) == (reason == said)
