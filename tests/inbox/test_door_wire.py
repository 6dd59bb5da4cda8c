"""Requests as only a hostile or broken client writes them, on a real socket before a real server."""

from __future__ import annotations

import socket
import time

import pytest
from django.conf import settings

from inbox.models import Event
from tests import world
from tests.inbox.at_the_door import path_of, signed
from tests.inbox.processes import Web, web

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.fault]
BODY = b'{"id": "1"}'


def raw(server: Web, data: bytes, *, more: bytes = b"", wait: float = 6.0) -> bytes:
    """Everything the server says until it closes or falls silent."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=wait) as wire:
        wire.sendall(data)
        heard = b""
        try:
            if more:
                heard = wire.recv(65_536)
                wire.sendall(more)
            while chunk := wire.recv(65_536):
                heard += chunk
        except (TimeoutError, ConnectionError):
            pass
        return heard


def statuses(heard: bytes) -> list[int]:
    return [int(part[:3]) for part in heard.split(b"HTTP/1.1 ")[1:]]


def head(path: str, *headers: tuple[str, str]) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return f"POST {path} HTTP/1.1\r\nHost: x\r\n{lines}\r\n".encode("latin-1")


def test_what_hostile_clients_write(transactional_db) -> None:
    connection = world.make_connection()
    path, most = path_of(connection), settings.HOOK_MAX_BYTES
    close = ("Connection", "close")

    with web() as server:

        def good(name: str, *more: tuple[str, str]) -> bytes:
            length = ("Content-Length", str(len(BODY)))
            return head(path, *signed(BODY, name), length, *more) + BODY

        chunks = b"3\r\n" + BODY[:3] + b"\r\n8\r\n" + BODY[3:] + b"\r\n0\r\n\r\n"
        chunked = head(path, *signed(BODY, "chunked"), ("Transfer-Encoding", "chunked"), close) + chunks
        assert statuses(raw(server, chunked)) == [200]

        pipelined = good("first") + good("second") + good("first", close)
        assert statuses(raw(server, pipelined)) == [200, 200, 200]

        polite = head(
            path, *signed(BODY, "polite"), ("Content-Length", str(len(BODY))), ("Expect", "100-continue"), close
        )
        assert statuses(raw(server, polite, more=BODY)) == [100, 200]

        greedy = head(path, *signed(BODY), ("Content-Length", str(most + 1)), ("Expect", "100-continue"))
        assert statuses(raw(server, greedy)) == [413]

        announced = head(path, *signed(BODY), ("Content-Length", str(most + 1)))
        assert statuses(raw(server, announced + b"x" * (most + 1))) == [413]

        endless = head(path, *signed(BODY), ("Transfer-Encoding", "chunked"))
        assert statuses(raw(server, endless + (b"10000\r\n" + b"x" * 65_536 + b"\r\n") * (most // 65_536 + 8))) == [413]

        cut = head(path, *signed(BODY, "cut"), ("Content-Length", str(len(BODY)))) + BODY[:5]
        assert raw(server, cut, wait=0.3) == b""

        two_lengths = head(path, *signed(BODY, "two"), ("Content-Length", "5"), ("Content-Length", "11")) + BODY
        assert statuses(raw(server, two_lengths)) == [400]

        smuggled = head(path, *signed(BODY, "te"), ("Content-Length", "4"), ("Transfer-Encoding", "chunked")) + chunks
        assert statuses(raw(server, smuggled))[0] in {200, 400}

        hundred = head(path, *signed(BODY), *[("X-Same", "v")] * 100, ("Content-Length", "11"), close) + BODY
        assert statuses(raw(server, hundred)) == [200]

        upper = good("upper", ("X-HTTP-Method-Override", "DELETE"), ("X-Forwarded-Host", "evil"), close)
        assert statuses(raw(server, upper)) == [200]

        assert statuses(raw(server, b"POST " + path.encode() + b" HTTP/9.9\r\n\r\n\r\n")) in ([400], [])
        assert statuses(raw(server, b"\x16\x03\x01\x02\x00\x01\x00")) == [400]
        assert server.post(path, BODY, dict(signed(BODY, "still here")))[0] == 200

    stored = set(Event.objects.values_list("delivery_key", flat=True))
    assert {"chunked", "first", "second", "polite", "upper", "still here"} <= stored
    assert stored.isdisjoint({"cut", "two"})
    assert all(bytes(body) == BODY for body in Event.objects.values_list("body", flat=True))


def test_a_client_that_trickles_holds_up_nobody(transactional_db) -> None:
    connection = world.make_connection()
    path = path_of(connection)
    slow = head(path, *signed(BODY, "slow"), ("Content-Length", str(len(BODY))))

    with web() as server:
        server.post(path, BODY, dict(signed(BODY)))
        wires = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(200)]
        for wire in wires:
            wire.sendall(slow + BODY[:1])
        began = time.monotonic()
        status, _ = server.post(path, BODY, dict(signed(BODY, "quick")))
        took = time.monotonic() - began
        for wire in wires:
            wire.close()

    assert (status, took < 1) == (200, True)
    assert not Event.objects.filter(delivery_key="slow").exists()
