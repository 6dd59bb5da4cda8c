"""Files that strangers sent, served so that they can do nothing but be looked at."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from inbox import attachments, draft_files
from inbox.models import Item
from inbox.views.respond import person

SHOWN = ("image/", "audio/", "video/")  # the browser shows these; anything else is only downloaded


@login_required
@require_safe
def attachment(request: HttpRequest, token: UUID) -> HttpResponseBase:
    seen = Item.objects.visible_to(person(request))
    found = attachments.find(token, seen) or draft_files.find(token, seen)
    if found is None or not found.path.exists():
        raise Http404
    response = FileResponse(
        found.path.open("rb"),
        as_attachment=not found.type.startswith(SHOWN),
        filename=found.name or "file",
        content_type=found.type,
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, max-age=3600"
    return response
