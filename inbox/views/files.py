"""Files of a reply that is being written: each comes up by itself and is there until it is sent or removed."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.files.base import File
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from inbox import draft_files
from inbox.views.respond import find, is_htmx, item_url, person, refusals
from teams.errors import Invalid


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@refusals
def index(request: HttpRequest, pk: int) -> HttpResponse:
    """The files of one's own reply; a POST adds one and answers with it alone."""
    item, by = find(request, pk), person(request)
    if request.method != "POST":
        return render(request, "inbox/files.html", {"item": item, "files": draft_files.of(item, by)})
    added = draft_files.add(item=pk, by=by, file=_given(request))
    return render(request, "inbox/files.html", {"item": item, "files": [added]}, status=201)


@login_required
@require_POST
@refusals
def describe(request: HttpRequest, pk: int, token: UUID) -> HttpResponse:
    draft_files.describe(item=pk, by=person(request), token=token, alt=request.POST.get("alt", ""))
    return HttpResponse(status=204)


@login_required
@require_POST
@refusals
def remove(request: HttpRequest, pk: int, token: UUID) -> HttpResponse:
    draft_files.remove(item=pk, by=person(request), token=token)
    return HttpResponse(status=204) if is_htmx(request) else redirect(item_url(request, pk))


def _given(request: HttpRequest) -> File[bytes]:
    file = request.FILES.get("file")
    if not isinstance(file, File):
        raise Invalid(file=_("Choose a file."))
    return file
