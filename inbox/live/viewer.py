"""Who sits behind a tab, and what they may see. Asked once at the start and then every half minute.

It runs in a thread and gives its database connection back at once; a tab that is open costs none.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import connection as database
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from teams.models import Team, User


@dataclass(frozen=True, slots=True)
class Viewer:
    user: int
    visible: frozenset[int]


def viewers(session_keys: Collection[str]) -> dict[str, Viewer]:
    """Who is signed in by these sessions. Those that have ended are missing, as are people who were deactivated."""
    try:
        people = _people(session_keys)
        visible = {user.pk: _visible(user) for user in set(people.values())}
        return {key: Viewer(user.pk, visible[user.pk]) for key, user in people.items()}
    finally:
        database.close()


def _visible(user: User) -> frozenset[int]:
    return frozenset(Team.objects.visible_to(user).values_list("pk", flat=True))


def _people(session_keys: Collection[str]) -> dict[str, User]:
    """As django.contrib.auth.get_user, for many at once and without its renewing: a stream cannot set a cookie."""
    alive = Session.objects.filter(pk__in=session_keys, expire_date__gt=timezone.now())
    sessions = {session.pk: session.get_decoded() for session in alive}
    users = User.objects.filter(is_active=True).in_bulk(
        {int(content[SESSION_KEY]) for content in sessions.values() if SESSION_KEY in content}
    )
    found = {key: users.get(int(content.get(SESSION_KEY, 0))) for key, content in sessions.items()}
    return {key: user for key, user in found.items() if user and _fits(user, sessions[key].get(HASH_SESSION_KEY, ""))}


def _fits(user: User, given: str) -> bool:
    """Whether the session was made with the present password."""
    return any(
        constant_time_compare(given, valid)
        for valid in (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash())
    )
