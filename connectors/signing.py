"""Check signatures without telling by time, type or exception what was wrong with them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from connectors.base import Account, Delivery, NotConfigured, SignatureError

TOLERANCE = timedelta(minutes=5)


def keys(account: Account, name: str) -> tuple[str, ...]:
    """Every value of a secret that is valid now. Without any there is nothing to verify with."""
    values = account.every(name)
    if not values:
        raise NotConfigured(f"the secret {name!r} is not set")
    return values


def same(given: str | bytes, expected: str | bytes) -> bool:
    """Constant-time equality, also of a header that carries other bytes than ASCII."""
    return hmac.compare_digest(_bytes(given), _bytes(expected))


def any_same(given: str, expected: Iterable[str | bytes]) -> bool:
    """Whether `given` is one of the expected values."""
    return any(same(given, value) for value in expected)


def digest(key: str | bytes, message: bytes, algorithm: str = "sha256") -> bytes:
    return hmac.digest(_bytes(key), message, algorithm)


def hexed(key: str | bytes, message: bytes) -> str:
    return digest(key, message).hex()


def based(key: str | bytes, message: bytes, algorithm: str = "sha256") -> str:
    return base64.b64encode(digest(key, message, algorithm)).decode()


def header(delivery: Delivery, name: str) -> str:
    """A header that must be there."""
    value = delivery.headers.get(name, "")
    if not value:
        raise SignatureError(f"the header {name} is missing")
    return value


def fresh(timestamp: str, delivery: Delivery) -> None:
    """Refuse a signed moment (epoch seconds) that is more than five minutes from now, either way."""
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 12):
        raise SignatureError("the timestamp is not a number of seconds")
    moment = received(delivery).timestamp()
    if abs(moment - int(timestamp)) > TOLERANCE.total_seconds():
        raise SignatureError("the timestamp is more than five minutes off")


def received(delivery: Delivery) -> datetime:
    return delivery.received_at or datetime.now(UTC)


def unbase64(value: str) -> bytes | None:
    """The bytes behind base64 text, or None when it is none."""
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return None


def fingerprint(*parts: str | bytes) -> str:
    """A stable name for something that its platform gives none."""
    joined = b"\x1f".join(_bytes(part) for part in parts)
    return hashlib.sha256(joined).hexdigest()[:40]


def _bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")
