"""Hand over, return, snooze, pass over: what asks something first. Each form is a page without JavaScript."""

from __future__ import annotations

from collections.abc import Callable
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
    form = HandoffForm(request.POST or None, item=find(request, pk), sight=sight_of(request))

    def act(**who: Any) -> Item:
        note, named = form.cleaned_data["note"], form.named()
        return relay.hand_off(**who, to=form.team(), to_person=named, reason=form.reason(), note=note)

    say = _("%(team)s has it now.")
    return _asked(request, pk, form, "inbox/handoff.html", act, say=say, draft=f"handoff:{pk}")


@login_required
@require_http_methods(METHODS)
@refusals
def return_(request: HttpRequest, pk: int) -> HttpResponse:
    form = ReturnForm(request.POST or None)

    def act(**who: Any) -> Item:
        return relay.return_(**who, reason=form.reason(), note=form.cleaned_data["note"])

    return _asked(request, pk, form, "inbox/return.html", act, say=_("%(team)s has it back."), draft=f"return:{pk}")


@login_required
@require_http_methods(METHODS)
@refusals
def snooze(request: HttpRequest, pk: int) -> HttpResponse:
    form = SnoozeForm(request.POST or None)

    def act(**who: Any) -> Item:
        return queue.snooze(**who, until=form.moment())

    undo = reverse("inbox:reopen", args=[pk])
    return _asked(request, pk, form, "inbox/snooze.html", act, say=_("Snoozed."), undo=undo)


@login_required
@require_http_methods(METHODS)
@refusals
def skip(request: HttpRequest, pk: int) -> HttpResponse:
    form = SkipForm(request.POST or None)

    def act(**who: Any) -> Item:
        return next_up.skip(**who, reason=form.reason())

    say = _("Passed over. You will not get it again for some hours.")
    return _asked(request, pk, form, "inbox/skip.html", act, say=say)


def _asked(
    request: HttpRequest, pk: int, form: Form, template: str, act: Callable[..., Item], *, say: str, **told: Any
) -> HttpResponse:
    """Ask until the form is whole, then act; a refusal shows the form again, with what was typed."""
    item = find(request, pk)
    if not form.is_valid():
        return _ask(request, template, item, form)
    try:
        row = act(item=pk, by=person(request), seen=number(request, "seen"))
    except (Lost, Invalid) as error:
        return _ask(request, template, find(request, pk), form, error)
    return acted(request, pk, say=say % {"team": row.team.name}, finished=True, **told)


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
