"""Saved views: keeping the list one looks at under a name, renaming and deleting it."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from inbox import saved_views
from inbox.selectors.sight import sight_of
from inbox.views import scopes
from inbox.views.respond import person, refusals


@login_required
@require_POST
@refusals
def keep(request: HttpRequest) -> HttpResponse:
    """Keep a list, for oneself or for the team that is named."""
    sight, given = sight_of(request), request.POST
    slug, scope = given.get("team", ""), given.get("scope", "open")
    scopes.read(sight, scope, request.GET)  # refuses a list that is not there for this person
    team = sight.team(slug) if slug else None
    row = saved_views.keep(
        by=person(request), name=given.get("name", ""), scope=scope, query=given.get("query", ""), team=team
    )
    messages.success(request, _("Kept as “%(name)s”.") % {"name": row.name})
    return redirect("inbox:view", pk=row.pk)


@login_required
@require_POST
@refusals
def rename(request: HttpRequest, pk: int) -> HttpResponse:
    row = saved_views.rename(view=pk, by=person(request), name=request.POST.get("name", ""))
    return redirect("inbox:view", pk=row.pk)


@login_required
@require_POST
@refusals
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the name away; the items stay where they are."""
    row = saved_views.delete(view=pk, by=person(request))
    messages.success(request, _("“%(name)s” is deleted.") % {"name": row.name})
    return redirect("inbox:home")
