"""Rows that are drawn once for many: who sees the same gets the same, and nobody gets another's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.template.loader import get_template
from django.test import Client
from django.utils import timezone, translation

from inbox import marks as labels
from inbox import queue
from inbox.models import Connection, Contact, Item
from inbox.views import drawn
from inbox.views.marks import Part
from inbox.views.rows import Row
from teams.models import Team, User
from tests import world as small
from tests.world import World

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
ALICE, BOB = User(pk=1, username="alice"), User(pk=2, username="bob")


@pytest.fixture(autouse=True)
def _at_one_moment() -> Iterator[None]:
    drawn.forget()
    with time_machine.travel(AT, tick=False):
        yield
    drawn.forget()


def made(**fields: Any) -> Item:
    values: dict[str, Any] = {
        "pk": 7,
        "team": Team(slug="support", name="Support", hue=200),
        "connection": Connection(kind="email", name="Mail"),
        "contact": Contact(name="Ann"),
        "last_message_at": AT - timedelta(hours=1),
        "waiting_since": AT - timedelta(hours=1),
    }
    return Item(**{**values, **fields})


def row(name: str = "Ann", parts: tuple[str, ...] = ("Hello",), in_note: bool = False, **fields: Any) -> Row:
    return Row(made(**fields), name, [Part(text, False) for text in parts], in_note)


DIFFERENT = {
    "item": row(pk=8),
    "version": row(version=2),
    "name": row("Bea"),
    "words": row(parts=("Bye",)),
    "in a note": row(in_note=True),
    "kind": row(kind="review"),
    "rating": row(rating=2),
    "returned": row(returned=True),
    "priority": row(priority=40),
    "language": row(language="de"),
    "state": row(state="waiting"),
    "team": row(team=Team(name="Marketing", hue=200)),
    "hue": row(team=Team(name="Support", hue=20)),
    "platform": row(connection=Connection(kind="telegram", name="Mail")),
    "connection": row(connection=Connection(kind="email", name="Second mail")),
    "last message": row(last_message_at=AT - timedelta(hours=2)),
    "waits since": row(waiting_since=AT - timedelta(hours=2)),
    "due": row(due_at=AT + timedelta(hours=1), due_from=AT - timedelta(hours=1)),
    "due soon": row(due_at=AT + timedelta(hours=1), due_from=AT - timedelta(hours=9)),
    "asleep": row(state="snoozed", snoozed_until=AT + timedelta(hours=1)),
    "asleep for longer": row(state="snoozed", snoozed_until=AT + timedelta(hours=2)),
    "holder": row(assignee=BOB),
    "held by me": row(assignee=ALICE),
}


def bare(found: Row, viewer: User = ALICE, inside: str = "in=open") -> str:
    """The row as its template draws it, with nothing kept."""
    context = {"row": found, "item": found.item, "viewer": viewer, "inside": inside}
    return get_template("inbox/row.html").render(context)


@pytest.mark.parametrize("other", DIFFERENT.values(), ids=DIFFERENT)
def test_whatever_a_row_says_makes_it_another(other: Row) -> None:
    first = drawn.row(row(), ALICE, "in=open")
    assert first == bare(row())
    assert drawn.row(other, ALICE, "in=open") == bare(other) != first


def test_who_looks_and_from_where_makes_it_another() -> None:
    held = row(assignee=BOB)
    assert drawn.row(held, ALICE, "in=open") == bare(held)
    assert drawn.row(held, BOB, "in=open") == bare(held, BOB) != bare(held)
    assert drawn.row(held, ALICE, "in=mine") == bare(held, inside="in=mine") != bare(held)


def test_language_zone_and_time_make_it_another() -> None:
    first = drawn.row(row(), ALICE, "in=open")
    with translation.override("zh-hant"):
        assert drawn.row(row(), ALICE, "in=open") == bare(row()) != first
    with timezone.override("Asia/Taipei"):
        assert drawn.row(row(), ALICE, "in=open") == bare(row()) != first
    with time_machine.travel(AT + timedelta(hours=3), tick=False):
        assert drawn.row(row(), ALICE, "in=open") == bare(row()) != first


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawn, "MOST", 3)
    for number in range(1, 8):
        drawn.row(row(pk=number), ALICE, "in=open")
        assert len(drawn._drawn) <= 3


@pytest.mark.django_db
def test_a_list_is_drawn_once_for_two_who_see_the_same_and_anew_when_it_changes(world: World, monkeypatch) -> None:
    drawings: list[str] = []
    template = get_template("inbox/row.html")
    monkeypatch.setattr(drawn, "get_template", lambda name: drawings.append(name) or template)
    items = [small.make_item(world.connection, world.support) for _ in range(3)]

    def read(person: User) -> str:
        client = Client()
        client.force_login(person)
        return client.get("/team/support/", headers={"X-Part": "rows"}).content.decode()

    first = read(world.alice)
    assert (read(world.bob), len(drawings)) == (first, 3)
    queue.claim(item=items[0].pk, by=world.bob)
    labels.label(item=items[1].pk, by=world.bob, add=["vip"])
    assert "held by bob" in read(world.alice)
    assert len(drawings) == 5
    assert Item.objects.get(pk=items[0].pk).assignee == world.bob
