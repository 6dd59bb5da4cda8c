"""Live updates as a raw ASGI application: `/live/`, server-sent events, one Redis subscription per process.

event: live    the stream is open and nudges come; also after a time of polling: re-read once
event: nudge   {"teams": [ids], "item": id or null, "within": ms}: these queues changed. Teams the person may
               not see are never named; the item only when it is the only one and all its teams may be seen.
               "teams": null means: re-read everything (this tab was too slow for the single nudges).
               Tabs that do not show that very item re-read at a moment of their own `within` that time, so that
               many tabs do not all ask at once; for a few tabs it is 0.
event: look    {"items": [ids]}: somebody came to these items, left them, or types in them
event: poll    nudges cannot be had for now: poll until `live`
"""

from __future__ import annotations

import asyncio
import logging
import resource
import signal
import threading
from collections import Counter
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http import HTTPStatus
from types import FrameType
from typing import Any

from django.conf import settings
from django.http import parse_cookie

from inbox.live.message import Message
from inbox.live.subscription import Subscription
from inbox.live.tab import Tab
from inbox.live.viewer import Viewer, viewers
from inbox.live.words import FOR_YOU, LIVE, POLL, spread, words
from inbox.webhooks.answers import Receive, Scope, Send

log = logging.getLogger(__name__)

RETRY = b"retry: 3000\n\n"
BEAT_EVERY = 20.0
CHECK_EVERY = 30.0
AT_ONCE = 200  # sessions looked up together
LEAST_PAUSE = 0.05  # seconds between two rounds of writing to the tabs
SHARE = 4  # of the time: a round that took t is followed by a pause of at least SHARE × t
STUCK = 60.0
MOST_TABS = 6000
MOST_PER_USER = 2500  # far above what a person opens; it stops a script that runs wild
MOST_OPENING = 3000


class Unreachable(Exception):
    """The database cannot say who this is."""


