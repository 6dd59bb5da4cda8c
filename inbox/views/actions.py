"""Claim, release, done, reopen, ignore: the actions that need no words."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from inbox import queue
from inbox.views.respond import (
    acted,
    acted_on_what_was_seen,
    for_its_bar,
    is_htmx,
    number,
    person,
    refusals,
)


@login_required
@require_POST
@refusals
def claim(request: HttpRequest, pk: int) -> HttpResponse:
    by, seen = person(request), number(request, "seen")
    item = queue.claim(item=pk, by=by, dress=for_its_bar)
    say, undo = _("You hold it now."), reverse("inbox:release", args=[pk])
    if is_htmx(request) and seen is not None and item.version == seen + 1:
        return acted_on_what_was_seen(request, item, say=say, undo=undo)
    return acted(request, pk, say=say, undo=undo)


@login_required
@require_POST
@refusals
def release(request: HttpRequest, pk: int) -> HttpResponse:
    queue.release(item=pk, by=person(request), seen=number(request, "seen"))
    return acted(request, pk, say=_("Back in the queue, for anybody."), undo=reverse("inbox:claim", args=[pk]))


@login_required
@require_POST
@refusals
def resolve(request: HttpRequest, pk: int) -> HttpResponse:
    queue.resolve(item=pk, by=person(request), seen=number(request, "seen"))
    return acted(request, pk, say=_("Done."), finished=True, undo=reverse("inbox:reopen", args=[pk]))


@login_required
@require_POST
@refusals
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    queue.reopen(item=pk, by=person(request), seen=number(request, "seen"))
    return acted(request, pk, say=_("Open again."))


@login_required
@require_POST
@refusals
def ignore(request: HttpRequest, pk: int) -> HttpResponse:
    queue.ignore(item=pk, by=person(request), seen=number(request, "seen"))
    undo = reverse("inbox:reopen", args=[pk])
    return acted(request, pk, say=_("Ignored: nobody has to answer it."), finished=True, undo=undo)
