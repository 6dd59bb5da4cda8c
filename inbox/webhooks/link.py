"""One database connection of the door's own: it is made when needed, and left behind when it hangs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Any, LiteralString

import psycopg
from django.db import connections

log = logging.getLogger(__name__)

CONNECT_WITHIN = 2  # seconds; the smallest that libpq takes
ANSWER_WITHIN = 3.0
# The server gives up by itself, too, so that a statement we left behind does not linger.
_OPTIONS = "-c synchronous_commit=on -c statement_timeout=3000 -c lock_timeout=2000"


class Silent(psycopg.OperationalError):
    """The database took the statement and did not answer in time. Whether it was committed is not known."""


class Link:
    """Autocommit: a statement that has answered is committed (its COMMIT's error is its own error)."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._left_behind: set[asyncio.Task[Any]] = set()

    async def run(self, statement: LiteralString, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        connection = await self._connected()
        task = asyncio.ensure_future(_fetch(connection, statement, values))
        try:
            done, _ = await asyncio.wait({task}, timeout=ANSWER_WITHIN)
        except asyncio.CancelledError:
            self._leave(task)
            raise
        if not done:
            self._leave(task)
            raise Silent("no answer in time")
        return task.result()

    async def close(self) -> None:
        if self._connection is not None and not self._left_behind:
            await self._connection.close()
        self._connection = None

    async def _connected(self) -> psycopg.AsyncConnection[Any]:
        if self._connection is None or self._connection.closed:
            self._connection = await psycopg.AsyncConnection.connect(**parameters(self.name))
        return self._connection

    def _leave(self, task: asyncio.Task[Any]) -> None:
        """Psycopg's own cancelling may take ten more seconds; the next batch must not wait for it."""
        self._connection = None
        self._left_behind.add(task)
        task.add_done_callback(self._left_behind.discard)
        task.cancel()


async def _fetch(
    connection: psycopg.AsyncConnection[Any], statement: LiteralString, values: Sequence[Any]
) -> list[tuple[Any, ...]]:
    try:
        cursor = await connection.execute(statement, values, prepare=True, binary=True)
        return await cursor.fetchall() if cursor.description else []
    except asyncio.CancelledError:
        await connection.close()
        raise


def parameters(name: str) -> dict[str, Any]:
    """Where Django connects to, without Django's pool, cursor class and type adapters."""
    given = connections["default"].get_connection_params()
    kept = {key: value for key, value in given.items() if key not in {"cursor_factory", "context", "pool", "options"}}
    return {
        **kept,
        "autocommit": True,
        "prepare_threshold": 0,
        "connect_timeout": CONNECT_WITHIN,
        "application_name": name,
        "options": _OPTIONS,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 2,
    }
