"""The way into the web process: hooks and live updates are answered before Django, all else by Django."""

from __future__ import annotations

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup(set_prefix=False)

from config.bodies import Counted  # noqa: E402  (models can be imported only after Django is set up)
from config.pages import Pages  # noqa: E402
from inbox.live.hub import Hub  # noqa: E402
from inbox.webhooks import Door  # noqa: E402
from inbox.webhooks.answers import Receive, Scope, Send  # noqa: E402


class Relaybox:
    def __init__(self) -> None:
        self.door, self.live, self.pages = Door(), Hub(), Pages()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live_and_die(receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
        elif scope["path"].startswith("/hooks/"):
            await self.door(scope, receive, send)
        elif scope["path"] == "/live/":
            await self.live(scope, receive, send)
        else:
            scope = dict(scope)
            await self.pages(scope, Counted(scope, receive), send)

    async def _live_and_die(self, receive: Receive, send: Send) -> None:
        await receive()
        self.door.start()
        self.live.start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.live.stop()
        await self.door.stop()
        await send({"type": "lifespan.shutdown.complete"})


application = Relaybox()
