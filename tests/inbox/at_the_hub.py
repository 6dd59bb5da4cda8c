"""A browser's side of the live hub: open streams against the real ASGI application."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import login
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest

from inbox.live.hub import Hub
from inbox.live.message import Message
from teams.models import User


def session_of(person: User) -> str:
    """Sign a person in; the key of the session."""
    request = HttpRequest()
    request.session = SessionStore()
    login(request, person, backend="django.contrib.auth.backends.ModelBackend")
    request.session.save()
    assert request.session.session_key
    return request.session.session_key


class Stream:
    """One open tab: what it was sent, and the means to leave or to stop reading."""

    def __init__(self, hub: Hub, session: str, method: str = "GET", cookie: str | None = None) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.raw = b""
        self.ended = False
        self.reading = asyncio.Event()
        self.reading.set()
        self._left = asyncio.Event()
        self._more = asyncio.Event()
        given = f"{settings.SESSION_COOKIE_NAME}={session}" if cookie is None else cookie
        headers = [(b"cookie", given.encode("latin-1"))] if given else []
        scope = {"type": "http", "method": method, "path": "/live/", "query_string": b"", "headers": headers}
        self.task = asyncio.ensure_future(hub(scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: MutableMapping[str, Any]) -> None:
        await self.reading.wait()
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            self.raw += message.get("body", b"")
            self.ended = not message.get("more_body", False)
        self._more.set()

    def leave(self) -> None:
        self._left.set()

    @property
    def events(self) -> list[tuple[str, Any]]:
        """Every complete event so far, as (name, data)."""
        found = []
        for block in self.raw.decode().split("\n\n")[:-1]:
            lines = dict(line.split(": ", 1) for line in block.split("\n") if not line.startswith(":") and line)
            if "event" in lines:
                found.append((lines["event"], json.loads(lines["data"])))
        return found

    @property
    def nudges(self) -> list[tuple[Any, Any]]:
        return [(data["teams"], data["item"]) for name, data in self.events if name == "nudge"]

    async def until(self, true: Callable[[Stream], Any], within: float = 3.0) -> Stream:
        async with asyncio.timeout(within):
            while not true(self):
                self._more.clear()
                await self._more.wait()
        return self

    async def live(self) -> Stream:
        return await self.until(lambda stream: ("live", {}) in stream.events)


@asynccontextmanager
async def opened() -> Any:
    hub = Hub()
    hub.start()
    await asyncio.wait_for(hub._subscription.open.wait(), 3)
    try:
        yield hub
    finally:
        await hub.stop()


def at_the_hub(scenario: Callable[[Hub], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        async with opened() as hub:
            return await scenario(hub)

    return asyncio.run(run())


async def say(*, teams: Any = (), item: int | None = None, users: Any = ()) -> None:
    """What a service says, from a thread as services do."""
    from inbox.live import nudge

    await sync_to_async(nudge, thread_sensitive=False)(teams=list(teams), item=item, users=list(users))


async def in_database(work: Callable[[], Any]) -> Any:
    """Run in a thread, and give the connection back."""
    from django.db import connection

    def run() -> Any:
        try:
            return work()
        finally:
            connection.close()

    return await asyncio.to_thread(run)


def message(*changes: tuple[set[int], int | None]) -> Message:
    found = Message()
    for teams, item in changes:
        found.add(teams, item, [])
    return found
