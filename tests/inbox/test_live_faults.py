"""Redis goes away and comes back under open tabs: they are told to poll, then to listen again."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import redis.asyncio as redis

from inbox.live import subscription
from inbox.live.hub import Hub
from inbox.live.publisher import publisher
from tests import world as small_world
from tests.inbox.at_the_hub import Stream, say, session_of
from tests.inbox.processes import free_port, valkey

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.fault]


@pytest.fixture
def world(transactional_db) -> small_world.World:
    return small_world.build()


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(subscription, "SILENCE", 0.3)
    publisher.redis.reset()
    yield
    publisher.redis.reset()


def run(scenario: Callable[[Hub], Awaitable[Any]]) -> Any:
    async def live() -> Any:
        hub = Hub()
        hub.start()
        try:
            return await scenario(hub)
        finally:
            await hub.stop()

    return asyncio.run(live())


def states(tab: Stream) -> list[str]:
    return [name for name, _ in tab.events]


async def nudged(tab: Stream, team: int) -> None:
    """Keep saying it until it is heard: the publisher may still be silent after a failure."""
    before = len(tab.nudges)
    for _ in range(50):
        await say(teams=[team])
        await asyncio.sleep(0.1)
        if len(tab.nudges) > before:
            return
    raise AssertionError("no nudge came")


def test_a_redis_that_freezes_makes_tabs_poll_until_it_is_back(world, settings, tmp_path: Path) -> None:
    session = session_of(world.alice)
    with valkey(tmp_path) as (url, frozen):
        settings.REDIS_URL = url

        async def scenario(hub):
            tab = await Stream(hub, session).until(lambda tab: "live" in states(tab))
            os.kill(frozen.pid, signal.SIGSTOP)
            await tab.until(lambda tab: states(tab)[-1] == "poll", within=5)
            late = await Stream(hub, session).until(lambda tab: tab.events)
            os.kill(frozen.pid, signal.SIGCONT)
            for each in (tab, late):
                await each.until(lambda tab: states(tab)[-1] == "live", within=10)
            await nudged(tab, world.support.pk)
            return states(tab)[:3], states(late)[:2]

        assert run(scenario) == (["live", "poll", "live"], ["poll", "live"])


def test_a_redis_that_starts_late_is_found(world, settings, tmp_path: Path) -> None:
    session = session_of(world.alice)
    port = free_port()
    settings.REDIS_URL = f"redis://127.0.0.1:{port}/0"

    async def scenario(hub):
        tab = await Stream(hub, session).until(lambda tab: tab.events)
        assert states(tab) == ["poll"]
        with valkey(tmp_path, port):
            await tab.until(lambda tab: states(tab)[-1] == "live", within=12)
            await nudged(tab, world.support.pk)
        await tab.until(lambda tab: states(tab)[-1] == "poll", within=5)
        return states(tab)

    assert run(scenario)[:2] == ["poll", "live"]


def test_a_message_that_nobody_can_read_changes_nothing(world, settings, tmp_path: Path, caplog) -> None:
    session = session_of(world.alice)
    with valkey(tmp_path) as (url, _):
        settings.REDIS_URL = url

        async def scenario(hub):
            tab = await Stream(hub, session).until(lambda tab: "live" in states(tab))
            before = len(states(tab))  # it may have come before the subscription was open, and have been told to poll
            client = redis.Redis.from_url(url)
            for rubbish in (b"", b"{", b"[]", b"null", b'{"changes": [[1]], "users": []}', b"\xff", b"[" * 100_000):
                await client.publish(settings.LIVE_CHANNEL, rubbish)
            await client.aclose()
            await nudged(tab, world.support.pk)
            return states(tab)[before:]

        assert set(run(scenario)) == {"nudge"}
    told = [record.getMessage() for record in caplog.records if record.name.startswith("inbox.live")]
    assert len(told) == 7
    assert all(text.startswith("a live message that cannot be read") for text in told)


def test_the_hub_ends_quickly_while_redis_is_away(world, settings) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    began = time.monotonic()

    run(lambda hub: asyncio.sleep(0.2))

    assert time.monotonic() - began < 2
