"""What the door says, and how it is put on the wire."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from connectors.base import Answer

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

RETRY_AFTER = b"5"  # seconds; platforms that read it come back soon, the others have their own schedule
_ALWAYS = ((b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store"))


class Refusal(Exception):
    """The delivery is not taken: the status and the words that the sender gets."""

    def __init__(self, status: int, reason: str, **headers: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason
        self.connection: int | None = None  # whose door it was, when the key is somebody's
        self.headers = tuple((name.replace("_", "-").encode(), value.encode()) for name, value in headers.items())

    def answer(self) -> Answer:
        return Answer(self.status, f"{self.reason}\n".encode())


class NotStored(Refusal):
    """We could not store it now. The platform keeps it and comes back."""

    def __init__(self, reason: str) -> None:
        super().__init__(503, reason, retry_after=RETRY_AFTER.decode())


class UnknownDoor(Refusal):
    def __init__(self) -> None:
        super().__init__(404, "no such connection")


async def say(send: Send, answer: Answer, extra: tuple[tuple[bytes, bytes], ...] = ()) -> None:
    headers = [
        (b"content-type", answer.content_type.encode("latin-1", "replace")),
        (b"content-length", str(len(answer.body)).encode()),
        *_ALWAYS,
        *((name.lower().encode(), value.encode("latin-1", "replace")) for name, value in answer.headers.items()),
        *extra,
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
