"""Sends the demo's posts as platforms would: over HTTP, signed, to the door of each connection."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import httpx
from django.db.models import QuerySet

from connectors import generic, telegram
from connectors.base import Account
from inbox import connections
from inbox.demo.posts import Post
from inbox.models import Connection, Event

Tell = Callable[[str], None]
TRIES = 5
PATIENCE = timedelta(seconds=60)  # for workers that make no progress
UNFINISHED = [Event.State.PENDING, Event.State.LEASED]


class DoorClosed(Exception):
    """The door does not answer, or does not let the demo in."""


def check_door(url: str) -> None:
    try:
        httpx.get(f"{url}/healthz", timeout=5, trust_env=False).raise_for_status()
    except httpx.HTTPError as error:
        raise DoorClosed(f"Nothing answers at {url} ({error}). Start Relaybox first.") from error


def send(posts: Sequence[Post], doors: Mapping[str, Connection], tell: Tell) -> None:
    """Deliver every post once. The door knows what it has already, so sending twice is harmless."""
    accounts = {name: connection.account() for name, connection in doors.items()}
    with httpx.Client(timeout=10, trust_env=False) as http:
        for number, post in enumerate(posts, start=1):
            _deliver(http, connections.url_of(doors[post.connection]), post, accounts[post.connection])
            if number % 25 == 0 or number == len(posts):
                tell(f"{number} of {len(posts)} posts sent")


def wait_until_digested(doors: Mapping[str, Connection], tell: Tell) -> bool:
    """Wait for the workers; False when they make no progress."""
    waiting = unfinished(doors)
    left, moved_at = waiting.count(), time.monotonic()
    while left:
        time.sleep(0.3)
        now_left = waiting.count()
        if now_left < left:
            left, moved_at = now_left, time.monotonic()
            tell(f"{left} deliveries left to digest")
        elif time.monotonic() - moved_at > PATIENCE.total_seconds():
            return False
    return True


def unfinished(doors: Mapping[str, Connection]) -> QuerySet[Event]:
    return Event.objects.filter(connection__in=list(doors.values()), state__in=UNFINISHED)


def _deliver(http: httpx.Client, url: str, post: Post, account: Account) -> None:
    body = post.bytes()
    for attempt in range(TRIES):
        headers = {"content-type": "application/json", **_proof(post, account, body)}
        try:
            response = http.post(url, content=body, headers=headers)
        except httpx.TransportError as error:
            trouble = str(error)
        else:
            if response.is_success:
                return
            trouble = f"{response.status_code} {response.text[:200]}"
            if response.status_code not in {429, 503}:
                break
        time.sleep(0.2 * 2**attempt)
    raise DoorClosed(f"{url} did not take a post: {trouble}")


def _proof(post: Post, account: Account, body: bytes) -> Mapping[str, str]:
    if account.kind == telegram.Telegram.kind:
        return {telegram.HEADER: account.secret("secret")}
    return generic.sign(account.secret("secret"), post.id, datetime.now(UTC), body)
