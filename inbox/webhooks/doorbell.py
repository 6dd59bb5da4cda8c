"""Tell the workers that rows have come. Best effort: the row is the queue, the sweeper finds what no bell announced.

A thread of its own does it, so that a Redis that is gone or frozen never delays an answer. Ids
wait in a bounded line; while the broker fails they are dropped for a few seconds at a time.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from celery import Celery, current_app

from inbox.doorbell import DIGEST

log = logging.getLogger(__name__)

QUEUE = "ingest"
LARGEST_BATCH = 100
MOST_WAITING = 20_000
PAUSE = 0.2  # seconds after a ring: what comes in the meantime is one task; a task costs more than the rows in it
SILENCE = 3.0  # after a failure
_TRANSPORT = {"socket_timeout": 1.0, "socket_connect_timeout": 1.0, "max_retries": 1, "retry_on_timeout": False}


class Broker:
    """A connection to the broker with short timeouts, made anew after each failure."""

    def __init__(self, app: Celery[Any] | None = None) -> None:
        # Resolved here and not in the thread: Celery's current app is thread-local.
        self._app: Celery[Any] = app or current_app._get_current_object()  # type: ignore[attr-defined]
        self._producer: Any = None

    def publish(self, ids: list[int]) -> None:
        try:
            if self._producer is None:
                connection = self._app.connection_for_write(transport_options=_TRANSPORT)
                self._producer = self._app.amqp.Producer(connection, auto_declare=False)
            self._app.send_task(DIGEST, args=(ids,), queue=QUEUE, producer=self._producer, retry=False)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            producer.connection.collect(socket_timeout=0.2)


class Doorbell:
    def __init__(self, publish: Callable[[list[int]], None] | None = None) -> None:
        self._publish = publish or Broker().publish
        self._ids: deque[int] = deque(maxlen=MOST_WAITING)
        self._rung = threading.Event()
        self._ending = False
        self._quiet_until = 0.0
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="doorbell", daemon=True)
        self._thread.start()

    def ring(self, ids: list[int]) -> None:
        """Never blocks and never fails."""
        self._ids.extend(ids)
        self._rung.set()

    def stop(self, within: float = 1.0) -> None:
        self._ending = True
        self._rung.set()
        if self._thread is not None:
            self._thread.join(within)

    def _run(self) -> None:
        while not self._ending or self._ids:
            self._rung.wait()
            self._rung.clear()
            while batch := self._take():
                self._send(batch)
            time.sleep(PAUSE)

    def _take(self) -> list[int]:
        batch: list[int] = []
        while self._ids and len(batch) < LARGEST_BATCH:
            batch.append(self._ids.popleft())
        return batch

    def _send(self, batch: list[int]) -> None:
        if time.monotonic() < self._quiet_until:
            return
        try:
            self._publish(batch)
        except Exception as error:
            self._quiet_until = time.monotonic() + SILENCE
            log.warning("the workers were not called (%s); the sweeper will find the rows", type(error).__name__)
