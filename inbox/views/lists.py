"""The lists of the inbox: whole pages, and the fragments that open tabs read again."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import conditional_page, require_safe

from inbox import notify
from inbox.selectors import counts as counting
from inbox.selectors.sight import sight_of
from inbox.views import deliveries, rows, scopes
from inbox.views.respond import refusals
from teams.models import User


@login_required
@require_safe
@refusals
def home(request: HttpRequest) -> HttpResponse:
    return show(request, "open")


@login_required
@require_safe
@refusals
def queue(request: HttpRequest, view: str) -> HttpResponse:
    return show(request, view)


@login_required
@require_safe
@refusals
def team(request: HttpRequest, slug: str) -> HttpResponse:
    return show(request, scopes.TEAM + slug)


@login_required
@require_safe
def queues(request: HttpRequest) -> HttpResponse:
    """All queues as a page of its own: the phone's second tab."""
    frame = nav_context(request, "")
    return render(request, "inbox/queues.html", {"scope_key": "", "frame": frame, **frame})


@login_required
@require_safe
@conditional_page
def counts(request: HttpRequest) -> HttpResponse:
    """How much waits where; open tabs read it after a nudge."""
    return render(request, "frame/queues.html", nav_context(request, request.GET.get("here", "")))


def show(request: HttpRequest, key: str) -> HttpResponse:
    """A list as a page, or its rows alone when the page has the rest already."""
    sight = sight_of(request)
    scope = scopes.read(sight, key, request.GET)
    page = rows.page(sight, scope, request.GET.get("cursor"))
    if request.headers.get("X-Part") == "rows":
        return conditional_page(_rows)(request, page)
    return render(request, "inbox/page.html", page_context(request, page))


def _rows(request: HttpRequest, page: rows.Page) -> HttpResponse:
    context = {"page": page, "scope": page.scope, "viewer": request.user}
    return render(request, "inbox/rows.html", context)


def page_context(request: HttpRequest, page: rows.Page) -> dict[str, Any]:
    frame = nav_context(request, page.scope.key)
    waiting = {view.name: number for view, number in frame["views"]}
    waiting |= {scopes.TEAM + count.team.slug: count.unfinished for count in frame["teams"]}
    total = None if page.scope.is_filtered else waiting.get(page.scope.key)
    scope = page.scope
    return {
        "page": page,
        "scope": scope,
        "scope_key": scope.key,
        "total": total,
        "frame": frame,
        "viewer": request.user,
    }


def told(request: HttpRequest) -> int:
    """How much the viewer was told and has not read. The frame has counted it already; the tab bar says it again."""
    known: int | None = getattr(request, "_told", None)
    return notify.unread(cast("User", request.user)) if known is None else known


def nav_context(request: HttpRequest, here: str) -> dict[str, Any]:
    """The queues and how much waits in each."""
    user = cast("User", request.user)
    more = {"unsent": deliveries.unsettled(user), "told": notify.visible(user).filter(read_at=None)}
    found = counting.counts(user, sight=sight_of(request), more=more)
    request._told = found.more["told"]  # type: ignore[attr-defined]
    numbers = {
        "mine": found.mine,
        "unclaimed": found.unclaimed,
        "waiting": found.waiting,
        "snoozed": found.snoozed,
        "open": min(sum(team.unfinished for team in found.teams), counting.COUNT_UP_TO),
        "returned": found.returned,
        "done": None,
    }
    views = [(scopes.VIEWS[name], number) for name, number in numbers.items()]
    return {
        "views": views,
        "teams": found.teams,
        "unsent": found.more["unsent"],
        "told": found.more["told"],
        "here": here,
        "most": counting.COUNT_UP_TO,
        "user": user,
    }
