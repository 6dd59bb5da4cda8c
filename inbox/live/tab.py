"""One open tab: a response that never ends, and at most one thing waiting to be written to it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from inbox.live.viewer import Viewer

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
BEAT = b": \n\n"
HEADERS = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store, no-transform"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
)


def event(name: str, data: object) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n".encode()


EVERYTHING = event("nudge", {"teams": None, "item": None, "within": 0})


class Tab:
    """Idle, it costs no task and no thread: it is written to by short tasks, one at a time."""

    __slots__ = ("_send", "_waiting", "_writing", "ended", "session", "stuck_since", "viewer")

    def __init__(self, session: str, viewer: Viewer, send: Send) -> None:
        self.session, self.viewer = session, viewer
        self.ended = asyncio.get_running_loop().create_future()
        self.stuck_since = 0.0
        self._send = send
        self._waiting: bytes = b""
        self._writing: asyncio.Task[None] | None = None

    async def begin(self, first: bytes) -> None:
        await self._send({"type": "http.response.start", "status": 200, "headers": list(HEADERS)})
        await self._send({"type": "http.response.body", "body": first, "more_body": True})

    def offer(self, data: bytes) -> None:
        """Write it now; to a slow reader, once it has read what is under way: then to re-read everything."""
        if self._writing is not None:
            self._waiting = EVERYTHING
        elif not self.ended.done():
            self.stuck_since = asyncio.get_running_loop().time()
            self._writing = asyncio.create_task(self._write(data))

    def beat(self) -> None:
        if self._writing is None:
            self.offer(BEAT)

    def stuck(self) -> float:
        """For how many seconds one write has not come to an end."""
        return 0.0 if self._writing is None else asyncio.get_running_loop().time() - self.stuck_since

    def end(self) -> None:
        if not self.ended.done():
            self.ended.set_result(None)

    async def finish(self) -> None:
        """Close the stream in order, unless its reader does not even take what is under way."""
        if self._writing is not None:
            await asyncio.wait({self._writing}, timeout=0.5)
        if self._writing is None:
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})
        else:
            self._writing.cancel()

    async def _write(self, data: bytes) -> None:
        try:
            while data:
                await self._send({"type": "http.response.body", "body": data, "more_body": True})
                data, self._waiting = self._waiting, b""
        except OSError:
            self.end()
        finally:
            self._writing = None
