"""What each connection showed of itself: when it last sent something, and how much of it was refused.

Gathered in memory and said now and then, for all at once: a flood must not become a flood of writes or of lines.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter

import psycopg

from inbox import arrivals
from inbox.webhooks.link import Link

log = logging.getLogger(__name__)

EVERY = 2.0  # seconds
# A connection that somebody is just editing is skipped and comes with the next round.
TOUCH = """
UPDATE inbox_connection SET last_event_at = now()
WHERE id IN (SELECT id FROM inbox_connection WHERE id = ANY(%b::bigint[]) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED)
RETURNING id
"""
COUNT = """
INSERT INTO inbox_doorrefusal (connection_id, status, count, last_at)
SELECT said.connection, said.status, said.count, now()
FROM unnest(%b::bigint[], %b::smallint[], %b::bigint[]) AS said (connection, status, count)
LEFT JOIN inbox_connection AS c ON c.id = said.connection
WHERE said.connection IS NULL OR c.id IS NOT NULL
ORDER BY said.connection, said.status
ON CONFLICT (connection_id, status) DO UPDATE
SET count = inbox_doorrefusal.count + excluded.count, last_at = excluded.last_at
"""


class SignsOfLife:
    def __init__(self) -> None:
        self._seen: set[int] = set()
        self._refused: Counter[tuple[int | None, int]] = Counter()
        self._said = 0.0  # when MARK was last asked, for the ten minutes of which connections
        self._marked: set[int] = set()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    def add(self, connections: set[int]) -> None:
        self._seen |= connections

    def refuse(self, connection: int | None, status: int) -> None:
        """A 401 is a stranger's, or made with a secret that was changed on one side only."""
        self._refused[connection, status] += 1

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        link = Link("relaybox signs of life")
        try:
            while True:
                await asyncio.sleep(EVERY)
                await self._write(link)
                await self._count(link)
        finally:
            await self._write(link)
            await self._count(link)
            await link.close()

    async def _write(self, link: Link) -> None:
        if not self._seen:
            return
        seen, self._seen = self._seen, set()
        try:
            written = {row[0] for row in await link.run(TOUCH, [list(seen)])}
            await self._mark(link, written)
            self._seen |= await self._left(link, seen - written)
        except (psycopg.Error, OSError) as error:
            self._seen |= seen
            log.warning("last_event_at not written: %s", type(error).__name__)

    async def _mark(self, link: Link, seen: set[int]) -> None:
        """Ten minutes in which something came. What this process has said already is not said again."""
        began = time.time() // 600
        if began != self._said:
            self._said, self._marked = began, set()
        if fresh := list(seen - self._marked):
            await link.run(arrivals.MARK, [fresh])
            await link.run(arrivals.FORGET, [fresh, arrivals.KEPT])
            self._marked |= seen

    async def _count(self, link: Link) -> None:
        if not self._refused:
            return
        refused, self._refused = self._refused, Counter()
        _log(refused)
        try:
            rows = [(connection, status, count) for (connection, status), count in refused.items()]
            await link.run(COUNT, [list(column) for column in zip(*rows, strict=True)])
        except (psycopg.Error, OSError) as error:
            self._refused += refused
            log.warning("refusals not written: %s", type(error).__name__)

    async def _left(self, link: Link, missing: set[int]) -> set[int]:
        """Those of them that still exist; a deleted connection must not be asked for for ever."""
        if not missing:
            return set()
        rows = await link.run("SELECT id FROM inbox_connection WHERE id = ANY(%b::bigint[])", [list(missing)])
        return {row[0] for row in rows}


def _log(refused: Counter[tuple[int | None, int]]) -> None:
    for (connection, status), count in refused.items():
        if status == 401:
            log.warning("connection %s: %d deliveries refused, their signature does not fit", connection, count)
        elif connection:
            log.warning("connection %d: %d deliveries answered %d", connection, count, status)
