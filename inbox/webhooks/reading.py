"""From an ASGI request to a Delivery: raw bytes within bounds, headers and query as received."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from django.conf import settings

from connectors.base import Delivery
from inbox.webhooks.answers import NotStored, Receive, Refusal, Scope

SLOWEST_BODY = 20.0  # seconds from the headers to the last byte
LONGEST_DISCARD = 2.0
LARGEST_HEADERS = 64 * 1024
MOST_PARAMETERS = 100
# Of these the platform sends one. A second one means that two readers could take different ones for the right one.
_SINGLE = re.compile(r"signature|secret|token|timestamp|authorization|(webhook|svix|delivery)-id")


class Ledger:
    """How many bytes of bodies this process holds at once, and where that ends."""

    def __init__(self, most: int = 128 * 1024 * 1024) -> None:
        self.most, self.held = most, 0

    def take(self, size: int) -> None:
        if self.held + size > self.most:
            raise NotStored("too much is arriving at once")
        self.held += size

    @contextmanager
    def account(self) -> Iterator[Reservation]:
        """What is taken inside is given back at the end, however it ends."""
        reservation = Reservation(self)
        try:
            yield reservation
        finally:
            self.held -= reservation.size


class Reservation:
    __slots__ = ("ledger", "size")

    def __init__(self, ledger: Ledger) -> None:
        self.ledger, self.size = ledger, 0

    def take(self, size: int) -> None:
        self.ledger.take(size)
        self.size += size


class Gone(Exception):
    """The client left before the last byte."""


def headers_of(scope: Scope) -> dict[str, str]:
    """Names in lower case (ASGI sees to it), values as latin-1 text; repeated ones joined by a comma."""
    found: dict[str, str] = {}
    size = 0
    for raw_name, raw_value in scope["headers"]:
        size += len(raw_name) + len(raw_value)
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        if name not in found:
            found[name] = value
        elif _SINGLE.search(name):
            raise Refusal(401, f"the header {name} came twice")
        else:
            found[name] += f", {value}"
    if size > LARGEST_HEADERS:
        raise Refusal(431, "the headers are too large", connection="close")
    return found


def query_of(scope: Scope) -> dict[str, str]:
    raw: bytes = scope["query_string"]
    if not raw:
        return {}
    try:
        return dict(parse_qsl(raw.decode("latin-1"), keep_blank_values=True, max_num_fields=MOST_PARAMETERS))
    except ValueError:
        raise Refusal(400, "too many query parameters") from None


def refuse_encoded(headers: Mapping[str, str]) -> None:
    """Signatures cover the bytes on the wire and no platform compresses; a decoder would only let bombs in."""
    if headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
        raise Refusal(415, "send the body without Content-Encoding", accept_encoding="identity", connection="close")


async def body_of(receive: Receive, headers: Mapping[str, str], reservation: Reservation) -> bytes:
    """The raw body. Over the cap: 413, at once when the length is announced and the client waits for our word."""
    announced = headers.get("content-length", "")
    too_long = announced.isdecimal() and int(announced[:12]) > settings.HOOK_MAX_BYTES
    if too_long and "expect" in headers:
        raise _too_large()
    try:
        async with asyncio.timeout(SLOWEST_BODY):
            if too_long:
                await _discard(receive)
            return await _read(receive, reservation)
    except TimeoutError:
        raise Refusal(408, "the body came too slowly", connection="close") from None


async def _read(receive: Receive, reservation: Reservation) -> bytes:
    message = await _chunk(receive)
    body: bytes = message.get("body", b"")
    reservation.take(len(body))
    if message.get("more_body"):
        return await _read_on(receive, reservation, [body])
    if len(body) > settings.HOOK_MAX_BYTES:
        raise _too_large()
    return body


async def _read_on(receive: Receive, reservation: Reservation, chunks: list[bytes]) -> bytes:
    more = True
    while more:
        if reservation.size > settings.HOOK_MAX_BYTES:
            chunks.clear()
            await _discard(receive)
        message = await _chunk(receive)
        chunk: bytes = message.get("body", b"")
        reservation.take(len(chunk))
        chunks.append(chunk)
        more = message.get("more_body", False)
    if reservation.size > settings.HOOK_MAX_BYTES:
        raise _too_large()
    return b"".join(chunks)


async def _discard(receive: Receive) -> NoReturn:
    """Read past a body that is too large, to a bound: a sender that is still writing would miss our answer."""
    left = 4 * settings.HOOK_MAX_BYTES
    more = True
    with suppress(TimeoutError):
        async with asyncio.timeout(LONGEST_DISCARD):
            while more and left > 0:
                message = await _chunk(receive)
                left -= len(message.get("body", b""))
                more = message.get("more_body", False)
    raise _too_large()


async def _chunk(receive: Receive) -> Mapping[str, Any]:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise Gone
    return message


def _too_large() -> Refusal:
    return Refusal(413, f"more than {settings.HOOK_MAX_BYTES} bytes", connection="close")


def delivery_of(scope: Scope, headers: Mapping[str, str], body: bytes) -> Delivery:
    raw_query = scope["query_string"].decode("latin-1")
    path = scope.get("raw_path") or scope["path"].encode()
    return Delivery(
        body=body,
        headers=headers,
        query=query_of(scope),
        method=scope["method"],
        url=f"{settings.BASE_URL}{path.decode('latin-1')}" + (f"?{raw_query}" if raw_query else ""),
        received_at=datetime.now(UTC),
    )
