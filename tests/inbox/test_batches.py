"""One delivery of a thousand entries: each for itself, whatever its neighbours are."""

from __future__ import annotations

import pytest

from bench.batch import ENTRIES, batch
from inbox import events
from inbox.ingest import digest
from inbox.models import Event, Item, Message
from tests.world import World, fresh, make_connection

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("kind", "reason"), [("generic", "author: missing"), ("facebook", "not an object")])
def test_one_bad_entry_of_a_thousand_leaves_999_messages_and_a_dead_event(world: World, kind: str, reason: str) -> None:
    connection = make_connection(kind)
    body = batch(kind, "t", bad=True)
    event = Event.objects.create(connection=connection, delivery_key=fresh("d"), body=body)
    digest([event.pk])
    event.refresh_from_db()
    assert (event.state, event.reason) == (Event.State.DEAD, reason)
    assert Message.objects.filter(connection=connection).count() == ENTRIES - 1
    assert Item.objects.filter(connection=connection).count() == ENTRIES - 1
    assert bytes(event.body) == body

    events.replay(event=event.pk)
    digest([event.pk])
    assert Message.objects.filter(connection=connection).count() == ENTRIES - 1
