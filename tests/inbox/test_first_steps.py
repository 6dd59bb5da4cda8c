"""An empty Relaybox: who makes the first admin, and what that admin is told to do."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.test import Client

from inbox.models import Connection
from routing.rulesets import create_rule, publish
from teams.models import Team, User

PASSWORD = "correct horse 9"
HINT = "bin/manage createsuperuser"


@pytest.fixture
def maya(db: None, monkeypatch: pytest.MonkeyPatch) -> Client:
    """The first admin, made by the command and signed in."""
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command("createsuperuser", interactive=False, username="maya", email="maya@shop.example", verbosity=0)
    client = Client()
    assert client.post("/sign-in/", {"username": "maya", "password": PASSWORD}).status_code == 302
    return client


def test_the_command_makes_an_admin(maya: Client) -> None:
    assert User.objects.get().is_admin
    assert maya.get("/connections/").status_code == 200


@pytest.mark.django_db
def test_the_sign_in_page_says_how_as_long_as_there_is_nobody() -> None:
    assert HINT in Client().get("/sign-in/").content.decode()
    User.objects.create_user("bob")
    assert HINT not in Client().get("/sign-in/").content.decode()


def test_who_is_made_otherwise_is_no_admin(maya: Client) -> None:
    assert not User.objects.create_user("bob").is_admin


def test_the_first_page_names_what_is_left_to_do(maya: Client) -> None:
    assert done(maya) == 0
    Team.objects.create(slug="support", name="Support")
    User.objects.create_user("bob")
    assert done(maya) == 1
    create_rule({"name": "Help", "any": ["help"], "team": "support", "state": "live"})
    publish(by=User.objects.get(username="maya"))
    assert done(maya) == 2
    Connection.objects.create(kind="generic", name="Shop")
    assert done(maya) is None


@pytest.mark.parametrize(
    ("name", "given", "slug"), [("Care & Repair", "", "care-repair"), ("Support", "help", "help"), ("支援", "zh", "zh")]
)
def test_a_team_needs_no_short_name(maya: Client, name: str, given: str, slug: str) -> None:
    answer = maya.post("/people/teams/new/", {"name": name, "slug": given, "hue": "", "time_zone": "UTC"})
    assert (answer.status_code, Team.objects.get(is_fallback=False).slug) == (302, slug)


@pytest.mark.parametrize(("name", "said"), [("支援", "give it a short one"), ("Unsorted", "already exists")])
def test_a_short_name_that_cannot_be_made_is_asked_for(maya: Client, name: str, said: str) -> None:
    answer = maya.post("/people/teams/new/", {"name": name, "slug": "", "hue": "", "time_zone": "UTC"})
    assert said in answer.content.decode()
    assert Team.objects.count() == 1


def test_a_team_keeps_its_short_name_when_it_is_left_empty(maya: Client) -> None:
    team = Team.objects.create(slug="help", name="Support")
    maya.post(f"/people/teams/{team.pk}/", {"name": "Care", "slug": "", "hue": "", "time_zone": "UTC"})
    team.refresh_from_db()
    assert (team.name, team.slug) == ("Care", "help")


def test_who_cannot_do_it_is_not_asked_to(maya: Client) -> None:
    bob = Client()
    bob.force_login(User.objects.create_user("bob"))
    assert done(bob) is None


def done(client: Client) -> int | None:
    """How many steps are ticked; None where they are not shown."""
    page = client.get("/").content.decode()
    return page.count("Done:") if 'class="steps"' in page else None
