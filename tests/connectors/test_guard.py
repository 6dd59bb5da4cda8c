"""Addresses that strangers chose: only public ones are called, and the checked one is the one called."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpcore
import httpx
import pytest

from connectors import guard
from connectors.guard import Blocked
from tests.platforms.server import PlatformServer, Request, Response


class Listener(PlatformServer):
    def answer(self, request: Request) -> Response:
        return Response(200, b"inside")


@pytest.fixture
def inside() -> Iterator[Listener]:
    listener = Listener()
    yield listener
    listener.close()


def answers(monkeypatch: pytest.MonkeyPatch, *rounds: list[str]) -> list[str]:
    """Let the name server give these addresses, one list per question."""
    asked: list[str] = []

    def getaddrinfo(host: str, port: int, **_kwargs: Any) -> list[Any]:
        addresses = rounds[min(len(asked), len(rounds) - 1)]
        asked.append(host)
        return [(0, 0, 0, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


INSIDE = [
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0177.0.0.1",
    "0x7f.0.0.1",
    "0x7f000001",
    "0.0.0.0",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "localhost",
]
PRIVATE = [
    "169.254.169.254",
    "10.0.0.8",
    "172.16.3.4",
    "192.168.1.1",
    "100.64.0.1",
    "[fd00:ec2::254]",
    "[fe80::1]",
    "[fec0::1]",
    "[2002:a00:8::]",
    "[::ffff:10.0.0.8]",
    "224.0.0.1",
    "255.255.255.255",
    "240.0.0.1",
    "192.0.2.7",
]


@pytest.mark.parametrize("host", INSIDE)
def test_no_spelling_of_this_machine_is_called(inside: Listener, host: str) -> None:
    port = inside.url.rpartition(":")[2]
    with guard.client() as http, pytest.raises((Blocked, httpx.ConnectError, httpx.InvalidURL)):
        http.get(f"http://{host}:{port}/")
    assert inside.requests == []


@pytest.mark.parametrize("host", PRIVATE)
def test_no_private_address_is_called(host: str) -> None:
    with guard.client() as http, pytest.raises(Blocked, match="not open to calls"):
        http.get(f"http://{host}/")


@pytest.mark.parametrize(
    "url", ["http://good.example@127.0.0.1/", "http://a:b@8.8.8.8/", "http://8.8.8.8\\@127.0.0.1/"]
)
def test_a_user_name_or_backslash_in_an_address_is_refused(url: str) -> None:
    with guard.client() as http, pytest.raises((Blocked, httpx.InvalidURL)):
        http.get(url)


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "gopher://8.8.8.8/", "ftp://8.8.8.8/", "//evil.example/", "js:1"]
)
def test_other_schemes_are_refused(url: str) -> None:
    with guard.client() as http, pytest.raises(httpx.UnsupportedProtocol):
        http.get(url)


@pytest.mark.parametrize("port", [22, 25, 5432, 6379, 11211])
def test_ports_of_other_services_are_refused(port: int) -> None:
    with guard.client() as http, pytest.raises(Blocked, match=f"port {port}"):
        http.get(f"http://8.8.8.8:{port}/")


def test_a_name_with_one_private_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, ["8.8.8.8", "10.0.0.8"])
    with pytest.raises(Blocked, match=r"10\.0\.0\.8"):
        guard.safe_address("mixed.example", 443)


def test_the_checked_address_is_called_and_the_name_not_asked_again(
    inside: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    connected: list[str] = []

    def connect(address: tuple[str, int], *_args: Any, **_kwargs: Any) -> socket.socket:
        connected.append(address[0])
        raise ConnectionRefusedError

    asked = answers(monkeypatch, ["8.8.8.8"], ["127.0.0.1"])
    monkeypatch.setattr(socket, "create_connection", connect)
    with guard.client() as http, pytest.raises(httpx.ConnectError):
        http.get("http://rebinding.example/")
    assert (asked, connected) == (["rebinding.example"], ["8.8.8.8"])
    assert inside.requests == []


def test_a_name_that_does_not_resolve_is_a_failed_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    def getaddrinfo(*_args: Any, **_kwargs: Any) -> list[Any]:
        raise socket.gaierror("no such name")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with guard.client() as http, pytest.raises(httpx.ConnectError):
        http.get("http://nowhere.example/")


def test_an_allowed_network_is_called_on_any_port(inside: Listener) -> None:
    with guard.client(allow=["127.0.0.0/8"]) as http:
        assert http.get(inside.url).content == b"inside"


def test_another_allowed_network_opens_nothing_else(inside: Listener) -> None:
    with guard.client(allow=["10.0.0.0/8", "::1/128"]) as http, pytest.raises(Blocked):
        http.get(inside.url)
    assert inside.requests == []


def test_a_socket_file_is_no_address() -> None:
    with pytest.raises(Blocked):
        guard.GuardedBackend().connect_unix_socket("/run/docker.sock")


def test_a_dripping_answer_ends() -> None:
    server = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        connection, _ = server.accept()
        connection.recv(4096)
        with connection:
            for _ in range(100):
                try:
                    connection.sendall(b"H")
                except OSError:
                    return
                time.sleep(0.05)

    threading.Thread(target=drip, daemon=True).start()
    transport = guard.GuardedTransport(["127.0.0.0/8"], deadline=0.3)
    with httpx.Client(transport=transport, timeout=5) as http, pytest.raises(httpx.ReadTimeout):
        http.get(f"http://127.0.0.1:{server.getsockname()[1]}/")
    server.close()


def test_the_proxy_of_the_environment_is_not_used(inside: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", inside.url)
    with guard.client() as http, pytest.raises(Blocked):
        http.get("http://10.0.0.8/")
    assert inside.requests == []


def test_blocked_is_no_connection_error_of_httpcore() -> None:
    assert not issubclass(Blocked, httpcore.ConnectError | httpx.ConnectError)
