"""Which door of the process answers: the hooks and the live stream before Django, all else Django."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from config.asgi import Relaybox


@pytest.fixture
def application(monkeypatch):
    called: list[tuple[str, str]] = []

    def stands_in(name: str):
        async def app(scope: Any, receive: Any, send: Any) -> None:
            called.append((name, scope["path"]))

        return app

    found = Relaybox()
    monkeypatch.setattr(found, "door", stands_in("door"))
    monkeypatch.setattr(found, "live", stands_in("live"))
    monkeypatch.setattr(found, "pages", stands_in("pages"))
    return found, called


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/hooks/abc/", "door"),
        ("/hooks/abc", "door"),
        ("/hooks/", "door"),
        ("/live/", "live"),
        ("/live", "pages"),
        ("/live/x", "pages"),
        ("/", "pages"),
        ("/hooks", "pages"),
        ("//hooks/abc/", "pages"),
        ("/api/v1/items/", "pages"),
    ],
)
def test_paths_lead_to_their_doors(application, path: str, name: str) -> None:
    app, called = application

    asyncio.run(app({"type": "http", "path": path, "headers": []}, None, None))

    assert called == [(name, path)]


def test_a_websocket_is_closed(application) -> None:
    app, called = application
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(app({"type": "websocket", "path": "/live/"}, None, send))

    assert sent == [{"type": "websocket.close", "code": 1000}]
    assert called == []
