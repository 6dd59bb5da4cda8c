"""One item: its page, and the fragment that an open tab reads again after a nudge."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_safe

from inbox import reading
from inbox.selectors.sight import sight_of
from inbox.views import respond
from inbox.views.respond import find, person, refusals
from inbox.views.story import Story
from teams.attendance import newly_there


@login_required
@require_safe
@refusals
def item(request: HttpRequest, pk: int) -> HttpResponse:
    """The page, or what of it changes from item to item; nobody has seen yet what a tab fetches ahead."""
    story = Story(find(request, pk), person(request), sight=sight_of(request))
    part = request.headers.get("X-Part")
    if part != "ahead":
        _opened(request, story)
    if part in ("talk", "ahead"):
        return render(request, "inbox/talk.html", respond.context(request, story, oob=True))
    return respond.page(request, story)


def read_time(given: str) -> datetime | None:
    """A time with its zone, or none."""
    try:
        found = parse_datetime(given)
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None


@login_required
@require_safe
@refusals
def live(request: HttpRequest, pk: int) -> HttpResponse:
    """The changing part of the thread; nothing when the tab has this state already.

    A tab that fetched it ahead says when it is `opened`.
    """
    story = Story(find(request, pk), person(request), sight=sight_of(request))
    known = request.GET.get("stamp") == story.stamp
    if not known or "opened" in request.GET:
        _opened(request, story)
    if known:
        return HttpResponse(status=204)
    story.read_until = read_time(request.GET.get("read", ""))
    return respond.live(request, story)


def _opened(request: HttpRequest, story: Story) -> None:
    reading.opened(item=story.item, by=person(request), there=newly_there(request) is not None)
