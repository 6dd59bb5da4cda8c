"""One item: its page, and the fragment that an open tab reads again after a nudge."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from inbox import reading
from inbox.selectors.sight import sight_of
from inbox.views import respond
from inbox.views.respond import find, person, refusals
from inbox.views.story import Story


@login_required
@require_safe
@refusals
def item(request: HttpRequest, pk: int) -> HttpResponse:
    story = Story(find(request, pk), person(request), sight=sight_of(request))
    reading.opened(item=story.item, by=person(request))
    if request.headers.get("X-Part") == "talk":
        return render(request, "inbox/talk.html", respond.context(request, story, oob=True))
    return respond.page(request, story)


@login_required
@require_safe
@refusals
def live(request: HttpRequest, pk: int) -> HttpResponse:
    """The changing part of the thread; nothing when the tab has this state already."""
    story = Story(find(request, pk), person(request), sight=sight_of(request))
    if request.GET.get("stamp") == story.stamp:
        return HttpResponse(status=204)
    reading.opened(item=story.item, by=person(request))
    return respond.live(request, story)
