"""A platform's side of the door: signed requests against the real ASGI application, without a server in between."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from connectors.generic import sign
from inbox.doorbell import Doorbell
from inbox.webhooks import Door
from tests import world


@dataclass
class Heard:
    """What the platform gets back."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


class Bell(Doorbell):
    """A doorbell that nobody hears; it remembers what was rung."""

    def __init__(self) -> None:
        super().__init__(publish=lambda task, ids: None)
        self.rung: list[int] = []

    def ring(self, task: str, ids: Iterable[int]) -> None:
        self.rung += ids


async def request(
    app: Any,
    method: str,
    path: str,
    *,
    body: bytes | Iterable[bytes] = b"",
    headers: Iterable[tuple[str, str]] = (),
    query: bytes = b"",
    leave: bool = False,
) -> Heard:
    """One request, its body in as many pieces as given. With `leave`, the client goes away after them."""
    chunks = _chunks(body, leave=leave)
    heard = Heard()

    async def receive() -> dict[str, Any]:
        for message in chunks:
            return message
        return await asyncio.Future()  # nothing more will ever come

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            heard.status = message["status"]
            heard.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            heard.body += message.get("body", b"")

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query,
        "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers],
    }
    await app(scope, receive, send)
    return heard


def _chunks(body: bytes | Iterable[bytes], *, leave: bool) -> Iterator[dict[str, Any]]:
    pieces = [body] if isinstance(body, bytes) else list(body)
    for number, piece in enumerate(pieces):
        more = leave or number < len(pieces) - 1
        yield {"type": "http.request", "body": piece, "more_body": more}
    yield {"type": "http.disconnect"}


def signed(
    body: bytes, name: str = "", *, secret: str = world.SECRET, at: float | None = None
) -> list[tuple[str, str]]:
    stamp = int(time.time() if at is None else at)
    return list(sign(secret, name or world.fresh("delivery"), stamp, body).items())


def path_of(connection: Any) -> str:
    return f"/hooks/{connection.key}/"


@asynccontextmanager
async def opened(bell: Bell | None = None) -> Any:
    door = Door(doorbell=bell or Bell())
    door.start()
    try:
        yield door
    finally:
        await door.stop()


def at_the_door(scenario: Callable[[Door], Awaitable[Any]], bell: Bell | None = None) -> Any:
    """Run a scenario with an open door and close it properly afterwards."""

    async def run() -> Any:
        async with opened(bell) as door:
            return await scenario(door)

    return asyncio.run(run())


def post(connection: Any, body: bytes, headers: Iterable[tuple[str, str]] | None = None, **more: Any) -> Heard:
    """One delivery, signed unless other headers are given."""
    given = signed(body) if headers is None else headers
    return at_the_door(lambda door: request(door, "POST", path_of(connection), body=body, headers=given, **more))


def too_large() -> int:
    return settings.HOOK_MAX_BYTES + 1
