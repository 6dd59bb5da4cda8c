"""When a platform withdraws our access, those are told who can mend it and those whose replies wait."""

from __future__ import annotations

import pytest

from connectors.base import TokenRevoked, Verb
from inbox import access, delivery
from inbox.models import Connection, Item, Notification, Outbound
from tests import world as small_world
from tests.inbox.outgoing import answer, send
from tests.world import World, entry


@pytest.fixture
def item(world: World) -> Item:
    return small_world.make_item(small_world.make_connection(), world.support, external_id="in-1", thread="t-1")


def told() -> list[tuple[str, str, str]]:
    rows = Notification.objects.filter(topic="access_ended").order_by("user__username")
    return [(row.user.username, row.topic, row.text) for row in rows]


def test_admins_and_the_author_of_a_waiting_reply_are_told_once(
    world: World, item: Item, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = item.connection.name
    send(monkeypatch, TokenRevoked("gone"), TokenRevoked("gone"))
    first, second = answer(item, world), answer(item, world, text="And more")
    delivery.deliver(ids=[first.pk, second.pk])
    assert told() == [("ada", "access_ended", name), ("alice", "access_ended", name)]
    assert set(Outbound.objects.values_list("state", flat=True)) == {"queued"}
    assert Connection.objects.get(pk=item.connection_id).state == "revoked"


def test_the_platforms_own_word_tells_the_admins_and_nobody_else(world: World, item: Item) -> None:
    small_world.receive(item.connection, entry("", verb=Verb.REVOKED, reason="tokens revoked"))
    assert [who for who, *_ in told()] == ["ada"]


def test_access_that_ended_before_is_no_news(world: World, item: Item) -> None:
    Connection.objects.filter(pk=item.connection_id).update(state="paused", last_error="")
    access.revoke(item.connection, "gone")
    assert told() == []
    assert Connection.objects.get(pk=item.connection_id).last_error == ""
