"""Who is looking at an item, and who is typing: in Redis, for seconds, and nowhere else.

Without Redis nobody is seen and nothing else changes. What is asked is always an item that the person may see.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import redis
from django.conf import settings

from inbox.fuse import FusedRedis
from inbox.live import look
from inbox.models import Item
from inbox.queue import look_up
from teams.models import User

LOOKS_FOR = 45.0  # seconds after the last sign
TYPES_FOR = 8.0
MOST = 200  # items asked about at once
LOOKING, TYPING = "looking", "typing"


@dataclass(frozen=True, slots=True)
class Seen:
    """A colleague in front of an item."""

    user: User
    typing: bool


class Room:
    """The signs of presence of one installation."""

    def __init__(self) -> None:
        self.redis = FusedRedis(silence=5.0, then="nobody's presence is known for now", decode_responses=True)

    def sign(self, item: int, user: int, *, typing: bool) -> bool:
        """Renew a person's sign. Returns whether colleagues see something new by it."""
        return bool(self.redis.ask(lambda client: _sign(client, item, user, typing=typing)))

    def leave(self, item: int, user: int) -> bool:
        signs = (_member(user, LOOKING), _member(user, TYPING))
        return bool(self.redis.ask(lambda client: client.zrem(_key(item), *signs)))

    def inside(self, items: Collection[int]) -> dict[int, dict[int, bool]]:
        """By item: who is there, and whether they type."""
        return self.redis.ask(lambda client: _inside(client, items)) or {} if items else {}


room = Room()


def here(*, item: int, by: User, typing: bool = False) -> None:
    """This person has the item open, and perhaps types in it."""
    row = look_up(item, by)
    if room.sign(item, by.pk, typing=typing):
        look(team=row.team_id, item=item)


def gone(*, item: int, by: User) -> None:
    """This person has closed the item."""
    row = look_up(item, by)
    if room.leave(item, by.pk):
        look(team=row.team_id, item=item)


def who_is_there(items: Iterable[int], *, viewer: User) -> dict[int, list[Seen]]:
    """By item, of those this person may see: which colleagues have it open."""
    visible = list(Item.objects.visible_to(viewer).filter(pk__in=list(items)).values_list("pk", flat=True))
    found = room.inside(visible)
    people = User.objects.in_bulk({user for inside in found.values() for user in inside})
    return {item: _seen(inside, people, viewer) for item, inside in found.items()}


def _seen(inside: dict[int, bool], people: dict[int, User], viewer: User) -> list[Seen]:
    others = sorted(user for user in inside if user != viewer.pk and user in people)
    return [Seen(people[user], inside[user]) for user in others if people[user].is_active]


def _sign(client: redis.Redis, item: int, user: int, *, typing: bool) -> bool:
    now, key = time.time(), _key(item)
    pipe = client.pipeline()
    pipe.zmscore(key, [_member(user, LOOKING), _member(user, TYPING)])
    pipe.zadd(key, {_member(user, LOOKING): now + LOOKS_FOR})
    if typing:
        pipe.zadd(key, {_member(user, TYPING): now + TYPES_FOR})
    else:
        pipe.zrem(key, _member(user, TYPING))
    pipe.expire(key, int(LOOKS_FOR) + 1)
    looked, typed = pipe.execute()[0]
    return not _alive(looked, now) or _alive(typed, now) != typing


def _inside(client: redis.Redis, items: Collection[int]) -> dict[int, dict[int, bool]]:
    now, pipe = time.time(), client.pipeline()
    for item in items:
        pipe.zrangebyscore(_key(item), now, "+inf")
    return {item: _people(members) for item, members in zip(items, pipe.execute(), strict=True)}


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
