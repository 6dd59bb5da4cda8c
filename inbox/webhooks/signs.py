"""When each connection last sent something: gathered in memory, written now and then, for all at once."""

from __future__ import annotations

import asyncio
import logging

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
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    def add(self, connections: set[int]) -> None:
        self._seen |= connections

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
        finally:
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

    async def _left(self, link: Link, missing: set[int]) -> set[int]:
        """Those of them that still exist; a deleted connection must not be asked for for ever."""
        if not missing:
            return set()
        rows = await link.run("SELECT id FROM inbox_connection WHERE id = ANY(%b::bigint[])", [list(missing)])
        return {row[0] for row in rows}
