"""Who sits behind a tab, and what they may see. Asked once at the start and then every half minute.

It runs in a thread and gives its database connection back at once; a tab that is open costs none.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, load_backend
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection as database
from django.utils.crypto import constant_time_compare

from teams.models import Team, User


@dataclass(frozen=True, slots=True)
class Viewer:
    user: int
    visible: frozenset[int]


def who(session_key: str) -> Viewer | None:
    """The person signed in by this session; None when it has ended, or they were deactivated."""
    return everybody([session_key])[session_key]


def everybody(session_keys: Iterable[str]) -> dict[str, Viewer | None]:
    """The same for many tabs at once, with one look at the teams per person."""
    try:
        people = {key: _user(SessionStore(key)) for key in session_keys}
        visible = {user.pk: _visible(user) for user in people.values() if user is not None}
        return {key: Viewer(user.pk, visible[user.pk]) if user is not None else None for key, user in people.items()}
    finally:
        database.close()


def _visible(user: User) -> frozenset[int]:
    return frozenset(Team.objects.visible_to(user).values_list("pk", flat=True))


def _user(session: SessionBase) -> User | None:
    """As django.contrib.auth.get_user, without its renewing of the session: a stream cannot set a cookie."""
    try:
        backend = load_backend(session[BACKEND_SESSION_KEY])
        user = backend.get_user(session[SESSION_KEY])
    except (KeyError, ImportError, ValueError):
        return None
    given = session.get(HASH_SESSION_KEY, "")
    if user is None or not user.is_active or not _fits(user, given):
        return None
    return user


def _fits(user: User, given: str) -> bool:
    """Whether the session was made with the present password."""
    return any(
        constant_time_compare(given, valid)
        for valid in (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash())
    )
