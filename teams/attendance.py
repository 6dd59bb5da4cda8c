"""Who is there: people say when they are away, and are silent when neither a page nor a program of theirs is heard."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from teams.models import User

NOTE_EVERY = timedelta(minutes=1)  # one write a minute and person, however many requests
SILENT_AFTER = timedelta(minutes=10)
ACTIVE = "X-Active"  # of what an open tab asks by itself: "yes" after a recent key, click or move, else "no"


def saw(people: Iterable[int], now: datetime | None = None) -> None:
    """Remember that these people were heard of just now."""
    now = now or timezone.now()
    stale = Q(seen_at=None) | Q(seen_at__lt=now - NOTE_EVERY)
    User.objects.filter(stale, pk__in=list(people)).update(seen_at=now)


def is_there(person: User, now: datetime) -> bool:
    """Whether new work may go to this person."""
    heard = person.seen_at is not None and person.seen_at >= now - SILENT_AFTER
    return person.is_active and person.away_since is None and heard


def set_away(*, person: User, away: bool) -> User:
    """Say that one is away, or back."""
    if away and person.away_since is None:
        person.away_since = timezone.now()
    elif not away:
        person.away_since = None
    person.save(update_fields=["away_since"])
    return person


class SeenMiddleware:
    """A request of a signed-in person, by page or by token, is a sign of life.

    An open tab asks by itself, whether anybody sits before it or not; it says whether somebody does.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if person := newly_there(request):  # asked afterwards: a token is only recognised inside
            saw([person.pk])
        return response


def newly_there(request: HttpRequest) -> User | None:
    """Whose sign of life this request is, when that is not noted already."""
    person = request.user
    if not isinstance(person, User) or not person.is_active or request.headers.get(ACTIVE) == "no":
        return None
    return person if _is_old(person.seen_at, timezone.now()) else None


def _is_old(seen: datetime | None, now: datetime) -> bool:
    return seen is None or seen < now - NOTE_EVERY
