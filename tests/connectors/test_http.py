"""Every way a call can end, and the name it gets."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from connectors import guard
from connectors.base import OutcomeUnknown, Refused, SendError, TokenRevoked, TryLater
from connectors.http import MAX_ANSWER, ask, call, json_of, retry_after, told, verdict


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with guard.client(allow=["127.0.0.0/8"], timeout=httpx.Timeout(5, read=0.3)) as client:
        yield client


def listening(behave: Callable[[socket.socket], None]) -> str:
    """A server that does one thing to its first connection."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = server.accept()
        behave(connection)
        connection.close()
        server.close()

    threading.Thread(target=serve, daemon=True).start()
    return f"http://127.0.0.1:{server.getsockname()[1]}/"


def closes(connection: socket.socket) -> None:
    connection.recv(4096)


def resets(connection: socket.socket) -> None:
    connection.recv(4096)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def waits(connection: socket.socket) -> None:
    connection.recv(4096)
    connection.settimeout(2)
    connection.recv(1)


def stops_in_the_middle(connection: socket.socket) -> None:
    connection.recv(4096)
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{")


def babbles(connection: socket.socket) -> None:
    connection.recv(4096)
    connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")


def pours(connection: socket.socket) -> None:
    request = b""
    while not request.endswith(b"hello"):  # a server that closes with words unread resets what it has sent
        request += connection.recv(4096)
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    try:
        for _ in range(MAX_ANSWER // 65536 + 10):
            connection.sendall(b"x" * 65536)
    except OSError:
        pass


@pytest.mark.parametrize("behave", [closes, resets, waits, stops_in_the_middle, babbles])
def test_a_request_that_left_without_a_whole_answer_is_unknown(
    http: httpx.Client, behave: Callable[[socket.socket], None]
) -> None:
    with pytest.raises(OutcomeUnknown):
        call(http, "POST", listening(behave), content=b"hello")


def test_an_answer_that_does_not_end_is_not_read_to_its_end() -> None:
    patient = guard.client(allow=["127.0.0.0/8"])
    with patient, pytest.raises(OutcomeUnknown, match=f"more than {MAX_ANSWER} bytes"):
        call(patient, "POST", listening(pours), content=b"hello")


def test_a_question_without_an_answer_can_be_asked_again(http: httpx.Client) -> None:
    with pytest.raises(TryLater):
        ask(http, listening(waits))


def test_a_connection_that_never_stood_has_sent_nothing(http: httpx.Client) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(TryLater, match="no connection"):
        call(http, "POST", f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize(
    "url", ["ftp://127.0.0.1/", "http://10.0.0.8/", "http://0177.0.0.1/", "nonsense", "http://a@8.8.8.8/"]
)
def test_an_address_that_may_not_be_called_is_refused(http: httpx.Client, url: str) -> None:
    with pytest.raises(Refused, match="not an address"):
        call(http, "POST", url)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (302, Refused),
        (400, Refused),
        (401, TokenRevoked),
        (403, Refused),
        (404, Refused),
        (408, OutcomeUnknown),
        (409, Refused),
        (422, Refused),
        (429, TryLater),
        (500, OutcomeUnknown),
        (503, OutcomeUnknown),
    ],
)
def test_a_status_has_one_meaning(status: int, error: type[SendError]) -> None:
    found = verdict(httpx.Response(status, text="because"))
    assert type(found) is error
    assert found.status == status
    assert "because" in found.reason


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("17", 17),
        ("0", 0),
        ("-5", 0),
        ("1.5", 1.5),
        ("9" * 30, 86_400),
        ("1000000", 86_400),
        ("", None),
        ("soon", None),
    ],
)
def test_retry_after_in_seconds(value: str, seconds: float | None) -> None:
    expected = None if seconds is None else timedelta(seconds=seconds)
    assert retry_after(httpx.Response(429, headers={"retry-after": value})) == expected


def test_retry_after_as_a_date() -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    found = retry_after(httpx.Response(429, headers={"retry-after": later}))
    assert found is not None
    assert timedelta(seconds=50) < found <= timedelta(seconds=60)


@pytest.mark.parametrize("body", [b"", b"[]", b"<p>", b'{"a":' * 5000, b'{"id": {"x": 1}}', b'{"id": null}'])
def test_an_odd_answer_to_an_accepted_call_is_no_error(body: bytes) -> None:
    response = httpx.Response(200, content=body)
    assert told(response, "id") == ""
    assert isinstance(json_of(response), dict)
