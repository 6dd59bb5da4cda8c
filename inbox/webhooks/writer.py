"""Group commit: what waits is written together, in one statement, and answered when it is committed.

The requests of one process put their rows into one queue. Two lanes, each with a database
connection of its own, take what is there: while one waits for its commit, the other's batch
grows. A batch that fails is split until the row at fault is alone; its neighbours are stored.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import psycopg
from psycopg import errors

from inbox.webhooks.answers import NotStored, UnknownDoor
from inbox.webhooks.link import Link, Silent
from inbox.webhooks.record import Row

log = logging.getLogger(__name__)

LANES = 2
LARGEST_BATCH = 256
LARGEST_BYTES = 8 * 1024 * 1024
MOST_WAITING = 2000
PATIENCE = 5.0  # seconds from the queue to the answer
INSERT = """
INSERT INTO inbox_event (connection_id, delivery_key, body, headers, query)
SELECT connection, key, body, headers::jsonb, query
FROM unnest(%b::bigint[], %b::text[], %b::bytea[], %b::text[], %b::text[])
  AS row (connection, key, body, headers, query)
ON CONFLICT (connection_id, delivery_key) DO NOTHING
RETURNING id
"""


@dataclass(slots=True, eq=False)
class Waiting:
    row: Row
    answer: asyncio.Future[None]
    deadline: float


class Writer:
    """`stored` hears the ids of new rows after their commit; `seen` the connections that sent something."""

    def __init__(self, stored: Callable[[list[int]], None], seen: Callable[[set[int]], None]) -> None:
        self._stored, self._seen = stored, seen
        self._queue: deque[Waiting] = deque()
        self._unanswered: deque[Waiting] = deque()  # in the order of their deadlines
        self._resting: deque[asyncio.Future[None]] = deque()
        self._lanes: list[asyncio.Task[None]] = []
        self._reaper: asyncio.TimerHandle | None = None
        self.waiting = 0

    def start(self) -> None:
        self._lanes = [asyncio.create_task(self._lane(number)) for number in range(LANES)]

    async def stop(self) -> None:
        """Write what waits, then end."""
        while self.waiting:
            await asyncio.sleep(0.02)
        for lane in self._lanes:
            lane.cancel()
        await asyncio.gather(*self._lanes, return_exceptions=True)

    async def store(self, row: Row) -> None:
        """Returns when the row is committed, or was already there. Raises NotStored or UnknownDoor."""
        if self.waiting >= MOST_WAITING:
            raise NotStored("too many deliveries are waiting")
        loop = asyncio.get_running_loop()
        waiting = Waiting(row, loop.create_future(), loop.time() + PATIENCE)
        self._queue.append(waiting)
        self._unanswered.append(waiting)
        if self._reaper is None:
            self._reaper = loop.call_later(0.25, self._watch)
        self._wake()
        self.waiting += 1
        try:
            await waiting.answer
        finally:
            self.waiting -= 1

    def _wake(self) -> None:
        """One lane for a burst; the next is woken when that one has left with its batch."""
        if self._resting:
            resting = self._resting.popleft()
            if not resting.done():
                resting.set_result(None)

    async def _lane(self, number: int) -> None:
        link = Link(f"relaybox door {number}")
        try:
            while True:
                batch = self._take()
                if batch:
                    await self._write_all(link, batch)
                else:
                    await self._rest()
        finally:
            await link.close()

    async def _rest(self) -> None:
        resting = asyncio.get_running_loop().create_future()
        self._resting.append(resting)
        await resting

    def _take(self) -> list[Waiting]:
        """What waits, to a bound; in one order everywhere, so that two lanes never wait for each other's rows."""
        batch: list[Waiting] = []
        size = 0
        while self._queue and len(batch) < LARGEST_BATCH and size < LARGEST_BYTES:
            waiting = self._queue.popleft()
            if not waiting.answer.done():
                batch.append(waiting)
                size += len(waiting.row.body)
        batch.sort(key=lambda waiting: (waiting.row.connection, waiting.row.key))
        return batch

    async def _write_all(self, link: Link, batch: list[Waiting]) -> None:
        try:
            await self._write(link, batch)
        except Exception:  # a lane that ended would leave everybody after it waiting
            log.exception("the writer stumbled")
            _fail(batch, NotStored("not stored"))

    async def _write(self, link: Link, batch: list[Waiting]) -> None:
        try:
            ids = await self._insert(link, [waiting.row for waiting in batch])
        except psycopg.OperationalError as error:
            log.warning("%d deliveries not stored: %s", len(batch), type(error).__name__)
            _fail(batch, NotStored("the database does not answer"))
        except Exception as error:
            await self._split(link, batch, error)
        else:
            self._settle(batch, ids)

    async def _insert(self, link: Link, rows: Sequence[Row]) -> list[int]:
        try:
            return await _insert(link, rows)
        except Silent:
            raise
        except psycopg.OperationalError:  # a broken connection or a lost race: once more, on a good connection
            return await _insert(link, rows)

    async def _split(self, link: Link, batch: list[Waiting], error: Exception) -> None:
        if len(batch) > 1:
            middle = len(batch) // 2
            await self._write(link, batch[:middle])
            await self._write(link, batch[middle:])
        elif isinstance(error, errors.ForeignKeyViolation):  # deleted since we looked it up
            _fail(batch, UnknownDoor())
        else:
            log.error("a delivery cannot be stored: %s", type(error).__name__)
            _fail(batch, NotStored("not stored"))

    def _settle(self, batch: list[Waiting], ids: list[int]) -> None:
        for waiting in batch:
            if not waiting.answer.done():
                waiting.answer.set_result(None)
        self._seen({waiting.row.connection for waiting in batch})
        if ids:
            self._stored(ids)

    def _watch(self) -> None:
        self._reap()
        loop = asyncio.get_running_loop()
        self._reaper = loop.call_later(0.25, self._watch) if self._unanswered else None

    def _reap(self) -> None:
        """Forget what is answered; whoever waits too long hears that we could not."""
        now = asyncio.get_running_loop().time()
        while self._unanswered and (self._unanswered[0].answer.done() or self._unanswered[0].deadline < now):
            waiting = self._unanswered.popleft()
            if not waiting.answer.done():
                waiting.answer.set_exception(NotStored("the database is too slow"))


async def _insert(link: Link, rows: Sequence[Row]) -> list[int]:
    columns = (
        [row.connection for row in rows],
        [row.key for row in rows],
        [row.body for row in rows],
        [row.headers for row in rows],
        [row.query for row in rows],
    )
    return [row[0] for row in await link.run(INSERT, columns)]


def _fail(batch: list[Waiting], error: Exception) -> None:
    for waiting in batch:
        if not waiting.answer.done():
            waiting.answer.set_exception(error)
