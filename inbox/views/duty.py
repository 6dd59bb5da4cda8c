"""What an admin sets about duty: a team's hours, rules and targets, closing a team, reasons."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from inbox import clocks, departures
from inbox.duty_forms import CloseTeamForm, DutyForm, ReasonFormSet, TargetFormSet
from inbox.models import HandoffReason, Target
from inbox.views.respond import person, refusals
from teams import coverage
from teams.errors import Invalid
from teams.forms import show_errors
from teams.models import Team
from teams.views import admin_required

METHODS = ["GET", "HEAD", "POST"]


@admin_required
@require_http_methods(METHODS)
def duty(request: HttpRequest, pk: int) -> HttpResponse:
    """A team's hours, who gets new items, and who is told when."""
    team = get_object_or_404(Team, pk=pk)
    form = DutyForm(request.POST or None, instance=Team.objects.get(pk=pk))
    if form.is_valid():
        try:
            clocks.rewind_team(form.save_as(person(request)))
        except Invalid as error:
            show_errors(form, error.fields)
        else:
            messages.success(request, _("Saved. The clocks of open items follow within a moment."))
            return redirect("inbox:duty", pk=pk)
    chain = coverage.chain(team)[1:]
    shown = {"form": form, "team": team, "chain": chain, "close": CloseTeamForm(team=team)}
    return render(request, "inbox/duty.html", shown, status=400 if form.errors else 200)


@admin_required
@require_http_methods(METHODS)
def targets(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """How long an answer may take: for one team, or for all that set nothing of their own."""
    team = get_object_or_404(Team, pk=pk) if pk else None
    rows = Target.objects.filter(team=team)
    forms = TargetFormSet(request.POST or None, queryset=rows) if request.POST else TargetFormSet(queryset=rows)
    if request.POST and forms.is_valid() and not _doubled(forms):
        for form in [*forms.extra_forms, *forms.initial_forms]:
            form.instance.team = team
        forms.save()
        for each in [team] if team else Team.objects.filter(closed_at=None):
            clocks.rewind_team(each)
        messages.success(request, _("Saved. The clocks of open items follow within a moment."))
        return redirect(request.path)
    title = team.name if team else _("All teams")
    shown = {"forms": forms, "team": team, "title": title, "error": request.POST and _doubled(forms)}
    return render(request, "inbox/targets.html", shown, status=400 if request.POST else 200)


def _doubled(forms: Any) -> str:
    """Two rows for the same case cannot both count."""
    kept = [form.cleaned_data for form in forms if (form.is_valid() and form.has_changed()) or form.instance.pk]
    cases = [(row.get("platform"), row.get("priority")) for row in kept if row and not row.get("DELETE")]
    return _("Two rows are for the same platform and priority.") if len(set(cases)) < len(cases) else ""


@admin_required
@require_POST
@refusals
def close(request: HttpRequest, pk: int) -> HttpResponse:
    team = get_object_or_404(Team, pk=pk, closed_at=None)
    form = CloseTeamForm(request.POST, team=team)
    to = form.cleaned_data["to"] if form.is_valid() else None
    closed = departures.close_team(by=person(request), team=team, to=to)
    heir = closed.successor.name if closed.successor else ""
    messages.success(request, _("%(team)s is closed. %(heir)s has its items.") % {"team": team.name, "heir": heir})
    return redirect("people")


@admin_required
@require_http_methods(METHODS)
def reasons(request: HttpRequest) -> HttpResponse:
    """The list of reasons people choose from when they hand over; a digit each."""
    rows = HandoffReason.objects.all()
    forms = ReasonFormSet(request.POST, queryset=rows) if request.POST else ReasonFormSet(queryset=rows)
    if request.POST and forms.is_valid():
        forms.save()
        messages.success(request, _("Saved."))
        return redirect("inbox:reasons")
    shown = {"forms": forms, "back": reverse("people")}
    return render(request, "inbox/handoff_reasons.html", shown, status=400 if request.POST else 200)
