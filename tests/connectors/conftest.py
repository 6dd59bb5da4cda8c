"""Files, and who sends them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from connectors import guard, oauth
from connectors.files import File
from tests.connectors.contract.base import LOOPBACK
from tests.connectors.sender import Sender

Make = Callable[..., File]


@pytest.fixture
def sender(request: pytest.FixtureRequest) -> Iterator[Sender]:
    oauth.forget()
    case = request.param()
    server = case.server_class()
    with guard.client(allow=LOOPBACK) as http:
        yield Sender(case, server, http)
    server.close()
    oauth.forget()


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def made(name: str, type_: str, body: bytes = b"bytes", alt: str = "") -> File:
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}"
        path.write_bytes(body)
        return File(path, type_, name, alt)

    return made


@pytest.fixture
def picture(tmp_path: Path) -> File:
    path = tmp_path / "lamp"
    Image.new("RGB", (80, 60), "teal").save(path, "PNG")
    return File(path, "image/png", "lamp.png", "A lamp, lit")
