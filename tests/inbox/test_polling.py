"""Platforms that are asked: the cursor and what it stands for commit together, at the platform's pace."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.utils import timezone

from connectors import fields, registry
from connectors.base import Account, Entry, Page, TokenRevoked, TryLater
from connectors.generic import Generic
from inbox import events, health, ingest, polling
from inbox.ingest import place
from inbox.models import Connection, Event, Item, Message
from insights import ledger
from tests import world as small_world
from tests.world import World, entry


class Asked(Generic):
    """A platform that answers what the test says, and remembers the cursors it was asked with."""

    kind = "asked"
    name = "Asked"

    def __init__(self) -> None:
        self.answers: list[Page | Exception] = []
        self.cursors: list[str] = []

    def poll(self, account: Account, cursor: str, http: httpx.Client) -> Page:
        self.cursors.append(cursor)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    platform = Asked()
    monkeypatch.setitem(registry.CONNECTORS, "asked", platform)
    return platform


@pytest.fixture
def connection(world: World, asked: Asked) -> Connection:
    return small_world.make_connection("asked")


@pytest.fixture
def again(connection: Connection) -> Callable[[], int]:
    """Poll as if the pause were over."""

    def poll() -> int:
        Connection.objects.filter(pk=connection.pk).update(poll_at=timezone.now() - timedelta(seconds=1))
        return polling.poll_due()

    return poll


def pause(connection: Connection) -> float:
    connection.refresh_from_db()
    assert connection.poll_at
    return (connection.poll_at - timezone.now()).total_seconds()


def test_a_page_is_stored_with_its_cursor_and_the_next_poll_goes_on_there(
    connection: Connection, asked: Asked, again: Callable[[], int]
) -> None:
    asked.answers = [Page([entry("one")], "c1", more=True), Page([entry("two")], "c2"), Page([], "c2")]
    assert again() == 1
    assert sorted(Item.objects.values_list("preview", flat=True)) == ["one", "two"]
    assert polling.poll_due() == 0  # not before its time
    assert again() == 1
    assert asked.cursors == ["", "c1", "c2"]


def test_what_could_not_be_stored_is_asked_for_again(
    connection: Connection, asked: Asked, again: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    same = entry("one")
    asked.answers = [Page([same], "c1"), Page([same], "c1")]

    def fails(*_args: Any) -> None:
        raise RuntimeError("no room")

    with monkeypatch.context() as broken:
        broken.setattr(place.Board, "write", fails)
        again()
    connection.refresh_from_db()
    assert (connection.cursor, Message.objects.count()) == ("", 0)
    assert "no room" in connection.last_error
    again()
    connection.refresh_from_db()
    assert (asked.cursors, connection.cursor, Message.objects.count()) == (["", ""], "c1", 1)


def test_an_overlap_after_an_outage_doubles_nothing(
    connection: Connection, asked: Asked, again: Callable[[], int]
) -> None:
    first, second = entry("one"), entry("two")
    asked.answers = [Page([first], "c1"), Page([first, second], "c2")]
    again()
    again()
    assert Message.objects.count() == Item.objects.count() == 2


def test_the_platforms_pace_is_obeyed(connection: Connection, asked: Asked, again: Callable[[], int]) -> None:
    asked.answers = [
        Page([], "c", more=True, wait=timedelta(minutes=9), remaining=3),
        TryLater("slow down", after=timedelta(minutes=15)),
    ]
    again()
    assert 500 < pause(connection) <= 540
    assert connection.rate_left == 3
    again()
    assert 850 < pause(connection) <= 900
    assert connection.last_error == "slow down"


def test_a_revoked_token_marks_the_connection_and_it_is_not_asked_again(
    connection: Connection, asked: Asked, again: Callable[[], int]
) -> None:
    asked.answers = [TokenRevoked("gone")]
    again()
    connection.refresh_from_db()
    assert (connection.state, connection.last_error) == ("revoked", "gone")
    assert again() == 0


def test_a_paused_connection_is_not_asked(connection: Connection, asked: Asked, again: Callable[[], int]) -> None:
    Connection.objects.update(state=Connection.State.PAUSED)
    assert again() == 0
    assert asked.cursors == []


def broken(**raw: Any) -> Entry:
    return fields.broken(raw, "text: missing")


def test_one_broken_entry_is_a_dead_event_and_its_neighbour_stored(
    connection: Connection, asked: Asked, again: Callable[[], int]
) -> None:
    asked.answers = [Page([broken(id="7", text=None), entry("fine")], "c1")]
    again()
    event = Event.objects.get()
    assert (event.connection, event.state, event.reason) == (connection, "dead", "text: missing")
    assert json.loads(bytes(event.body)) == {"id": "7", "text": None}
    connection.refresh_from_db()
    assert (connection.cursor, connection.last_error) == ("c1", "")
    (state,) = health.of([connection])
    assert (state.dead, state.level) == (1, "soon")
    assert Message.objects.get().text == "fine"
    found = ledger.count()
    assert (found.received, found.open, found.dead, found.balances) == (2, 1, 1, True)


def test_a_poll_that_meets_a_broken_entry_again_doubles_nothing(
    connection: Connection, asked: Asked, again: Callable[[], int]
) -> None:
    nameless = broken(text=None)
    asked.answers = [
        Page([broken(id="7", likes=1), broken(id="8", likes=1), nameless, nameless], "c1"),
        Page([broken(id="7", likes=1), nameless], "c1"),
        Page([broken(id="7", likes=2), broken(data={"uri": "9"})], "c2"),
    ]
    for expected in (3, 3, 4):
        again()
        assert Event.objects.filter(state="dead").count() == expected
    assert Message.objects.count() == 0


def test_a_broken_entry_is_replayed_when_the_cause_is_mended(
    world: World, connection: Connection, asked: Asked, again: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked.answers = [Page([broken(id="7", text="Hello?")], "c1")]
    again()
    event = Event.objects.get()
    events.replay(event=event.pk, by=world.ada)
    ingest.digest([event.pk])
    event.refresh_from_db()
    assert (event.state, event.reason, Message.objects.count()) == ("dead", "Asked is not asked", 0)
    monkeypatch.setattr(Asked, "read_polled", lambda _self, piece, _account: [entry(piece["text"])])
    events.replay(event=event.pk, by=world.ada)
    ingest.digest([event.pk])
    event.refresh_from_db()
    assert (event.state, Message.objects.get().text) == ("done", "Hello?")
    assert ledger.count().received == 1


def test_an_entry_that_breaks_anew_after_it_was_read_is_dead_anew(
    world: World, connection: Connection, asked: Asked, again: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked.answers = [Page([broken(id="7", text="one")], "c1"), Page([broken(id="7", text="two")], "c2")]
    again()
    Event.objects.update(state="done")
    again()
    assert list(Event.objects.order_by("pk").values_list("state", flat=True)) == ["done", "dead"]


def test_what_could_not_be_asked_for_is_an_error_and_no_sign_of_life(
    connection: Connection, asked: Asked, again: Callable[[], int]
) -> None:
    asked.answers = [Page([], "c1", trouble="channel 7: closed"), Page([], "c1")]
    again()
    connection.refresh_from_db()
    assert (connection.last_event_at, connection.asked_at, connection.last_error) == (None, None, "channel 7: closed")
    again()
    connection.refresh_from_db()
    (state,) = health.of([connection])
    assert not state.error_is_new


def test_a_platform_that_only_pushes_is_never_asked(world: World) -> None:
    assert polling.poll_due() == 0
    assert "generic" not in polling.pollers()
