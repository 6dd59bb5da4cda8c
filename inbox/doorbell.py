"""Tell the workers that rows have come. Best effort: the row is the queue, the sweeper finds what no bell announced.

A thread of its own does it, so that a Redis that is gone or frozen never delays an answer. Ids
wait in a bounded line; while the broker fails they are dropped for a few seconds at a time.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from celery import Celery, current_app

from inbox.fuse import Fuse

DIGEST, DELIVER = "inbox.digest", "inbox.deliver"
QUEUES = {DIGEST: "ingest", DELIVER: "send"}
LARGEST_BATCH = 100
MOST_WAITING = 20_000
PAUSE = 0.2  # seconds after a ring: what comes in the meantime is one task; a task costs more than the rows in it
SILENCE = 3.0  # after a failure
_TRANSPORT = {"socket_timeout": 1.0, "socket_connect_timeout": 1.0, "max_retries": 1, "retry_on_timeout": False}
Publish = Callable[[str, list[int]], None]


class Broker:
    """A connection to the broker with short timeouts, made anew after each failure."""

    def __init__(self, app: Celery[Any] | None = None) -> None:
        # Resolved here and not in the thread: Celery's current app is thread-local.
        self._app: Celery[Any] = app or current_app._get_current_object()  # type: ignore[attr-defined]
        self._producer: Any = None

    def publish(self, task: str, ids: list[int]) -> None:
        try:
            if self._producer is None:
                connection = self._app.connection_for_write(transport_options=_TRANSPORT)
                self._producer = self._app.amqp.Producer(connection, auto_declare=False)
            self._app.send_task(task, args=(ids,), queue=QUEUES[task], producer=self._producer, retry=False)
        except BaseException:  # whatever came, half a message may be on this connection
            self.close()
            raise

    def close(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            producer.connection.collect(socket_timeout=0.2)


class Doorbell:
    """Its thread starts with the first ring and ends with the process."""

    def __init__(self, publish: Publish | None = None) -> None:
        self._publish = publish
        self.fuse = Fuse(silence=SILENCE, then="the workers were not called, the sweeper will find the rows")
        self.forget()

    def forget(self) -> None:
        """Begin anew, as in a forked process: the thread stayed behind in the parent, perhaps holding a lock."""
        self._waiting: deque[tuple[str, int]] = deque(maxlen=MOST_WAITING)
        self._rung, self._starting = threading.Event(), threading.Lock()
        self._ending = threading.Event()  # of the thread that runs now; each has its own
        self._thread: threading.Thread | None = None

    def ring(self, task: str, ids: Iterable[int]) -> None:
        """Never blocks and never fails."""
        self._waiting.extend((task, number) for number in ids)
        self._rung.set()
        if self._thread is None:
            self.start()

    def start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._ending = threading.Event()
                job = partial(self._run, self._publish or Broker().publish, self._ending)
                self._thread = threading.Thread(target=job, name="doorbell", daemon=True)
                self._thread.start()

    def stop(self, within: float = 1.0) -> None:
        """Ring what still waits. A later ring starts it again."""
        with self._starting:
            thread, self._thread = self._thread, None
            self._ending.set()
            self._rung.set()
            if thread is not None:
                thread.join(within)

    def _run(self, publish: Publish, ending: threading.Event) -> None:
        while not ending.is_set() or self._waiting:
            self._rung.wait()
            self._rung.clear()
            while batch := self._take():
                self._send(publish, *batch)
            if not ending.is_set():
                time.sleep(PAUSE)

    def _take(self) -> tuple[str, list[int]] | None:
        """The longest run of ids for one task from the head of the line."""
        task, ids = "", list[int]()
        while self._waiting and len(ids) < LARGEST_BATCH and task in {"", self._waiting[0][0]}:
            task, number = self._waiting.popleft()
            ids.append(number)
        return (task, ids) if ids else None

    def _send(self, publish: Publish, task: str, ids: list[int]) -> None:
        if not self.fuse.is_whole():
            return
        try:
            publish(task, ids)
        except Exception as error:  # Celery's, kombu's, Redis' or the socket's: the thread must outlive them all
            self.fuse.blow(error)


bell = Doorbell()
os.register_at_fork(after_in_child=bell.forget)
atexit.register(bell.stop)


def ring_digest(ids: Iterable[int]) -> None:
    bell.ring(DIGEST, ids)


def ring_delivery(ids: Iterable[int]) -> None:
    bell.ring(DELIVER, ids)
