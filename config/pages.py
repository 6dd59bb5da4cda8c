"""Django's pages: each request is answered by one thread from its first middleware to its last.

Django's own handler goes back and forth between the event loop and a thread that it makes for each request, once for
every middleware that can only do one of the two. All our views and middlewares are plain functions, so one hand-over
is enough: it halves what a short request costs. Only a file that is streamed goes the long way.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.conf import settings
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.signals import request_started
from django.db import close_old_connections
from django.http import FileResponse
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix

from inbox.webhooks.answers import Scope

# Whoever watches this process waits behind no page: with the database gone, all of these wait for it.
WATCHING = ("/healthz", "/readyz", "/metrics")


class Pages(ASGIHandler):
    def __init__(self) -> None:
        super().__init__()
        self._threads = ThreadPoolExecutor(settings.WEB_THREADS, "pages")
        self._watched = {path: ThreadPoolExecutor(1, "watching") for path in WATCHING}

    def load_middleware(self, is_async: bool = False) -> None:  # noqa: FBT001, FBT002  (Django's signature)
        super().load_middleware(is_async=False)

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        threads = self._watched.get(scope["path"], self._threads)
        response = await asyncio.get_running_loop().run_in_executor(threads, self._answer, scope, body)
        if response.streaming:
            await self._stream(response, send)
        else:
            await self.send_response(response, send)

    def _answer(self, scope: Scope, body: IO[bytes]) -> HttpResponseBase:
        """The finished response. Nothing of the request stays with the thread, least of all its database connection."""
        try:
            response = self._respond(scope, body)
            if response.streaming:
                close_old_connections()
            else:
                response.close()
        finally:
            body.close()
        return response

    def _respond(self, scope: Scope, body: IO[bytes]) -> HttpResponseBase:
        set_script_prefix(get_script_prefix(scope))
        request_started.send(sender=type(self), scope=scope)
        request, refused = self.create_request(scope, body)
        response: Any = refused if request is None else self.get_response(request)
        response._handler_class = type(self)
        if isinstance(response, FileResponse):
            response.block_size = self.chunk_size
        return response  # type: ignore[no-any-return]

    async def _stream(self, response: HttpResponseBase, send: Any) -> None:
        async with ThreadSensitiveContext():
            try:
                await self.send_response(response, send)
            finally:
                await sync_to_async(response.close)()
