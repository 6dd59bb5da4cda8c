"""What "next for me" passes by is said, with the reason."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from inbox import left_out, next_up, queue
from inbox.models import Contact, Item, Skip
from inbox.next_up import Asked
from teams.models import Capacity, User
from tests.inbox.client import Api
from tests.world import World, make_connection, make_item


def waiting(world: World, hours: int, name: str, *, connection: object = None, team: object = None) -> Item:
    """An item of somebody with that name, which has waited for so long."""
    item = make_item(connection or world.connection, team or world.support)
    contact = Contact.objects.create(name=name)
    Item.objects.filter(pk=item.pk).update(waiting_since=timezone.now() - timedelta(hours=hours), contact=contact)
    return Item.objects.get(pk=item.pk)


def next_for(person: User) -> tuple[str, list[str]]:
    client = Client()
    client.force_login(person)
    response = client.post(reverse("inbox:next"))
    return response["Location"], [str(message) for message in get_messages(response.wsgi_request)]


def test_the_most_urgent_item_comes_without_a_word(world: World) -> None:
    waiting(world, 1, "Later")
    oldest = waiting(world, 9, "Oldest")
    assert next_for(world.alice) == (f"/items/{oldest.pk}/", [])
    assert left_out.why(Asked(world.alice), Item.objects.get(pk=oldest.pk)) == ""


def test_what_i_passed_over_is_named_with_my_own_words(world: World) -> None:
    hard, easy = waiting(world, 9, "Hana"), waiting(world, 1, "Emil")
    next_up.skip(item=hard.pk, by=world.alice, reason="Needs Japanese")
    assert next_for(world.alice) == (
        f"/items/{easy.pk}/",
        ["Left out: Hana: you passed it over (Needs Japanese)."],
    )
    nothing = "Nothing waits for you. Left out: Hana: you passed it over (Needs Japanese)."
    assert next_for(world.alice) == ("/", [nothing])
    Skip.objects.update(at=timezone.now() - timedelta(hours=9))
    assert next_for(world.alice) == (f"/items/{hard.pk}/", [])


def test_a_platform_i_have_no_room_on_is_named(world: World) -> None:
    other = make_connection(kind="telegram", name="Bot")
    held = waiting(world, 20, "Held", connection=other)
    queue.claim(item=held.pk, by=world.alice)
    Capacity.objects.create(user=world.alice, platform="telegram", most=1)
    waiting(world, 9, "Tariq", connection=other)
    free = waiting(world, 1, "Free")
    assert next_for(world.alice) == (
        f"/items/{free.pk}/",
        ["Left out: Tariq: you hold as many Telegram items as you can."],
    )


def test_of_many_the_first_two_are_named_and_the_rest_counted(world: World) -> None:
    for hours in range(9, 4, -1):
        item = waiting(world, hours, f"Nr {hours}")
        next_up.skip(item=item.pk, by=world.alice, reason="No")
    said = left_out.why(Asked(world.alice))
    assert said == "Left out: Nr 9: you passed it over (No); Nr 8: you passed it over (No); and 3 more."


def test_nothing_is_said_of_items_i_may_not_see(world: World) -> None:
    waiting(world, 9, "Secret", team=world.legal)
    assert left_out.why(Asked(world.alice)) == ""
    assert next_for(world.alice) == ("/", ["Nothing waits for you."])


def test_a_program_is_told_too(world: World) -> None:
    hard, easy = (make_item(world.connection, world.support, thread=f"p{n}") for n in range(2))
    next_up.skip(item=hard.pk, by=world.alice, reason="Needs Japanese")
    given = Api(world.alice).post("items/next/", {})
    assert given["id"] == easy.pk
    assert given["left_out"] == "Left out: A Customer: you passed it over (Needs Japanese)."


def test_what_a_person_passed_over_is_read_once(world: World) -> None:
    passed = waiting(world, 9, "Passed")
    given = waiting(world, 1, "Given")
    next_up.skip(item=passed.pk, by=world.alice, reason="No")
    with CaptureQueriesContext(connection) as asked:
        said = next_for(world.alice)
    assert said == (f"/items/{given.pk}/", ["Left out: Passed: you passed it over (No)."])
    assert len([query for query in asked if 'FROM "inbox_skip"' in query["sql"]]) == 1


def test_of_items_in_teams_that_were_not_asked_for_nothing_is_said(world: World) -> None:
    waiting(world, 9, "Elsewhere")
    given = waiting(world, 1, "Here", team=world.marketing)
    answer = Api(world.alice).post("items/next/", {"teams": ["marketing"]})
    assert (answer["id"], answer["left_out"]) == (given.pk, "")
