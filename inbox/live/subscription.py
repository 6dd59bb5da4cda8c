"""The process's one subscription to the live channel: it reconnects, and says when it is away."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable

import redis.asyncio as redis
from django.conf import settings
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from inbox.live.message import Message

log = logging.getLogger(__name__)

CONNECT_WITHIN = 1.0
SILENCE = 3.0  # seconds without a word, then we ask; as long again without an answer, then it is gone
LONGEST_PAUSE = 5.0


class Subscription:
    """`heard` gets each message; `changed` hears True when the channel is open, False when it is lost."""

    def __init__(self, heard: Callable[[Message], None], changed: Callable[[bool], None]) -> None:
        self._heard, self._changed = heard, changed
        self.open = asyncio.Event()

    async def run(self) -> None:
        pause = 0.1
        while True:
            try:
                await self._listen()
            except (RedisError, OSError, TimeoutError) as error:
                if self.open.is_set():
                    log.warning("live updates lost Redis (%s); tabs poll", type(error).__name__)
                    pause = 0.1
                self._set(is_open=False)
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311  (spread, not secrecy)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _listen(self) -> None:
        # No socket_timeout: redis-py keeps it with asyncio.wait_for, which in Python 3.11 can swallow a cancellation,
        # and then the process never ends (https://github.com/python/cpython/issues/86296).
        client = redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=CONNECT_WITHIN)
        try:
            async with client.pubsub() as channel:
                async with asyncio.timeout(CONNECT_WITHIN):
                    await channel.subscribe(settings.LIVE_CHANNEL)
                await self._follow(channel)
        finally:
            await client.aclose()

    async def _follow(self, channel: PubSub) -> None:
        asked = False
        while True:
            message = await channel.get_message(timeout=SILENCE)
            if message is None:
                if asked:
                    raise TimeoutError
                asked = True
                async with asyncio.timeout(CONNECT_WITHIN):
                    await channel.ping()
                continue
            asked = False
            self._set(is_open=True)
            if message["type"] == "message":
                self._hear(message["data"])

    def _hear(self, data: bytes) -> None:
        try:
            message = Message.from_json(data)
        except Exception as error:  # whoever can write to Redis must not be able to silence us
            log.warning("a live message that cannot be read: %s", type(error).__name__)
        else:
            self._heard(message)

    def _set(self, *, is_open: bool) -> None:
        if is_open == self.open.is_set():
            return
        if is_open:
            self.open.set()
        else:
            self.open.clear()
        self._changed(is_open)