class Hub:
    """One per process. Starts by itself with the first tab when the server knows no lifespan."""

    def __init__(self) -> None:
        self.tabs: set[Tab] = set()
        self._per_user: Counter[int] = Counter()
        self._asked: dict[str, asyncio.Future[Viewer | None]] = {}
        self._asking = asyncio.Event()
        self._gathered = Message()
        self._recheck: set[int] = set()
        self._stirred = asyncio.Event()
        self._subscription = Subscription(self._heard, self._changed)
        self._tasks: list[asyncio.Task[None]] = []
        self._threads = ThreadPoolExecutor(2, "live")
        self._ending = False

    def start(self) -> None:
        if not self._tasks:
            jobs = (self._subscription.run, self._let_in, self._fan_out, self._heartbeat, self._keep_checking)
            self._tasks = [asyncio.create_task(_keep_going(job)) for job in jobs]
            _allow_open_files()
            self._hear_signals()

    async def stop(self) -> None:
        self.end_streams()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._threads.shutdown(wait=False, cancel_futures=True)

    def end_streams(self) -> None:
        """Streams never end by themselves, so a server that waits for its responses would wait for ever."""
        self._ending = True
        for tab in self.tabs:
            tab.end()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.start()
        if scope["method"] not in {"GET", "HEAD"}:
            return await _end(send, HTTPStatus.METHOD_NOT_ALLOWED, (b"allow", b"GET, HEAD"))
        session = _session(scope)
        if not session:
            return await _end(send, HTTPStatus.UNAUTHORIZED)
        if self._ending or len(self._asked) >= MOST_OPENING or len(self.tabs) >= MOST_TABS:
            return await _end(send, HTTPStatus.SERVICE_UNAVAILABLE, (b"retry-after", b"5"))
        try:
            viewer = await self._look(session)
        except Unreachable:
            return await _end(send, HTTPStatus.SERVICE_UNAVAILABLE, (b"retry-after", b"5"))
        if viewer is None:
            return await _end(send, HTTPStatus.UNAUTHORIZED)
        if scope["method"] == "HEAD":  # a tab whose stream was refused asks whether it is still signed in
            return await _end(send, HTTPStatus.OK)
        if self._per_user[viewer.user] >= MOST_PER_USER:
            return await _end(send, HTTPStatus.TOO_MANY_REQUESTS, (b"retry-after", b"30"))
        return await self._serve(Tab(session, viewer, send), receive)

    async def _look(self, session: str) -> Viewer | None:
        asked = self._asked.setdefault(session, asyncio.get_running_loop().create_future())
        self._asking.set()
        return await asyncio.shield(asked)

    async def _let_in(self) -> None:
        """After a restart all tabs come at once, so those that came meanwhile are looked up together."""
        while True:
            await self._asking.wait()
            self._asking.clear()
            asked, self._asked = self._asked, {}
            keys = sorted(asked)
            for some in (keys[start : start + AT_ONCE] for start in range(0, len(keys), AT_ONCE)):
                found = await self._viewers(some)
                for key in some:
                    if found is None:
                        asked[key].set_exception(Unreachable())
                    else:
                        asked[key].set_result(found.get(key))

    async def _viewers(self, sessions: list[str]) -> dict[str, Viewer] | None:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, viewers, sessions)
        except Exception as error:
            log.warning("live sessions cannot be read: %s", type(error).__name__)
            return None

    async def _serve(self, tab: Tab, receive: Receive) -> None:
        user = tab.viewer.user
        self.tabs.add(tab)
        self._per_user[user] += 1
        leaving = asyncio.ensure_future(_left(receive))
        try:
            await tab.begin(RETRY + (LIVE if self._subscription.open.is_set() else POLL))
            if self._ending:
                tab.end()
            await asyncio.wait({leaving, tab.ended}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.tabs.discard(tab)
            self._per_user[user] -= 1
            if not self._per_user[user]:
                del self._per_user[user]
        if not leaving.done():
            leaving.cancel()
            await tab.finish()

    # What comes from Redis

    def _heard(self, message: Message) -> None:
        self._gathered.merge(message)
        self._recheck |= message.users
        self._stirred.set()

    def _changed(self, is_open: bool) -> None:  # noqa: FBT001  (a callback)
        for tab in self.tabs:
            tab.offer(LIVE if is_open else POLL)

    async def _fan_out(self) -> None:
        """Gather what is said in quick succession, then write it to whom it concerns."""
        loop = asyncio.get_running_loop()
        while True:
            await self._stirred.wait()
            self._stirred.clear()
            message, self._gathered = self._gathered, Message()
            users, self._recheck = self._recheck, set()
            if users:
                await self._check([tab for tab in self.tabs if tab.viewer.user in users])
            began = loop.time()
            self._tell(message)
            await asyncio.sleep(0)  # the tabs' own writing is part of the round
            await asyncio.sleep(max(LEAST_PAUSE, SHARE * (loop.time() - began)))

    def _tell(self, message: Message) -> None:
        said: dict[frozenset[int], tuple[bytes, bytes]] = {}
        sights = Counter(tab.viewer.visible for tab in self.tabs)
        within = spread(sum(tabs for visible, tabs in sights.items() if message.seen_by(visible)[0]))
        for tab in self.tabs:
            visible = tab.viewer.visible
            if visible not in said:
                said[visible] = words(message, visible, within)
            changed, looks = said[visible]
            if not changed and tab.viewer.user in message.users:
                changed = FOR_YOU
            if changed or looks:
                tab.offer(changed + looks)

    # What comes by the clock

    async def _heartbeat(self) -> None:
        """Keep proxies from closing idle streams; a little at a time, so that nobody waits for all of them."""
        while True:
            await asyncio.sleep(BEAT_EVERY)
            for number, tab in enumerate(list(self.tabs)):
                tab.beat()
                if number % 100 == 99:
                    await asyncio.sleep(0.01)

    async def _keep_checking(self) -> None:
        while True:
            await asyncio.sleep(CHECK_EVERY)
            for tab in [tab for tab in self.tabs if tab.stuck() > STUCK]:
                tab.end()
            await self._check(list(self.tabs))

    async def _check(self, tabs: list[Tab]) -> None:
        """End the streams of sessions that ended; see anew what the others may see."""
        sessions = sorted({tab.session for tab in tabs})
        for some in (sessions[start : start + AT_ONCE] for start in range(0, len(sessions), AT_ONCE)):
            found = await self._viewers(some)
            if found is None:
                return
            for tab in tabs:
                if tab.session in some:
                    _apply(tab, found.get(tab.session))

    def _hear_signals(self) -> None:
        """Servers tell an application of their end only when all responses have ended; ours do not by themselves."""
        if threading.current_thread() is not threading.main_thread():
            return
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            before = signal.getsignal(number)
            if callable(before):
                signal.signal(number, partial(self._on_signal, loop, before))

    def _on_signal(self, loop: asyncio.AbstractEventLoop, before: Any, number: int, frame: FrameType | None) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(self.end_streams)
        before(number, frame)


async def _keep_going(job: Callable[[], Awaitable[None]]) -> None:
    """A mistake in one round must not end all the rounds to come."""
    while True:
        try:
            await job()
        except Exception:
            log.exception("live updates stumbled")
            await asyncio.sleep(1)


def _allow_open_files() -> None:
    """Every tab is an open file; the usual soft limit of 1,024 is for programs that still call select()."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_TABS + 4096 if hard == resource.RLIM_INFINITY else min(MOST_TABS + 4096, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _apply(tab: Tab, viewer: Viewer | None) -> None:
    if viewer is None or viewer.user != tab.viewer.user:
        tab.end()
    else:
        tab.viewer = viewer


def _session(scope: Scope) -> str:
    cookies = b"; ".join(value for name, value in scope["headers"] if name == b"cookie")
    key = parse_cookie(cookies.decode("latin-1")).get(settings.SESSION_COOKIE_NAME, "")
    return key if key.isascii() and key.isalnum() else ""


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _end(send: Send, status: HTTPStatus, *headers: tuple[bytes, bytes]) -> None:
    body = status.phrase.encode()
    common = [
        (b"content-type", b"text/plain"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status.value, "headers": [*common, *headers]})
    await send({"type": "http.response.body", "body": body})
