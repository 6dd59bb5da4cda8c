"""Ending a person's access, with what that means for the queue."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from inbox import departures
from inbox.views.respond import person, refusals
from teams.models import User
from teams.views import admin_required


@admin_required
@require_POST
@refusals
def deactivate(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(User, pk=pk)
    number = departures.deactivate(by=person(request), person=found)
    words = ngettext(
        "%(who)s is signed out; %(n)s item is back in its queue.",
        "%(who)s is signed out; %(n)s items are back in their queues.",
        number,
    )
    messages.success(request, words % {"who": found.name, "n": number})
    return redirect("people")
