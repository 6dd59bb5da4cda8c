"""Files, served so that they can do nothing but be looked at: to who may see their item, and to platforms."""

from __future__ import annotations

from io import BytesIO
from typing import BinaryIO
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from inbox import attachments, draft_files, images, public_files
from inbox.models import Attachment, DraftFile, Item
from inbox.views.respond import person

PREVIEW = 480  # pixels: in no format more than the megabyte that LINE takes
File = Attachment | DraftFile
SHOWN = ("image/", "audio/", "video/")  # the browser shows these; anything else is only downloaded


@login_required
@require_safe
def attachment(request: HttpRequest, token: UUID) -> HttpResponseBase:
    seen = Item.objects.visible_to(person(request))
    return _shown(_there(attachments.find(token, seen) or draft_files.find(token, seen)))


@require_safe
def public(request: HttpRequest, signed: str) -> HttpResponseBase:
    """A file of a reply, for the platform that was told this address. Nobody signs in for it."""
    return _shown(_there(public_files.find(signed)))


@require_safe
def preview(request: HttpRequest, signed: str) -> HttpResponseBase:
    """A small copy of such a picture."""
    found = _there(public_files.find(signed))
    try:
        small = images.remake(found.path.read_bytes(), found.type, PREVIEW)
    except (KeyError, images.Unreadable) as error:
        raise Http404 from error
    return _shown(found, BytesIO(small))


def _there(found: File | None) -> File:
    if found is None or not found.path.exists():
        raise Http404
    return found


def _shown(found: File, body: BinaryIO | None = None) -> HttpResponseBase:
    response = FileResponse(
        body or found.path.open("rb"),
        as_attachment=not found.type.startswith(SHOWN),
        filename=found.name or "file",
        content_type=found.type,
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, max-age=3600"
    return response
