"""Pages about the whole."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from insights import ledger, past
from routing.errors import InvalidRules
from routing.rulesets import drafting
from routing.views import frame, viewer
from routing.views_whole import whole_set
from teams.views import admin_required


@admin_required
@require_safe
def ledger_page(request: HttpRequest) -> HttpResponse:
    found = ledger.count()
    every = reverse("inbox:queue", args=["all"])
    places = [
        (_("Open"), found.open, f"{every}?state=open"),
        (_("Waiting for the customer"), found.waiting, reverse("inbox:queue", args=["waiting"])),
        (_("Snoozed"), found.snoozed, reverse("inbox:queue", args=["snoozed"])),
        (_("Done"), found.resolved, reverse("inbox:queue", args=["done"])),
        (_("Ignored"), found.ignored, f"{every}?state=ignored"),
        (_("Dead: deliveries that could not be understood"), found.dead, reverse("inbox:dead")),
    ]
    shown = {
        "ledger": found,
        "places": places,
        "lost": ledger.without_next_step(),
        "strange": [] if found.balances else ledger.out_of_nowhere(),
        "difference": abs(found.missing),
        "at": timezone.now(),
    }
    return render(request, "insights/ledger.html", shown)


@whole_set
@require_safe
def past_page(request: HttpRequest) -> HttpResponse:
    """What the rules as they stand would have done with the newest messages."""
    try:
        shown: dict[str, object] = {"past": past.ask(drafting.draft().ruleset, viewer(request))}
    except InvalidRules as error:
        shown = {"refused": str(error)}
    return render(request, "insights/past.html", frame(request, advise=False, **shown))
