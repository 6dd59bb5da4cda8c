"""A conversation that goes on under another name stays one item."""

from __future__ import annotations

import pytest

from connectors.base import Verb
from inbox.models import Item, MovedThread
from tests import world as small_world
from tests.world import World, entry, receive

MOVED = {"verb": Verb.MOVED, "external_id": "", "thread": "new", "parent": "old"}


def test_what_is_written_under_the_new_name_joins_the_item(world: World) -> None:
    (item,) = receive(world.connection, entry("one", thread="old"))
    receive(world.connection, entry("", **MOVED))
    receive(world.connection, entry("", **MOVED))
    receive(world.connection, entry("two", thread="new"), entry("three", thread="new"))
    assert Item.objects.get() == item
    assert sorted(item.messages.values_list("text", flat=True)) == ["one", "three", "two"]
    assert MovedThread.objects.count() == 1


def test_within_one_batch_the_order_does_not_matter(world: World) -> None:
    receive(world.connection, entry("two", thread="new"), entry("", **MOVED), entry("one", thread="old"))
    assert Item.objects.get().thread == "old"


def test_another_connections_thread_of_the_same_name_stays(world: World) -> None:
    other = small_world.make_connection()
    receive(world.connection, entry("one", thread="old"), entry("", **MOVED))
    receive(other, entry("theirs", thread="new"))
    assert sorted(Item.objects.values_list("connection", "thread")) == sorted(
        [(world.connection.pk, "old"), (other.pk, "new")]
    )


@pytest.mark.parametrize("change", [{"thread": ""}, {"parent": ""}, {"parent": "new"}])
def test_a_move_from_or_to_nowhere_is_none(world: World, change: dict[str, str]) -> None:
    receive(world.connection, entry("", **{**MOVED, **change}))
    assert not MovedThread.objects.exists()
