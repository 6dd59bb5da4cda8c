"""A password that an admin gives to somebody who forgot theirs."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from teams import people
from teams.models import Membership, User
from tests.world import World

OLD, NEW = "correct horse 9", "another stapler 4"


@pytest.fixture
def ada(world: World) -> Client:
    world.ada.set_password(OLD)
    world.ada.save()
    client = Client()
    client.force_login(world.ada)
    return client


@pytest.fixture
def bob(world: World) -> Client:
    """Bob, still signed in somewhere."""
    world.bob.set_password(OLD)
    world.bob.save()
    client = Client()
    assert signs_in(client, "bob", OLD)
    return client


def signs_in(client: Client, username: str, password: str) -> bool:
    return client.post("/sign-in/", {"username": username, "password": password}).status_code == 302


def change(client: Client, person: User, password: str) -> Any:
    """Everything else as it was."""
    roles = {f"team_{row.team_id}": row.role for row in Membership.objects.filter(user=person)}
    admin = {"is_admin": "on"} if person.is_admin else {}
    return client.post(
        f"/people/{person.pk}/", {"display_name": "", "email": "", "password": password, **admin, **roles}
    )


def test_it_opens_the_door_and_ends_every_session(ada: Client, bob: Client, world: World) -> None:
    teams = set(world.bob.memberships.values_list("team", "role"))
    assert change(ada, world.bob, NEW).status_code == 302
    assert bob.get("/").status_code == 302
    assert not signs_in(Client(), "bob", OLD)
    assert signs_in(Client(), "bob", NEW)
    assert set(world.bob.memberships.values_list("team", "role")) == teams


def test_left_empty_the_old_one_stays(ada: Client, bob: Client, world: World) -> None:
    assert change(ada, world.bob, "").status_code == 302
    assert bob.get("/").status_code == 200
    assert signs_in(Client(), "bob", OLD)


def test_one_that_they_chose_meanwhile_is_not_undone(ada: Client, world: World) -> None:
    """The admin's page had read the person before."""
    read = User.objects.get(pk=world.bob.pk)
    world.bob.set_password(NEW)
    world.bob.save()
    people.change_person(by=world.ada, person=read, display_name="Bob", email="", is_admin=False)
    assert signs_in(Client(), "bob", NEW)


def test_a_weak_one_is_refused_beside_its_field_and_changes_nothing(ada: Client, bob: Client, world: World) -> None:
    answer = change(ada, world.bob, "12345")
    assert answer.status_code == 400
    assert "too short" in answer.content.decode()
    assert bob.get("/").status_code == 200
    assert signs_in(Client(), "bob", OLD)


def test_who_gives_themselves_one_stays_where_they_are(ada: Client, world: World) -> None:
    elsewhere = Client()
    assert signs_in(elsewhere, "ada", OLD)
    assert change(ada, world.ada, NEW).status_code == 302
    assert (ada.get("/").status_code, elsewhere.get("/").status_code) == (200, 302)


def test_nobody_but_an_admin_gives_one(bob: Client, world: World) -> None:
    assert change(bob, world.alice, NEW).status_code == 404
    assert not signs_in(Client(), "alice", NEW)
