"""The publisher: say after a commit that queues changed. It never raises and never takes long."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable

import redis
from django.conf import settings
from django.db import transaction
from redis.backoff import NoBackoff
from redis.retry import Retry

from inbox.live.message import Message

log = logging.getLogger(__name__)

LONGEST = 0.2  # seconds that a caller may lose to a Redis that does not answer
SILENCE = 2.0  # seconds without a try after a failure


def nudge(*, teams: Iterable[int], item: int | None = None, users: Iterable[int] = ()) -> None:
    """Tell open tabs, once this transaction is committed. `teams` are all whose queues show the change.

    `users` are people for whom something changed: their tabs re-read, and what they may see is checked anew.
    """
    pending = _pending()
    if pending is None:
        message = Message()
        message.add(teams, item, users)
        publisher.publish(message)
    else:
        pending.message.add(teams, item, users)


class _AfterCommit:
    """The nudges of one transaction, gathered until its commit."""

    def __init__(self) -> None:
        self.message = Message()

    def __call__(self) -> None:
        publisher.publish(self.message)


def _pending() -> _AfterCommit | None:
    """What this transaction will publish; None outside of one.

    A savepoint that is rolled back takes along what was first said in it. All that was added to it meanwhile
    was said inside of that savepoint too, so nothing else is lost.
    """
    connection = transaction.get_connection()
    if not connection.in_atomic_block:
        return None
    for _, callback, _ in reversed(connection.run_on_commit):
        if isinstance(callback, _AfterCommit):
            return callback
    callback = _AfterCommit()
    transaction.on_commit(callback, robust=True)
    return callback


class Publisher:
    """One Redis client per process, with short timeouts and a pause after each failure."""

    def __init__(self) -> None:
        self._client: redis.Redis | None = None
        self._lock = threading.Lock()
        self._quiet_until = 0.0

    def publish(self, message: Message) -> None:
        if time.monotonic() < self._quiet_until:
            return
        try:
            self._redis().publish(settings.LIVE_CHANNEL, message.to_json())
        except (redis.RedisError, OSError) as error:
            self._quiet_until = time.monotonic() + SILENCE
            log.warning("open tabs were not nudged (%s); they poll", type(error).__name__)

    def reset(self) -> None:
        """Forget the client and the pause, as after a change of settings or a fork."""
        with self._lock:
            self._client, self._quiet_until = None, 0.0

    def _redis(self) -> redis.Redis:
        with self._lock:
            if self._client is None:
                self._client = redis.Redis.from_url(
                    settings.REDIS_URL,
                    socket_timeout=LONGEST / 2,
                    socket_connect_timeout=LONGEST / 2,
                    retry=Retry(NoBackoff(), 0),
                )
            return self._client


publisher = Publisher()
