"""Deliveries that only hint at a message: the platform is asked for the rest before anything is decided."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from inbox.ingest import complete, digest
from inbox.models import Connection, Event, Item, Message
from routing import rulesets
from tests.platforms.graph import TOKEN, GraphServer
from tests.platforms.server import Response
from tests.world import World, add_secret, deliver, entry, fresh, make_connection

SAID = {"id": "19", "text": "I need help @lamps", "timestamp": "2026-03-14T08:00:00+0000", "username": "noor"}
RULES = """
teams: [{slug: support, name: Support}, {slug: unsorted, name: Unsorted}]
fallback: unsorted
rules: [{name: Help, any: [help], team: support}]
"""
NO_WORDS = "Instagram tells of a mention without its words."


@pytest.fixture
def graph() -> Iterator[GraphServer]:
    server = GraphServer()
    server.mentions = {"19": SAID}  # type: ignore[misc]
    yield server
    server.close()


@pytest.fixture
def instagram(world: World, graph: GraphServer, settings: Any) -> Connection:
    settings.ALLOW_PRIVATE_HOSTS = ["127.0.0.0/8"]
    connection = make_connection("instagram", api_base=graph.url)
    Connection.objects.filter(pk=connection.pk).update(external_id="501")
    add_secret(connection, "access_token", TOKEN)
    rulesets.import_yaml(RULES, by=world.ada)
    connection.refresh_from_db()
    return connection


def tell(connection: Connection, *comments: str) -> Event:
    """Instagram tells of mentions in comments."""
    changes = [{"field": "mentions", "value": {"media_id": "18", "comment_id": each}} for each in comments]
    body = json.dumps({"object": "instagram", "entry": [{"id": "501", "time": 1773478800, "changes": changes}]})
    event = Event.objects.create(connection=connection, delivery_key=fresh("d"), body=body.encode())
    return again(event)


def again(event: Event, *, attempts: int | None = None) -> Event:
    """Let a worker have it, as if its pause were over."""
    Event.objects.filter(pk=event.pk).update(next_at=timezone.now() - timedelta(seconds=1))
    if attempts is not None:
        Event.objects.filter(pk=event.pk).update(attempts=attempts)
    digest([event.pk])
    event.refresh_from_db()
    return event


def test_a_mention_is_routed_by_the_words_that_were_asked_for(instagram: Connection, world: World) -> None:
    assert tell(instagram, "19").state == Event.State.DONE
    item = Item.objects.get()
    assert (item.team, item.preview, item.thread) == (world.support, SAID["text"], "18:19")
    message = Message.objects.get()
    assert (message.text, message.remark, message.identity.handle) == (SAID["text"], "", "noor")  # type: ignore[union-attr]


def test_a_platform_that_fails_is_asked_again_later(instagram: Connection, graph: GraphServer) -> None:
    graph.refuse(Response(500))
    event = tell(instagram, "19")
    assert (event.state, event.attempts) == (Event.State.PENDING, 1)
    assert not Message.objects.exists()
    graph.recover()
    assert again(event).state == Event.State.DONE
    assert Message.objects.get().text == SAID["text"]


def test_at_last_a_mention_is_kept_without_its_words(instagram: Connection, graph: GraphServer) -> None:
    graph.refuse(Response(500))
    event = again(tell(instagram, "19"), attempts=4)
    assert event.state == Event.State.DONE
    message = Message.objects.get()
    assert (message.text, message.remark, message.external_id) == ("", NO_WORDS, "19")
    instagram.refresh_from_db()
    assert "500" in instagram.last_error


def test_what_the_platform_will_never_say_is_kept_at_once(instagram: Connection) -> None:
    assert tell(instagram, "20").state == Event.State.DONE
    assert Message.objects.get().remark == NO_WORDS
    instagram.refresh_from_db()
    assert (instagram.state, "Unsupported get request" in instagram.last_error) == ("active", True)


def test_a_revoked_token_marks_the_connection_and_loses_nothing(instagram: Connection, graph: GraphServer) -> None:
    graph.refuse("revoked")
    assert tell(instagram, "19").state == Event.State.DONE
    instagram.refresh_from_db()
    assert instagram.state == Connection.State.REVOKED
    assert Message.objects.get().remark == NO_WORDS


def test_neighbours_do_not_wait_for_a_platform_that_is_asked(
    instagram: Connection, world: World, graph: GraphServer
) -> None:
    graph.refuse(Response(500))
    event = tell(instagram, "19")
    deliver(world.connection, entry("a neighbour"))
    assert event.state == Event.State.PENDING
    assert Message.objects.get().text == "a neighbour"


def test_what_there_was_no_time_for_is_given_back_without_a_lost_attempt(
    instagram: Connection, graph: GraphServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(complete, "BUDGET", timedelta(seconds=-1))
    event = tell(instagram, "19")
    assert (event.state, event.attempts) == (Event.State.PENDING, 0)
    assert graph.requests == []
    monkeypatch.undo()
    assert again(event).state == Event.State.DONE


def test_a_batch_that_takes_too_long_is_stored_with_the_words_that_were_in_time(
    instagram: Connection, graph: GraphServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph.mentions = {"19": SAID, "20": {**SAID, "id": "20", "text": "more"}}  # type: ignore[misc]
    moments = iter([0.0, 0.0, 0.0, 99.0])
    monkeypatch.setattr(complete.time, "monotonic", lambda: next(moments, 99.0))
    assert tell(instagram, "19", "20").state == Event.State.DONE
    assert sorted(Message.objects.values_list("text", "remark")) == [("", NO_WORDS), (SAID["text"], "")]
