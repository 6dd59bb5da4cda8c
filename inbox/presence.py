"""Who is looking at an item, and who is typing: in Redis, for seconds, and nowhere else.

Without Redis nobody is seen and nothing else changes. What is asked is always an item that the person may see.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from inbox.live import nudge
from inbox.models import Item
from inbox.queue import look_up
from teams.models import User

log = logging.getLogger(__name__)

LOOKS_FOR = 45.0  # seconds after the last sign
TYPES_FOR = 8.0
SILENCE = 5.0  # seconds without a try after a failure
LONGEST = 0.2  # seconds that a caller may lose
LOOKING, TYPING = "looking", "typing"


@dataclass(frozen=True, slots=True)
class Seen:
    """A colleague in front of an item."""

    user: User
    typing: bool


class Room:
    """The signs of presence of one installation."""

    def __init__(self) -> None:
        self._client: redis.Redis | None = None
        self._lock = threading.Lock()
        self._quiet_until = 0.0

    def sign(self, item: int, user: int, *, typing: bool) -> bool:
        """Renew a person's sign. Returns whether colleagues see something new by it."""
        now, key = time.time(), _key(item)
        pipe = self._redis().pipeline()
        pipe.zmscore(key, [_member(user, LOOKING), _member(user, TYPING)])
        pipe.zadd(key, {_member(user, LOOKING): now + LOOKS_FOR})
        if typing:
            pipe.zadd(key, {_member(user, TYPING): now + TYPES_FOR})
        else:
            pipe.zrem(key, _member(user, TYPING))
        pipe.expire(key, int(LOOKS_FOR) + 1)
        looked, typed = pipe.execute()[0]
        return not _alive(looked, now) or _alive(typed, now) != typing

    def leave(self, item: int, user: int) -> bool:
        return bool(self._redis().zrem(_key(item), _member(user, LOOKING), _member(user, TYPING)))

    def inside(self, items: Iterable[int]) -> dict[int, dict[int, bool]]:
        """By item: who is there, and whether they type."""
        now, wanted = time.time(), list(items)
        pipe = self._redis().pipeline()
        for item in wanted:
            pipe.zrangebyscore(_key(item), now, "+inf")
        return {item: _people(members) for item, members in zip(wanted, pipe.execute(), strict=True)}

    def guarded(self) -> bool:
        """Whether it is worth a try."""
        return time.monotonic() >= self._quiet_until

    def failed(self, error: Exception) -> None:
        self._quiet_until = time.monotonic() + SILENCE
        log.info("nobody's presence is known for now: %s", type(error).__name__)

    def reset(self) -> None:
        with self._lock:
            self._client, self._quiet_until = None, 0.0

    def _redis(self) -> redis.Redis:
        with self._lock:
            if self._client is None:
                self._client = redis.Redis.from_url(
                    settings.REDIS_URL,
                    socket_timeout=LONGEST / 2,
                    socket_connect_timeout=LONGEST / 2,
                    retry=Retry(NoBackoff(), 0),
                    decode_responses=True,
                )
            return self._client


room = Room()


def here(*, item: int, by: User, typing: bool = False) -> None:
    """This person has the item open, and perhaps types in it."""
    row = look_up(item, by)
    try:
        if room.guarded() and room.sign(item, by.pk, typing=typing):
            nudge(teams=[row.team_id], item=item)
    except (redis.RedisError, OSError) as error:
        room.failed(error)


def gone(*, item: int, by: User) -> None:
    """This person has closed the item."""
    row = look_up(item, by)
    try:
        if room.guarded() and room.leave(item, by.pk):
            nudge(teams=[row.team_id], item=item)
    except (redis.RedisError, OSError) as error:
        room.failed(error)


def who_is_there(items: Iterable[int], *, viewer: User) -> dict[int, list[Seen]]:
    """By item, of those this person may see: which colleagues have it open."""
    visible = list(Item.objects.visible_to(viewer).filter(pk__in=list(items)).values_list("pk", flat=True))
    try:
        found = room.inside(visible) if visible and room.guarded() else {}
    except (redis.RedisError, OSError) as error:
        room.failed(error)
        found = {}
    people = User.objects.in_bulk({user for inside in found.values() for user in inside})
    return {item: _seen(inside, people, viewer) for item, inside in found.items()}


def _seen(inside: dict[int, bool], people: dict[int, User], viewer: User) -> list[Seen]:
    others = sorted(user for user in inside if user != viewer.pk and user in people)
    return [Seen(people[user], inside[user]) for user in others if people[user].is_active]


def _key(item: int) -> str:
    return f"{settings.LIVE_CHANNEL}:presence:{item}"


def _member(user: int, what: str) -> str:
    return f"{user}:{what}"


def _alive(score: float | None, now: float) -> bool:
    return score is not None and score >= now


def _people(members: Iterable[str]) -> dict[int, bool]:
    found: dict[int, bool] = {}
    for member in members:
        user, what = member.split(":")
        found[int(user)] = found.get(int(user), False) or what == TYPING
    return found
