"""Which connection a key belongs to, as read from the database a moment ago.

A connection is kept for `FRESH` seconds, so that a burst costs one look-up. Its secrets may
change in the meantime: `again` reads it anew when a signature does not fit.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from django.db import connection as database

from connectors.base import Account
from inbox.models import Connection
from inbox.webhooks.answers import NotStored, UnknownDoor

log = logging.getLogger(__name__)

FRESH = 1.5  # seconds
AGAIN_AFTER = 0.25  # a stranger's bad signatures must not turn into a query each
PATIENCE = 5.0
MOST_STRANGERS = 4096  # keys that nobody has; remembered so that a guesser asks the database less often
MOST_WAITING = 64
_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Known:
    id: int
    account: Account
    read_at: float


class Directory:
    def __init__(self) -> None:
        self._known: dict[str, Known] = {}
        self._strangers: OrderedDict[str, float] = OrderedDict()
        self._reading: dict[str, asyncio.Future[Known | None]] = {}
        # Two threads, so that a flood of guessed keys never stands in the way of the real ones.
        self._lane = ThreadPoolExecutor(1, "hooks-directory")
        self._strangers_lane = ThreadPoolExecutor(1, "hooks-strangers")

    async def find(self, key: str) -> Known:
        """Raises UnknownDoor, or NotStored when the database does not answer."""
        known = self._known.get(key)
        if known is not None and time.monotonic() - known.read_at < FRESH:
            return known
        if not _KEY.fullmatch(key) or time.monotonic() - self._strangers.get(key, -FRESH) < FRESH:
            raise UnknownDoor
        return await self._read(key)

    async def again(self, key: str, known: Known) -> Known | None:
        """The connection as it is now; None when what we have is that recent, or still the same."""
        newest = self._known.get(key, known)
        if time.monotonic() - newest.read_at > AGAIN_AFTER:
            newest = await self._read(key)
        return newest if newest.account != known.account else None

    def close(self) -> None:
        self._lane.shutdown(wait=False, cancel_futures=True)
        self._strangers_lane.shutdown(wait=False, cancel_futures=True)

    async def _read(self, key: str) -> Known:
        reading = self._reading.get(key) or self._start(key)
        done, _ = await asyncio.wait({reading}, timeout=PATIENCE)
        if not done or reading.exception():
            raise NotStored("the database does not answer")
        known = reading.result()
        if known is None:
            raise UnknownDoor
        return known

    def _start(self, key: str) -> asyncio.Future[Known | None]:
        if len(self._reading) >= MOST_WAITING and key not in self._known:
            raise NotStored("too many look-ups at once")
        lane = self._lane if key in self._known else self._strangers_lane
        reading = asyncio.get_running_loop().run_in_executor(lane, look_up, key)
        self._reading[key] = reading
        reading.add_done_callback(lambda done: self._remember(key, done))
        return reading

    def _remember(self, key: str, reading: asyncio.Future[Known | None]) -> None:
        self._reading.pop(key, None)
        if reading.cancelled():
            return
        if error := reading.exception():
            log.warning("cannot read a connection: %s", type(error).__name__)
        elif known := reading.result():
            self._known[key] = known
            self._strangers.pop(key, None)
        else:
            self._known.pop(key, None)
            self._strangers[key] = time.monotonic()
            while len(self._strangers) > MOST_STRANGERS:
                self._strangers.popitem(last=False)


def look_up(key: str) -> Known | None:
    """Runs in a thread of its own and gives its database connection back at once."""
    read_at = time.monotonic()
    try:
        found = Connection.objects.filter(key=key).first()
        return None if found is None else Known(found.pk, found.account(), read_at)
    finally:
        database.close()
