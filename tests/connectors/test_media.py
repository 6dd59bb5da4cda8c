from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from connectors import guard, media
from connectors.base import Refused, TryLater
from connectors.media import Fetched, FetchLimits, fetch, safe_name
from tests.platforms.server import PlatformServer, Request, Response

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
FILES: dict[str, Response] = {
    "/lamp.png": Response(200, PNG, {"content-type": "text/html"}),
    "/named": Response(200, PNG, {"content-disposition": 'attachment; filename="../../a%20b.png"'}),
    "/page.jpg": Response(200, b"<html><script>alert(1)</script>", {"content-type": "image/jpeg"}),
    "/drawing.svg": Response(200, b"<svg onload=alert(1)>", {"content-type": "image/svg+xml"}),
    "/empty.png": Response(200, b"", {"content-type": "image/png"}),
    "/huge.png": Response(200, PNG + b"x" * 5000),
    "/gone.png": Response(404, b"no"),
    "/busy.png": Response(429, b"no", {"retry-after": "9"}),
    "/down.png": Response(503, b"no"),
    "/once": Response(302, b"", {"location": "/lamp.png"}),
    "/loop": Response(302, b"", {"location": "/loop"}),
    "/inside": Response(302, b"", {"location": "http://10.0.0.8/secret"}),
    "/file": Response(302, b"", {"location": "file:///etc/passwd"}),
    "/away": Response(302, b"", {"location": "http://localhost:{port}/lamp.png"}),
}


class FileServer(PlatformServer):
    def answer(self, request: Request) -> Response:
        found = FILES[request.path]
        location = found.headers.get("location", "").replace("{port}", self.url.rpartition(":")[2])
        return Response(
            found.status, found.body, {**found.headers, "location": location} if location else found.headers
        )


@pytest.fixture
def files() -> Iterator[FileServer]:
    server = FileServer()
    yield server
    server.close()


def get(files: FileServer, path: str, **limits: Any) -> Fetched:
    with guard.client(allow=["127.0.0.0/8", "::1/128"]) as http:
        return fetch(files.url + path, http, FetchLimits(**limits), headers={"authorization": "Bearer t"})


def test_the_first_bytes_decide_what_a_file_is(files: FileServer) -> None:
    assert get(files, "/lamp.png") == Fetched(PNG, "image/png", "lamp.png")


def test_a_name_has_no_folders(files: FileServer) -> None:
    assert get(files, "/named").name == "a b.png"


@pytest.mark.parametrize("path", ["/page.jpg", "/drawing.svg", "/empty.png"])
def test_what_a_browser_would_run_is_not_kept(files: FileServer, path: str) -> None:
    with pytest.raises(Refused, match="is not kept"):
        get(files, path)


def test_a_type_that_is_not_wanted_is_not_kept(files: FileServer) -> None:
    with pytest.raises(Refused, match="image/png is not kept"):
        get(files, "/lamp.png", types=frozenset({"image/gif"}))


def test_a_large_file_is_not_read_to_its_end(files: FileServer) -> None:
    with pytest.raises(Refused, match="larger than 1000 bytes"):
        get(files, "/huge.png", size=1000)


def test_a_missing_file_is_refused_and_a_busy_server_is_not(files: FileServer) -> None:
    with pytest.raises(Refused):
        get(files, "/gone.png")
    with pytest.raises(TryLater) as raised:
        get(files, "/busy.png")
    assert raised.value.after is not None
    assert raised.value.after.total_seconds() == 9
    with pytest.raises(TryLater):
        get(files, "/down.png")


def test_a_redirect_is_checked_like_an_address(files: FileServer) -> None:
    assert get(files, "/once").type == "image/png"
    for path in ("/inside", "/file"):
        with pytest.raises(Refused, match="not an address"):
            get(files, path)


def test_redirects_come_to_an_end(files: FileServer) -> None:
    with pytest.raises(Refused, match="more than 3 redirects"):
        get(files, "/loop")
    assert len(files.requests) == 4


def test_a_token_is_not_shown_to_another_host(files: FileServer) -> None:
    assert get(files, "/away").type == "image/png"
    assert [request.headers.get("authorization") for request in files.requests] == ["Bearer t", None]


def test_a_private_address_is_refused(files: FileServer) -> None:
    with guard.client() as http, pytest.raises(Refused, match="not an address"):
        fetch(files.url + "/lamp.png", http, FetchLimits())
    assert files.requests == []


def test_no_connection_is_tried_later() -> None:
    with httpx.Client(transport=httpx.MockTransport(_fails)) as http, pytest.raises(TryLater):
        fetch("https://files.example/a.png", http, FetchLimits())


def _fails(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\lamp.png", "lamp.png"),
        ("\u200b.htaccess", "htaccess"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("a\r\nb.png", "ab.png"),
        ("x" * 300 + ".png", "x" * 116 + ".png"),
        ("..", ""),
        ("\ud83d.png", "\ufffd.png"),
    ],
)
def test_a_name_is_only_a_name(given: str, kept: str) -> None:
    assert safe_name(given) == kept


def test_every_magic_number_finds_its_type() -> None:
    for offset, magic, kind in media._MAGIC:
        assert media.sniff(b"\0" * offset + magic) == kind
    assert media.sniff(b"") == media.sniff(b"GIF8") == ""
