"""Our own key (VAPID, RFC 8292): made once, kept sealed, and shown to push services with every message."""

from __future__ import annotations

import base64
import logging
from datetime import timedelta
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.utils import timezone

from inbox import vault
from inbox.models import PushKey
from inbox.push.envelope import point

log = logging.getLogger(__name__)

PLACE = "inbox_pushkey:1:private"
VALID_FOR = timedelta(hours=12)  # a push service takes 24 at most


def public_key() -> str:
    """As browsers want it for a subscription: 65 bytes in base64url."""
    return encode(bytes(_row().public))


def authorization(endpoint: str) -> str:
    """The header that proves to the push service who sends."""
    row, pem = _opened()
    private = serialization.load_pem_private_key(pem.encode(), password=None)
    where = urlsplit(endpoint)
    claims = {
        "aud": f"{where.scheme}://{where.netloc}",
        "exp": int((timezone.now() + VALID_FOR).timestamp()),
        "sub": _contact(),
    }
    token = jwt.encode(claims, private, algorithm="ES256")  # type: ignore[arg-type]
    return f"vapid t={token}, k={encode(bytes(row.public))}"


def encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _contact() -> str:
    """Whom a push service may turn to: our address on the web, or by mail."""
    return settings.BASE_URL if settings.BASE_URL.startswith("https://") else f"mailto:{settings.DEFAULT_FROM_EMAIL}"


def _opened() -> tuple[PushKey, str]:
    """The key with its private half. One that we can no longer open is replaced: browsers then subscribe anew."""
    row = _row()
    try:
        return row, vault.open_(bytes(row.private), place=PLACE)
    except vault.CannotOpen:
        log.warning("the key for push messages was sealed with a secret that is gone; a new one takes its place")
        PushKey.objects.filter(pk=1, created_at=row.created_at).delete()
    row = _row()
    return row, vault.open_(bytes(row.private), place=PLACE)


def _row() -> PushKey:
    """The key. The first to ask makes it; of two at once one wins and both use it."""
    found = PushKey.objects.filter(pk=1).first()
    if found is None:
        PushKey.objects.bulk_create([_made()], ignore_conflicts=True)
        found = PushKey.objects.get(pk=1)
    return found


def _made() -> PushKey:
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return PushKey(pk=1, public=point(key), private=vault.seal(pem.decode(), place=PLACE))
