"""Pages about the whole."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from insights import ledger
from teams.views import admin_required


@admin_required
@require_safe
def ledger_page(request: HttpRequest) -> HttpResponse:
    shown = {"ledger": ledger.count(), "lost": ledger.without_next_step()}
    return render(request, "insights/ledger.html", shown)
