"""The composer's autosave, and what colleagues are writing meanwhile."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import conditional_page, require_POST, require_safe

from inbox import draft_files, drafts
from inbox.models import Draft
from inbox.views.respond import find, person, refusals
from teams.errors import Invalid

LIVELY = timedelta(seconds=90)  # so long after the last letter somebody "is writing"


@login_required
@require_POST
@refusals
def save(request: HttpRequest, pk: int) -> JsonResponse:
    given = request.POST
    try:
        kept = drafts.save(
            item=pk,
            by=person(request),
            mode=given.get("mode", ""),
            text=given.get("text", ""),
            version=_version(given.get("version", "")),
        )
    except drafts.DraftChanged as error:
        return JsonResponse({"say": str(error), **_told(error.now)}, status=error.status)
    return JsonResponse(_told(kept))


@login_required
@require_safe
@refusals
@conditional_page
def index(request: HttpRequest, pk: int) -> HttpResponse:
    """What colleagues write in this item, for who may see it; and one's own drafts, for one's other tabs."""
    item, by = find(request, pk), person(request)
    files = list(draft_files.of_all(item))
    context = {
        "files": [each for each in files if each.author_id != by.pk],
        "mine_files": ",".join(str(each.token) for each in files if each.author_id == by.pk),
        "others": drafts.of_colleagues(item, by),
        "mine": drafts.of(item, by).values(),
        "lively": timezone.now() - LIVELY,
    }
    return render(request, "inbox/drafts.html", context)


def _told(row: Draft | None) -> dict[str, str]:
    return {"version": str(row.version), "text": row.text} if row else {"version": "", "text": ""}


def _version(given: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(given) if given else None
    except ValueError as error:
        raise Invalid(version=_("There is no such version.")) from error
