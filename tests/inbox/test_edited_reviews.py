"""A review that its author changes: its words and its stars, in whatever order they come."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.base import Kind, Verb
from inbox.ingest import change
from inbox.models import EarlyChange, Item, Message, MessageRevision
from tests.world import World, entry, receive

FIRST = datetime(2026, 3, 14, 9, tzinfo=UTC)
LATER = datetime(2026, 3, 15, 9, tzinfo=UTC)


def review(**fields: Any) -> Any:
    given = {"external_id": "r1", "kind": Kind.REVIEW, "at": FIRST, "version": FIRST, "rating": 2, **fields}
    return entry(given.pop("text", "Too dim"), **given)


def state() -> tuple[str, int | None, int | None]:
    message = Message.objects.get()
    return message.text, message.rating, message.item.rating


@pytest.mark.parametrize("text", ["Too dim", "Much better now"])
def test_an_edit_changes_the_stars_of_the_review_and_of_its_item(world: World, text: str) -> None:
    receive(world.connection, review())
    receive(world.connection, review(verb=Verb.EDIT, text=text, rating=5, version=LATER))
    assert state() == (text, 5, 5)
    assert MessageRevision.objects.count() == (0 if text == "Too dim" else 1)
    assert Item.objects.get().version == 2


def test_an_edit_that_names_no_stars_leaves_them(world: World) -> None:
    receive(world.connection, review())
    receive(world.connection, review(verb=Verb.EDIT, text="Hm", rating=None, version=LATER))
    assert state() == ("Hm", 2, 2)


def test_an_older_edit_changes_nothing(world: World) -> None:
    receive(world.connection, review(version=LATER))
    receive(world.connection, review(verb=Verb.EDIT, rating=5, version=FIRST))
    assert state() == ("Too dim", 2, 2)
    assert Item.objects.get().version == 1


def test_an_edit_before_its_review_brings_its_stars(world: World) -> None:
    receive(world.connection, review(verb=Verb.EDIT, text="Fine", rating=4, version=LATER))
    assert EarlyChange.objects.get().rating == 4
    receive(world.connection, review())
    change.settle_all_early()
    assert state() == ("Fine", 4, 4)


def test_the_same_stars_again_are_no_edit(world: World) -> None:
    receive(world.connection, review())
    receive(world.connection, review(verb=Verb.EDIT, version=LATER))
    assert Message.objects.get().edited_at is None
    assert Item.objects.get().version == 1
