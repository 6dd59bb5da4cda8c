"""Many items at once, from the list. Each is done or refused for itself; all of it can be taken back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from inbox import bulk
from inbox.bulk import Batch, Result
from inbox.forms import HandoffForm, SnoozeForm
from inbox.selectors.sight import sight_of
from inbox.views import rows
from inbox.views.respond import person, refusals, shown
from teams.errors import Invalid

MOST_NAMED = 5  # of the items that one reason kept back
PLAIN = {"claim": bulk.claim, "resolve": bulk.resolve}


@login_required
@require_POST
@refusals
def plain(request: HttpRequest, verb: str) -> HttpResponse:
    """Claim or finish what is selected."""
    return told(request, PLAIN[verb](**_chosen(request)))


@login_required
@require_POST
@refusals
def label(request: HttpRequest) -> HttpResponse:
    """Put a label on what is selected, or take it off."""
    words = [request.POST.get("label", "")]
    add, remove = ([], words) if request.POST.get("off") else (words, [])
    return told(request, bulk.label(**_chosen(request), add=add, remove=remove))


@login_required
@require_POST
@refusals
def snooze(request: HttpRequest) -> HttpResponse:
    form = SnoozeForm(request.POST)
    if not form.is_valid():
        raise Invalid(at=_("Choose when it comes back."))
    return told(request, bulk.snooze(**_chosen(request), until=form.moment()))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@refusals
def hand_off(request: HttpRequest) -> HttpResponse:
    """Ask where to and why once, then pass every selected item on."""
    form = HandoffForm(request.POST if request.method == "POST" else None, item=None, sight=sight_of(request))
    if not form.is_valid():
        items = [f"{item}:{version or ''}" for item, version in shown(request).items()]
        context = {"form": form, "items": items, "viewer": person(request)}
        return render(request, "inbox/bulk_handoff.html", context, status=400 if form.errors else 200)
    note = form.cleaned_data["note"]
    return told(request, bulk.hand_off(**_chosen(request), to=form.team(), reason=form.reason(), note=note))


@login_required
@require_POST
@refusals
def undo(request: HttpRequest, token: UUID) -> HttpResponse:
    """Put everything back as it was, where nobody has done anything since."""
    return told(request, bulk.undo(token=token, by=person(request)))


def _chosen(request: HttpRequest) -> dict[str, Any]:
    """What is selected, as it was shown, and by whom."""
    items = shown(request)
    seen = {item: version for item, version in items.items() if version is not None}
    return {"items": list(items), "seen": seen, "by": person(request)}


def told(request: HttpRequest, batch: Batch) -> JsonResponse:
    """What the list's script shows: how many, which were not and why, and the way back."""
    said = ngettext("%(n)s item done.", "%(n)s items done.", batch.done) % {"n": batch.done}
    refused = [result for result in batch.results if not result.done]
    if refused:
        left = ngettext("%(n)s was not: %(why)s", "%(n)s were not: %(why)s", len(refused))
        said = f"{said} {left % {'n': len(refused), 'why': ' '.join(_reasons(request, refused))}}"
    back = reverse("inbox:bulk-undo", args=[batch.undo]) if batch.undo else ""
    done = [result.item for result in batch.results if result.done]
    return JsonResponse({"say": said, "done": done, "refused": len(refused), "undo": back})


def _reasons(request: HttpRequest, refused: Sequence[Result]) -> Iterator[str]:
    """Each reason once, after the names of those it holds for."""
    names = rows.names(person(request), [result.item for result in refused])
    for message in dict.fromkeys(result.message for result in refused):
        items = [result.item for result in refused if result.message == message]
        who = [f"{names.get(item, '')} #{item}".strip() for item in items]
        some = ", ".join(who[:MOST_NAMED])
        if len(who) > MOST_NAMED:
            some = _("%(names)s and %(n)s more") % {"names": some, "n": len(who) - MOST_NAMED}
        yield _("%(names)s: %(why)s") % {"names": some, "why": message}
