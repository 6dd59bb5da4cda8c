"""What is stored of a delivery: its bytes as they came, its headers without the secrets in them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from connectors.base import Account, Delivery

LONGEST_KEY = 255
REDACTED = "[redacted]"
_ALWAYS_SECRET = frozenset({"authorization", "proxy-authorization", "cookie"})
_SHORT = 8  # a secret shorter than this is looked for as a whole value only, not inside other words


@dataclass(frozen=True, slots=True)
class Row:
    """One row of Event, not yet stored."""

    connection: int
    key: str
    body: bytes
    headers: str
    query: str


def row_of(connection: int, account: Account, delivery: Delivery, name: str) -> Row:
    secrets = [value for values in account.secrets.values() for value in values if value]
    return Row(
        connection=connection,
        key=key_of(name, delivery.body),
        body=delivery.body,
        headers=_json(redacted(delivery.headers, secrets)),
        query=_json(redacted(delivery.query, secrets)) if delivery.query else "",
    )


def key_of(name: str, body: bytes) -> str:
    """What makes this delivery one and the same when it comes again: the platform's id, or the bytes."""
    if not name:
        return hashlib.sha256(body).hexdigest()
    if len(name) <= LONGEST_KEY and _storable(name):
        return name
    return "sha256:" + hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()


def redacted(values: Mapping[str, str], secrets: Iterable[str]) -> dict[str, str]:
    """Some platforms send our secret itself as proof; it must not lie in a table in clear text."""
    return {
        name: REDACTED if name in _ALWAYS_SECRET or any(_carries(value, secret) for secret in secrets) else value
        for name, value in values.items()
    }


def _carries(value: str, secret: str) -> bool:
    return value == secret if len(secret) < _SHORT else secret in value


def _storable(text: str) -> bool:
    """PostgreSQL's text knows neither NUL nor half of a surrogate pair."""
    return "\0" not in text and not any("\ud800" <= char <= "\udfff" for char in text)


def _json(values: Mapping[str, str]) -> str:
    text = json.dumps(values)
    if "\\u0000" in text:  # jsonb refuses it; seen only with servers that let NUL into a header
        text = json.dumps({_clean(name): _clean(value) for name, value in values.items()})
    return text


def _clean(text: str) -> str:
    return text.replace("\0", "")
