"""Which browsers a person is told by."""

from __future__ import annotations

import binascii
from ipaddress import ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from inbox.models import PushSubscription
from inbox.push.keys import decode
from teams.errors import Invalid
from teams.models import User

MOST = 10  # browsers of one person; the oldest gives way
COOKIE = "push"  # which subscription this browser has, so that signing out ends it


@transaction.atomic
def subscribe(*, by: User, endpoint: str, p256dh: str, auth: str, name: str = "") -> PushSubscription:
    """Tell this person by that browser too. A browser belongs to whoever subscribed last."""
    _check_endpoint(endpoint)
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    row, _new = PushSubscription.objects.update_or_create(
        endpoint=endpoint,
        defaults={"user": by, "p256dh": _point(p256dh), "auth": _secret(auth), "name": name.replace("\x00", "")[:80]},
    )
    kept = PushSubscription.objects.filter(user=by).order_by("-pk").values("pk")[:MOST]
    PushSubscription.objects.filter(user=by).exclude(pk__in=kept).exclude(pk=row.pk).delete()
    return row


def remove(*, by: User, subscription: int) -> int:
    """End one of one's own subscriptions. What was still to go there goes nowhere."""
    count, _of = PushSubscription.objects.filter(user=by, pk=subscription).delete()
    return count


def end_with_session(*, request: HttpRequest, user: User | None, **_signal: Any) -> None:
    """Who signs out is not told by this browser any more: the next person may sit before it."""
    number = request.COOKIES.get(COOKIE, "") if request else ""
    if user is not None and number.isascii() and number.isdecimal() and len(number) < 18:
        remove(by=user, subscription=int(number))


def _check_endpoint(endpoint: str) -> None:
    """Its shape. Where it leads is checked with every call, by the guard."""
    try:
        found = urlsplit(endpoint)
        host, plain = found.hostname or "", found.scheme == "http"
    except ValueError:
        host, plain = "", False
    fits = host and len(endpoint) <= 1000 and endpoint.isascii() and endpoint.isprintable() and "@" not in endpoint
    if not fits or not (endpoint.startswith("https://") or (plain and _is_allowed(host))):
        raise Invalid(endpoint=_("This is not the address of a push service."))


def _is_allowed(host: str) -> bool:
    """Whether this deployment calls that address although it is private and speaks plain HTTP."""
    try:
        return any(ip_address(host) in ip_network(network) for network in settings.ALLOW_PRIVATE_HOSTS)
    except ValueError:
        return False


def _point(text: str) -> bytes:
    raw = _bytes("p256dh", text, 65)
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw)
    except ValueError as error:
        raise Invalid(p256dh=_("This is not a key.")) from error
    return raw


def _secret(text: str) -> bytes:
    return _bytes("auth", text, 16)


def _bytes(field: str, text: str, length: int) -> bytes:
    try:
        raw = decode(text[:200])
    except (binascii.Error, ValueError) as error:
        raise Invalid(**{field: _("This is not a key.")}) from error
    if len(raw) != length:
        raise Invalid(**{field: _("This is not a key.")})
    return raw
