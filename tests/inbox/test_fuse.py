"""The fuse before Redis: one short wait at a failure, silence after it, and another try later."""

from __future__ import annotations

import socket
import time
from typing import Any

import pytest
import redis

from inbox.fuse import LONGEST, Fuse, FusedRedis
from tests.inbox.processes import free_port


@pytest.fixture
def fused() -> FusedRedis:
    return FusedRedis(silence=0.3, then="the test goes on")


def test_what_redis_answers_comes_back(fused: FusedRedis) -> None:
    assert fused.ask(lambda client: client.ping()) is True
    assert fused.fuse.is_whole()


def test_a_redis_that_is_frozen_costs_one_short_wait_and_then_nothing(fused: FusedRedis, settings: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.REDIS_URL = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        began = time.monotonic()
        assert fused.ask(lambda client: client.ping()) is None
        assert time.monotonic() - began < LONGEST + 0.2
        tries = []
        assert fused.ask(tries.append) is None
    assert tries == []


def test_it_tries_again_after_its_silence(fused: FusedRedis, settings: Any) -> None:
    good = settings.REDIS_URL
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    assert fused.ask(lambda client: client.ping()) is None
    settings.REDIS_URL = good
    fused._client = None
    assert fused.ask(lambda client: client.ping()) is None
    time.sleep(0.35)
    assert fused.ask(lambda client: client.ping()) is True


def test_only_failures_of_redis_blow_it(fused: FusedRedis) -> None:
    def mistaken(_client: redis.Redis) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fused.ask(mistaken)
    assert fused.fuse.is_whole()


def test_it_says_what_follows(caplog: pytest.LogCaptureFixture) -> None:
    Fuse(silence=1, then="the sweeper helps").blow(TimeoutError())
    assert caplog.messages == ["Redis does not answer (TimeoutError): the sweeper helps"]
