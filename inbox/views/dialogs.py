"""Hand over, return, snooze, pass over: what asks something first. Each form is a page without JavaScript."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django_htmx.http import reswap, retarget

from inbox import next_up, queue, relay
from inbox.errors import Lost
from inbox.forms import HandoffForm, ReturnForm, SkipForm, SnoozeForm
from inbox.models import Item
from inbox.selectors.sight import sight_of
from inbox.views.respond import acted, context, find, is_htmx, number, person, refusals
from inbox.views.story import Story
from teams.errors import Invalid, Refusal
from teams.forms import show_errors

Form = HandoffForm | ReturnForm | SkipForm | SnoozeForm
METHODS = ["GET", "HEAD", "POST"]


@login_required
@require_http_methods(METHODS)
@refusals
def hand_off(request: HttpRequest, pk: int) -> HttpResponse:
    item, by = find(request, pk), person(request)
    form = HandoffForm(request.POST or None, item=item, sight=sight_of(request))
    if not form.is_valid():
        return _ask(request, "inbox/handoff.html", item, form)
    try:
        team, reason, note = form.team(), form.reason(), form.cleaned_data["note"]
        seen = number(request, "seen")
        queue_row = relay.hand_off(item=pk, by=by, to=team, reason=reason, note=note, seen=seen)
    except (Lost, Invalid) as error:
        return _ask(request, "inbox/handoff.html", find(request, pk), form, error)
    say = _("%(team)s has it now.") % {"team": queue_row.team.name}
    return acted(request, pk, say=say, draft=f"handoff:{pk}", finished=True)


@login_required
@require_http_methods(METHODS)
@refusals
def return_(request: HttpRequest, pk: int) -> HttpResponse:
    item, by = find(request, pk), person(request)
    form = ReturnForm(request.POST or None)
    if not form.is_valid():
        return _ask(request, "inbox/return.html", item, form)
    try:
        note, seen = form.cleaned_data["note"], number(request, "seen")
        row = relay.return_(item=pk, by=by, reason=form.reason(), note=note, seen=seen)
    except (Lost, Invalid) as error:
        return _ask(request, "inbox/return.html", find(request, pk), form, error)
    say = _("%(team)s has it back.") % {"team": row.team.name}
    return acted(request, pk, say=say, draft=f"return:{pk}", finished=True)


@login_required
@require_http_methods(METHODS)
@refusals
def snooze(request: HttpRequest, pk: int) -> HttpResponse:
    item, by = find(request, pk), person(request)
    form = SnoozeForm(request.POST or None)
    if not form.is_valid():
        return _ask(request, "inbox/snooze.html", item, form)
    try:
        queue.snooze(item=pk, by=by, until=form.moment(), seen=number(request, "seen"))
    except (Lost, Invalid) as error:
        return _ask(request, "inbox/snooze.html", find(request, pk), form, error)
    return acted(request, pk, say=_("Snoozed."), finished=True, undo=reverse("inbox:reopen", args=[pk]))


@login_required
@require_http_methods(METHODS)
@refusals
def skip(request: HttpRequest, pk: int) -> HttpResponse:
    item, by = find(request, pk), person(request)
    form = SkipForm(request.POST or None)
    if not form.is_valid():
        return _ask(request, "inbox/skip.html", item, form)
    try:
        next_up.skip(item=pk, by=by, reason=form.reason())
    except (Lost, Invalid) as error:
        return _ask(request, "inbox/skip.html", find(request, pk), form, error)
    return acted(request, pk, say=_("Passed over. You will not get it again for some hours."), finished=True)


def _ask(request: HttpRequest, template: str, item: Item, form: Form, error: Refusal | None = None) -> HttpResponse:
    """The form, with what was typed and why it was refused."""
    if isinstance(error, Invalid):
        show_errors(form, error.fields)
    story = Story(item, person(request), since=number(request, "since"))
    shown: dict[str, Any] = {
        **context(request, story, notice=error if isinstance(error, Lost) else None),
        "form": form,
        "base": "frame/dialog.html" if is_htmx(request) else "frame/dialog_page.html",
    }
    status = error.status if error else 400 if form.errors else 200
    response = render(request, template, shown, status=status)
    return reswap(retarget(response, "#dialogs"), "innerHTML")
