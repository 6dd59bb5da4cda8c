"""The lists of the inbox: whole pages, and the fragments that open tabs read again."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import conditional_page, require_safe

from inbox import bulk, mentions, notify
from inbox.selectors import counts as counting
from inbox.selectors import lists
from inbox.selectors.narrow import countable
from inbox.selectors.sight import Sight, sight_of
from inbox.views import deliveries, rows, scopes
from inbox.views.respond import refusals
from teams.errors import Refusal
from teams.models import User

MOST_COUNTED = 20  # saved views, of which the frame says how much they hold


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
@refusals
def view(request: HttpRequest, pk: int) -> HttpResponse:
    """A list that is kept under a name."""
    return show(request, f"{scopes.VIEW}{pk}")


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
    if request.headers.get("X-Part") == "numbers":
        return _numbers(sight, scope)
    if request.headers.get("X-Part") == "rows":
        return conditional_page(_rows)(request, page)
    return render(request, "inbox/page.html", page_context(request, page))


def _numbers(sight: Sight, scope: scopes.Scope) -> HttpResponse:
    """The items of a list as far as one act on all of them goes, for "select all"."""
    found = lists.page(sight.user, scope.filters, size=bulk.MOST, sight=sight, dress=lambda items: items)
    versions = [item.version for item in found.items]
    items = [item.pk for item in found.items]
    return JsonResponse({"items": items, "versions": versions, "more": found.next_cursor is not None})


def _rows(request: HttpRequest, page: rows.Page) -> HttpResponse:
    context = {"page": page, "scope": page.scope, "viewer": request.user}
    return render(request, "inbox/rows.html", context)


def page_context(request: HttpRequest, page: rows.Page) -> dict[str, Any]:
    frame = nav_context(request, page.scope.key)
    waiting = {view.name: number for view, number in frame["views"]}
    waiting |= {scopes.TEAM + count.team.slug: count.unfinished for count in frame["teams"]}
    waiting |= {f"{scopes.VIEW}{view.pk}": number for view, number in frame["kept"]}
    uncounted = page.scope.key == "mentions" or (page.scope.is_filtered and not page.scope.view)
    total = None if uncounted else waiting.get(page.scope.key)
    scope = page.scope
    return {
        "page": page,
        "scope": scope,
        "scope_key": scope.key,
        "total": total,
        "frame": frame,
        "led": [team for team in sight_of(request).seen if team.pk in sight_of(request).led],
        "viewer": request.user,
    }


def _kept_parts(sight: Sight) -> dict[str, counting.Part]:
    """What each saved view holds, as far as it can be counted without looking at what is finished."""
    parts: dict[str, counting.Part] = {}
    for view in sight.views[:MOST_COUNTED]:
        try:
            filters = scopes.read(sight, f"{scopes.VIEW}{view.pk}", QueryDict()).filters
            rows = countable(sight, filters)
        except Refusal:  # it names a team or a word that is no more
            continue
        if rows is not None:
            parts[f"{scopes.VIEW}{view.pk}"] = rows
    return parts


def told(request: HttpRequest) -> int:
    """How much the viewer was told and has not read. The frame has counted it already; the tab bar says it again."""
    known: int | None = getattr(request, "_told", None)
    return notify.unread(cast("User", request.user)) if known is None else known


def nav_context(request: HttpRequest, here: str) -> dict[str, Any]:
    """The queues and how much waits in each."""
    user = cast("User", request.user)
    sight = sight_of(request)
    more: dict[str, counting.Part] = {
        "unsent": deliveries.unsettled(user),
        "told": notify.visible(user).filter(read_at=None),
        "mentions": mentions.unseen(user),
        **_kept_parts(sight),
    }
    found = counting.counts(user, sight=sight, more=more)
    request._told = found.more["told"]  # type: ignore[attr-defined]
    numbers = {
        "mine": found.mine,
        "unclaimed": found.unclaimed,
        "mentions": found.more["mentions"],
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
        "kept": [(view, found.more.get(f"{scopes.VIEW}{view.pk}")) for view in sight.views],
        "here": here,
        "most": counting.COUNT_UP_TO,
        "user": user,
    }
