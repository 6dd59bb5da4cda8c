"""The publisher: after the commit, once per transaction, and never in anybody's way."""

from __future__ import annotations

import socket
import threading
import time

import pytest
import redis
from django.conf import settings
from django.db import transaction

from inbox.fuse import LONGEST
from inbox.live import nudge
from inbox.live.message import MOST_CHANGES, Change, Message
from inbox.live.publisher import publisher

pytestmark = pytest.mark.django_db(transaction=True)


def nudge_and_fail(team: int) -> None:
    nudge(teams=[team])
    raise ZeroDivisionError


@pytest.fixture
def heard(monkeypatch) -> list[Message]:
    """What would have gone to Redis."""
    messages: list[Message] = []
    monkeypatch.setattr(publisher, "publish", messages.append)
    return messages


@pytest.fixture
def _fresh_publisher(settings):
    settings.LIVE_CHANNEL = f"{settings.LIVE_CHANNEL}:test:{time.monotonic_ns()}"
    publisher.redis.reset()
    yield
    publisher.redis.reset()


class TestOneTransaction:
    def test_says_nothing_before_its_commit(self, heard) -> None:
        with transaction.atomic():
            nudge(teams=[1], item=5)
            assert heard == []

        assert heard == [Message({Change(frozenset({1}), 5)})]

    def test_says_nothing_at_all_when_it_is_rolled_back(self, heard) -> None:
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            nudge_and_fail(1)

        assert heard == []

    def test_says_everything_in_one_message(self, heard) -> None:
        with transaction.atomic():
            nudge(teams=[1], item=5)
            nudge(teams={2, 1}, item=5, users=[9])
            with transaction.atomic():
                nudge(teams=[3], users=[8])

        assert heard == [
            Message({Change(frozenset({1}), 5), Change(frozenset({1, 2}), 5), Change(frozenset({3}))}, {8, 9})
        ]

    def test_a_savepoint_that_is_rolled_back_takes_no_other_nudge_along(self, heard) -> None:
        with transaction.atomic():
            with pytest.raises(ZeroDivisionError), transaction.atomic():
                nudge_and_fail(1)
            with transaction.atomic():
                nudge(teams=[2])
            with pytest.raises(ZeroDivisionError), transaction.atomic():
                nudge_and_fail(3)

        assert len(heard) == 1
        assert Change(frozenset({2})) in heard[0].changes
        assert Change(frozenset({1})) not in heard[0].changes

    def test_each_transaction_speaks_for_itself(self, heard) -> None:
        for team in (1, 2):
            with transaction.atomic():
                nudge(teams=[team])

        assert heard == [Message({Change(frozenset({team}))}) for team in (1, 2)]


def test_where_somebody_looks_travels_as_it_was_said() -> None:
    one, other = Message({Change(frozenset({1}), 5)}, {7}), Message(looks={Change(frozenset({2}), 6)})
    one.merge(other)
    assert Message.from_json(one.to_json()) == Message({Change(frozenset({1}), 5)}, {7}, {Change(frozenset({2}), 6)})
    assert Message.from_json('{"changes":[],"users":[]}') == Message()  # from a process of the release before


def test_outside_of_a_transaction_it_is_said_at_once(heard) -> None:
    nudge(teams=[1])

    assert heard == [Message({Change(frozenset({1}))})]


def test_a_bulk_action_names_its_teams_and_no_items() -> None:
    message = Message()
    for item in range(MOST_CHANGES + 1):
        message.add([item % 3], item, [])

    assert message.changes == {Change(frozenset({team})) for team in range(3)}


class TestOnTheWay:
    @pytest.fixture(autouse=True)
    def _fresh(self, _fresh_publisher):
        pass

    def test_it_arrives_as_it_was_said(self) -> None:
        listener = redis.Redis.from_url(settings.REDIS_URL).pubsub(ignore_subscribe_messages=True)
        listener.subscribe(settings.LIVE_CHANNEL)
        listener.get_message(timeout=1)

        nudge(teams={1, 2}, item=5, users=[7])

        assert (got := listener.get_message(timeout=2))
        assert Message.from_json(got["data"]) == Message({Change(frozenset({1, 2}), 5)}, {7})
        listener.close()

    def test_a_redis_that_is_gone_is_nobodys_trouble(self, settings) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            settings.REDIS_URL = f"redis://127.0.0.1:{unused.getsockname()[1]}/0"
            with transaction.atomic():
                nudge(teams=[1])

    def test_a_redis_that_is_frozen_costs_little_and_only_once(self, settings) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            settings.REDIS_URL = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
            began = time.monotonic()
            for _ in range(200):
                nudge(teams=[1])
            took = time.monotonic() - began

        assert took < LONGEST + 0.2

    def test_it_speaks_again_when_redis_is_back(self, settings, monkeypatch) -> None:
        good = settings.REDIS_URL
        monkeypatch.setattr(publisher.redis.fuse, "silence", 0.2)
        settings.REDIS_URL = "redis://127.0.0.1:1/0"
        nudge(teams=[1])
        settings.REDIS_URL = good
        publisher.redis._client = None
        listener = redis.Redis.from_url(good).pubsub(ignore_subscribe_messages=True)
        listener.subscribe(settings.LIVE_CHANNEL)
        listener.get_message(timeout=1)

        nudge(teams=[2])  # still silent
        time.sleep(0.25)
        nudge(teams=[3])

        assert (got := listener.get_message(timeout=2))
        assert Message.from_json(got["data"]) == Message({Change(frozenset({3}))})
        assert listener.get_message(timeout=0.2) is None
        listener.close()

    def test_many_threads_share_one_client(self) -> None:
        listener = redis.Redis.from_url(settings.REDIS_URL).pubsub(ignore_subscribe_messages=True)
        listener.subscribe(settings.LIVE_CHANNEL)
        listener.get_message(timeout=1)
        threads = [
            threading.Thread(target=publisher.publish, args=(Message({Change(frozenset({n}))}),)) for n in range(16)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        got = [listener.get_message(timeout=1) for _ in range(16)]

        assert {min(next(iter(Message.from_json(each["data"]).changes)).teams) for each in got if each} == set(
            range(16)
        )
        listener.close()
