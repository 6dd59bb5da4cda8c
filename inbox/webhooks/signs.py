"""What each connection showed of itself: when it last sent something, and how much of it was refused.

Gathered in memory and said now and then, for all at once: a flood must not become a flood of writes or of lines.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter

import psycopg

from inbox.webhooks.link import Link

log = logging.getLogger(__name__)

EVERY = 2.0  # seconds
# A connection that somebody is just editing is skipped and comes with the next round.
TOUCH = """
UPDATE inbox_connection SET last_event_at = now()
WHERE id IN (SELECT id FROM inbox_connection WHERE id = ANY(%b::bigint[]) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED)
RETURNING id
"""


class SignsOfLife:
    def __init__(self) -> None:
        self._seen: set[int] = set()
        self._refused: Counter[int] = Counter()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    def add(self, connections: set[int]) -> None:
        self._seen |= connections

    def refuse(self, connection: int) -> None:
        """A signature that does not fit: a stranger's, or made with a secret that was changed on one side only."""
        self._refused[connection] += 1

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
                self._log_refused()
        finally:
            self._log_refused()
            await self._write(link)
            await link.close()

    async def _write(self, link: Link) -> None:
        if not self._seen:
            return
        seen, self._seen = self._seen, set()
        try:
            written = {row[0] for row in await link.run(TOUCH, [list(seen)])}
            self._seen |= await self._left(link, seen - written)
        except (psycopg.Error, OSError) as error:
            self._seen |= seen
            log.warning("last_event_at not written: %s", type(error).__name__)

    def _log_refused(self) -> None:
        refused, self._refused = self._refused, Counter()
        for connection, count in refused.items():
            log.warning("connection %d: %d deliveries refused, their signature does not fit", connection, count)

    async def _left(self, link: Link, missing: set[int]) -> set[int]:
        """Those of them that still exist; a deleted connection must not be asked for for ever."""
        if not missing:
            return set()
        rows = await link.run("SELECT id FROM inbox_connection WHERE id = ANY(%b::bigint[])", [list(missing)])
        return {row[0] for row in rows}
