"""Keeps a Redis that does not answer out of everybody's way.

Redis is a convenience here: what fails is done later by the sweeper, or read again by a poll. So a caller
loses one short wait to a Redis that is gone or frozen, and for some seconds nobody tries it again.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import TypeVar

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

log = logging.getLogger(__name__)

LONGEST = 0.2  # seconds that a caller may lose
Answer = TypeVar("Answer")


class Fuse:
    """Blows at a failure and is whole again after some seconds of silence."""

    def __init__(self, *, silence: float, then: str) -> None:
        self.silence, self._then = silence, then
        self._blown_until = 0.0

    def is_whole(self) -> bool:
        return time.monotonic() >= self._blown_until

    def blow(self, error: BaseException) -> None:
        self._blown_until = time.monotonic() + self.silence
        log.warning("Redis does not answer (%s): %s", type(error).__name__, self._then)

    def mend(self) -> None:
        self._blown_until = 0.0


class FusedRedis:
    """One client per process, made when it is first needed, with short timeouts, behind a fuse."""

    def __init__(self, *, silence: float, then: str, **options: bool) -> None:
        self.fuse = Fuse(silence=silence, then=then)
        self._options = options
        self._client: redis.Redis | None = None
        self._lock = threading.Lock()

    def ask(self, act: Callable[[redis.Redis], Answer]) -> Answer | None:
        """What Redis says to this; None when it does not answer."""
        if not self.fuse.is_whole():
            return None
        try:
            return act(self._connected())
        except (redis.RedisError, OSError) as error:
            self.fuse.blow(error)
            return None

    def reset(self) -> None:
        """Forget the client and its failures, as after a change of settings."""
        with self._lock:
            self._client = None
        self.fuse.mend()

    def _connected(self) -> redis.Redis:
        with self._lock:
            if self._client is None:
                self._client = redis.Redis.from_url(
                    settings.REDIS_URL,
                    socket_timeout=LONGEST / 2,
                    socket_connect_timeout=LONGEST / 2,
                    retry=Retry(NoBackoff(), 0),
                    **self._options,
                )
            return self._client
