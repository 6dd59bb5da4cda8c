"""Health for machines: is the process there, can it work, and how much lies waiting."""

from __future__ import annotations

import secrets
from ipaddress import ip_address

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from insights import metrics, vitals

_FORWARDED = ("HTTP_FORWARDED", "HTTP_X_FORWARDED_FOR", "HTTP_X_REAL_IP", "HTTP_VIA")


@csrf_exempt
@never_cache
@require_safe
def healthz(_request: HttpRequest) -> HttpResponse:
    """This process answers. Says nothing about anything else, so that nobody restarts it for a lost database."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


@csrf_exempt
@never_cache
@require_safe
def readyz(_request: HttpRequest) -> JsonResponse:
    """200 when work can be done. Without the broker it can, only slower; without the database it cannot."""
    broker = vitals.broker_answers()
    said: dict[str, object] = {"broker": "up" if broker else "down"}
    try:
        found = vitals.figures()
    except vitals.DatabaseGone:
        why = {"status": "unavailable", "database": "down", **said, "reasons": ["The database does not answer."]}
        return JsonResponse(why, status=503)
    reasons = [] if broker else ["The broker does not answer; sweepers do the work of the workers."]
    return JsonResponse(
        {
            "status": "ready" if broker else "degraded",
            "database": "up",
            **said,
            "lag": {
                "oldest_pending_event_seconds": round(found.oldest_pending_seconds, 3),
                "pending_events": found.events_pending,
                "waiting_replies": found.replies_waiting,
            },
            "reasons": reasons,
        }
    )


@csrf_exempt
@never_cache
@require_safe
def metrics_page(request: HttpRequest) -> HttpResponse:
    """Prometheus figures, for whoever holds the token or sits on this machine; for others there is nothing here."""
    if not _may_read(request):
        raise Http404
    return HttpResponse(metrics.exposition(), content_type=CONTENT_TYPE_LATEST)


def _may_read(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "").encode()
        return secrets.compare_digest(given, f"Bearer {settings.METRICS_TOKEN}".encode())
    return _from_this_machine(request)


def _from_this_machine(request: HttpRequest) -> bool:
    """A proxy on this machine forwards strangers from its own address, so whatever is forwarded does not count."""
    if any(name in request.META for name in _FORWARDED):
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
