"""Many items at once, from the list. Each is done or refused for itself; all of it can be taken back."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from inbox import bulk
from inbox.bulk import Batch
from inbox.forms import HandoffForm, SnoozeForm
from inbox.selectors.sight import sight_of
from inbox.views.respond import numbers, person, refusals
from teams.errors import Invalid

PLAIN = {"claim": bulk.claim, "resolve": bulk.resolve}


@login_required
@require_POST
@refusals
def plain(request: HttpRequest, verb: str) -> HttpResponse:
    """Claim or finish what is selected."""
    return told(PLAIN[verb](items=numbers(request), by=person(request)))


@login_required
@require_POST
@refusals
def label(request: HttpRequest) -> HttpResponse:
    """Put a label on what is selected, or take it off."""
    words = [request.POST.get("label", "")]
    add, remove = ([], words) if request.POST.get("off") else (words, [])
    return told(bulk.label(items=numbers(request), by=person(request), add=add, remove=remove))


@login_required
@require_POST
@refusals
def snooze(request: HttpRequest) -> HttpResponse:
    form = SnoozeForm(request.POST)
    if not form.is_valid():
        raise Invalid(at=_("Choose when it comes back."))
    return told(bulk.snooze(items=numbers(request), by=person(request), until=form.moment()))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@refusals
def hand_off(request: HttpRequest) -> HttpResponse:
    """Ask where to and why once, then pass every selected item on."""
    by, items = person(request), numbers(request)
    form = HandoffForm(request.POST if request.method == "POST" else None, item=None, sight=sight_of(request))
    if not form.is_valid():
        context = {"form": form, "items": items, "viewer": by}
        return render(request, "inbox/bulk_handoff.html", context, status=400 if form.errors else 200)
    note = form.cleaned_data["note"]
    return told(bulk.hand_off(items=items, by=by, to=form.team(), reason=form.reason(), note=note))


@login_required
@require_POST
@refusals
def undo(request: HttpRequest, token: UUID) -> HttpResponse:
    """Put everything back as it was, where nobody has done anything since."""
    return told(bulk.undo(token=token, by=person(request)))


def told(batch: Batch) -> JsonResponse:
    """What the list's script shows: how many, why not the others, and the way back."""
    said = ngettext("%(n)s item done.", "%(n)s items done.", batch.done) % {"n": batch.done}
    refused = [result.message for result in batch.results if not result.done]
    if refused:
        left = ngettext("%(n)s was not: %(why)s", "%(n)s were not: %(why)s", len(refused))
        said = f"{said} {left % {'n': len(refused), 'why': refused[0]}}"
    back = reverse("inbox:bulk-undo", args=[batch.undo]) if batch.undo else ""
    done = [result.item for result in batch.results if result.done]
    return JsonResponse({"say": said, "done": done, "refused": len(refused), "undo": back})
