"""The frame around every page: where everything is, and how much one was told and has not read."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from inbox import notify
from inbox.models.notification import Topic
from teams.models import Membership, User
from tests.world import World, make_item


def client_of(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def badge(client: Client, path: str = "/counts/") -> str | None:
    found = re.search(r'data-told="(\d+)"', client.get(path).content.decode())
    return found[1] if found else None


def links(client: Client, path: str = "/") -> set[str]:
    """Where the frame leads, without the rows of the list."""
    page = client.get(path).content.decode()
    frame = page[page.index('<nav class="nav"') : page.index("</nav>")]
    return set(re.findall(r'href="([^"]+)"', frame))


OWN = {"/notifications/", "/handed-over/", "/preferences/", "/rules/"}
ADMIN = {"/connections/", "/people/", "/coverage/", "/ledger/"}


def test_everybody_finds_their_own_pages_and_admins_theirs(world: World) -> None:
    for person in (world.alice, world.charlie):
        found = links(client_of(person))
        assert found >= OWN
        assert found & ADMIN == set()
    assert links(client_of(world.ada)) >= OWN | ADMIN


def test_the_phones_queues_page_has_them_too(world: World) -> None:
    page = client_of(world.ada).get("/queues/").content.decode()
    body = page[page.index('<main class="pane"') : page.index("</main>")]
    assert set(re.findall(r'href="([^"]+)"', body)) >= (OWN | ADMIN) - {"/preferences/"}


def test_from_people_an_admin_reaches_duty_targets_and_reasons(world: World) -> None:
    client = client_of(world.ada)
    page = client.get(reverse("people")).content.decode()
    for name in ("inbox:all-targets", "inbox:reasons", "inbox:coverage"):
        assert f'href="{reverse(name)}"' in page
    assert f'href="{reverse("inbox:duty", args=[world.support.pk])}"' in page


@pytest.mark.parametrize("path", ["/", "/counts/", "/notifications/"])
def test_the_badge_counts_what_is_unread_and_may_be_seen(world: World, path: str) -> None:
    secret, plain = make_item(world.connection, world.legal), make_item(world.connection, world.support)
    dora = client_of(world.dora)
    assert badge(dora, path) is None
    for key, item in (("a", secret), ("b", plain), ("c", plain)):
        notify.tell(Topic.OVERDUE, item, [world.dora.pk, world.alice.pk], key=key)
    assert (badge(dora, path), badge(client_of(world.alice), path)) == ("3", "2")
    Membership.objects.filter(user=world.dora).delete()
    assert badge(dora, path) is None


def test_opening_the_item_reads_what_was_told_of_it_and_nothing_else(world: World) -> None:
    one, two = (make_item(world.connection, world.support, thread=f"t{n}") for n in range(2))
    for key, item in (("a", one), ("b", one), ("c", two)):
        notify.tell(Topic.OVERDUE, item, [world.alice.pk, world.bob.pk], key=key)
    alice = client_of(world.alice)
    assert badge(alice) == "3"
    alice.get(reverse("inbox:item", args=[one.pk]), headers={"X-Part": "talk"})
    assert badge(alice) == "1"
    assert badge(client_of(world.bob)) == "3"


def test_the_badge_says_no_more_than_two_digits(world: World) -> None:
    item = make_item(world.connection, world.support)
    for number in range(101):
        notify.tell(Topic.OVERDUE, item, [world.alice.pk], key=f"k{number}")
    page = client_of(world.alice).get("/counts/").content.decode()
    assert 'data-told="101"' in page
    assert "99+" in page


def test_a_neutral_team_wears_no_colour(world: World) -> None:
    world.fallback.hue = None
    world.fallback.save()
    page = client_of(world.alice).get("/").content.decode()
    assert 'data-hue="none"' in page
    assert client_of(world.ada).get(reverse("team", args=[world.fallback.pk])).status_code == 200
