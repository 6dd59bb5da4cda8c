"""Web Push over HTTP: the browser's own script, subscribing and ending it, and the way from a message to its item."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from inbox import notify, push
from inbox.models import PushSubscription
from inbox.push.subscriptions import COOKIE
from inbox.views.respond import is_htmx, number, person, refusals

WORKER = Path(settings.BASE_DIR, "static", "js", "push-worker.js")
YEAR = 365 * 24 * 3600  # seconds


@require_safe
def worker(_request: HttpRequest) -> HttpResponse:
    """The service worker: at the root, under a name that never changes, so that browsers find its next version."""
    headers = {"Cache-Control": "no-cache"}
    return HttpResponse(WORKER.read_bytes(), content_type="text/javascript; charset=utf-8", headers=headers)


@login_required
@require_POST
@refusals
def subscribe(request: HttpRequest) -> HttpResponse:
    """This browser asks to be told; asking again changes nothing."""
    given = {name: request.POST.get(name, "") for name in ("endpoint", "p256dh", "auth", "name")}
    row = push.subscribe(by=person(request), **given)
    response = browsers(request)
    response.set_cookie(COOKIE, str(row.pk), max_age=YEAR, secure=settings.HTTPS, httponly=True, samesite="Lax")
    return response


@login_required
@require_POST
def unsubscribe(request: HttpRequest) -> HttpResponse:
    """End one of one's own: by its number, or by its address when the browser itself asks."""
    by, pk = person(request), number(request, "id")
    if pk is None:
        own = PushSubscription.objects.filter(user=by, endpoint=request.POST.get("endpoint", "")[:1000])
        pk = own.values_list("pk", flat=True).first()
    if pk is not None:
        push.remove(by=by, subscription=pk)
    return browsers(request) if is_htmx(request) or request.headers.get("X-Part") else redirect("preferences")


def browsers(request: HttpRequest) -> HttpResponse:
    own = PushSubscription.objects.filter(user=person(request))
    return render(request, "inbox/browsers.html", {"browsers": own})


@login_required
@require_safe
def told(request: HttpRequest, pk: int) -> HttpResponse:
    """From a message to what it is about, as far as it may still be seen; else to the list, which is silent on it."""
    row = notify.visible(person(request), in_page=None).filter(pk=pk).first()
    return redirect(row) if row else redirect("inbox:notifications")
