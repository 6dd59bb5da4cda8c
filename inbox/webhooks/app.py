"""The webhook door as a raw ASGI application: `/hooks/<key>/`, before Django and its middleware.

GET, HEAD, OPTIONS    the platform's handshake, answered by its connector
POST                  verify → store → commit → answer. 200 stored or already known · 401 not from the
                      platform, no row · 404 unknown key · 413 too large · 415 compressed · 503 not stored
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TypeVar

from connectors import registry
from connectors.base import Answer, Connector, Delivery, NotConfigured, SignatureError
from inbox.doorbell import DIGEST, Doorbell, bell
from inbox.webhooks.answers import NotStored, Receive, Refusal, Scope, Send, say
from inbox.webhooks.directory import Directory, Known
from inbox.webhooks.reading import Gone, Ledger, body_of, delivery_of, headers_of, refuse_encoded
from inbox.webhooks.record import row_of
from inbox.webhooks.signs import SignsOfLife
from inbox.webhooks.writer import Writer

log = logging.getLogger(__name__)
T = TypeVar("T")

PREFIX = "/hooks/"
LARGE = 256 * 1024  # bytes; hashing more than this would hold up everybody else on the event loop


class Door:
    """One per process. Starts by itself with the first request when the server knows no lifespan."""

    def __init__(self, doorbell: Doorbell | None = None) -> None:
        self.doorbell = doorbell or bell
        self.signs = SignsOfLife()
        self.writer = Writer(stored=partial(self.doorbell.ring, DIGEST), seen=self.signs.add)
        self.directory = Directory()
        self.ledger = Ledger()
        self._started = False

    def start(self) -> None:
        if not self._started:
            self._started = True
            self.doorbell.start()
            self.writer.start()
            self.signs.start()

    async def stop(self) -> None:
        """Everything that was accepted is written and answered before the process ends."""
        if self._started:
            await self.writer.stop()
            await self.signs.stop()
            await asyncio.to_thread(self.doorbell.stop)
        self.directory.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.start()
        try:
            with suppress(Gone):
                await say(send, await self._answer(scope, receive))
        except Refusal as refusal:
            self.signs.refuse(refusal.connection, refusal.status)
            await say(send, refusal.answer(), refusal.headers)

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        key = scope["path"].removeprefix(PREFIX).removesuffix("/")
        known = await self.directory.find(key)
        try:
            return await self._at(known, key, scope, receive)
        except Refusal as refusal:
            refusal.connection = known.id
            raise

    async def _at(self, known: Known, key: str, scope: Scope, receive: Receive) -> Answer:
        connector = _connector(known)
        if scope["method"] == "POST":
            return await self._post(key, known, connector, scope, receive)
        if scope["method"] in {"GET", "HEAD", "OPTIONS"}:
            return await _handshake(known, connector, delivery_of(scope, headers_of(scope), b""))
        raise _not_allowed()

    async def _post(self, key: str, known: Known, connector: Connector, scope: Scope, receive: Receive) -> Answer:
        headers = headers_of(scope)
        refuse_encoded(headers)
        with self.ledger.account() as reservation:
            delivery = delivery_of(scope, headers, await body_of(receive, headers, reservation))
            if (answer := await _ask(connector.handshake, delivery, known)) is not None:
                return answer
            known, name = await self._verified(key, known, connector, delivery)
            await self.writer.store(row_of(known.id, known.account, delivery, name))
            return connector.accepted()

    async def _verified(self, key: str, known: Known, connector: Connector, delivery: Delivery) -> tuple[Known, str]:
        """The delivery's id. A secret may have been changed a moment ago, so a misfit is checked against the newest."""
        try:
            return known, await _ask(connector.verify, delivery, known)
        except Refusal:
            newer = await self.directory.again(key, known)
            if newer is None:
                raise
            return newer, await _ask(connector.verify, delivery, newer)


def _connector(known: Known) -> Connector:
    try:
        return registry.get(known.account.kind)
    except KeyError:
        raise NotStored("no connector of this kind") from None


async def _handshake(known: Known, connector: Connector, delivery: Delivery) -> Answer:
    answer = await _ask(connector.handshake, delivery, known)
    if answer is not None:
        return answer
    if delivery.method == "HEAD":  # some platforms only look whether anybody is there
        return Answer()
    raise _not_allowed()


async def _ask(question: Callable[..., T], delivery: Delivery, known: Known) -> T:
    """Put a delivery before its connector. Whatever hostile input makes of it, nobody hears 500."""
    try:
        if len(delivery.body) > LARGE:
            return await asyncio.to_thread(question, delivery, known.account)
        return question(delivery, known.account)
    except NotConfigured:
        raise NotStored("the connection is not configured") from None
    except SignatureError:
        raise Refusal(401, "the signature does not fit") from None
    except Exception as error:
        log.warning("connection %d: %s while checking a delivery", known.id, type(error).__name__)
        raise Refusal(401, "the signature does not fit") from None


def _not_allowed() -> Refusal:
    return Refusal(405, "this is the door of a connection; its platform sends POST", allow="POST")
