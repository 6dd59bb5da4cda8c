"""What all contracts share: a connector, a connection, a moment, and values that nobody expects."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest

from connectors import oauth, registry
from connectors.base import (
    Account,
    Delivery,
    Entry,
)
from tests.platforms.server import PlatformServer

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
QUESTION = "Have you tried the blue one?"
STRANGERS: tuple[Any, ...] = (None, 1, -7, 1e300, True, "x", "", "9" * 400, [], {}, [None], {"id": []}, "\0")
HOSTILE_HEADERS = ("é", "\xff\xfe", "\0", "sha256=é", "v1,é", "=" * 5000, "sha256=", "v1,", "t=,s=", " ")
NOT_JSON = (b"", b"{", b"\xff\xfe", b"nul", b'{"a":NaN}', b'{"a":1e999}', b"[" * 5000, b'{"a":' * 5000, b"1" * 5000)
LOOPBACK = ("127.0.0.0/8",)


class Base:
    kind: ClassVar[str]

    @property
    def connector(self) -> Any:
        return registry.get(self.kind)

    @pytest.fixture(autouse=True)
    def no_token_is_kept(self) -> Iterator[None]:
        oauth.forget()
        yield
        oauth.forget()

    def account(self) -> Account:
        """A fully configured connection."""
        raise NotImplementedError

    def account_at(self, server: PlatformServer) -> Account:
        """The same, with the platform's API at `server`."""
        account = self.account()
        return replace(account, settings={**account.settings, "api_base": server.url})

    def delivery(self, payload: Any) -> Delivery:
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        return Delivery(body, received_at=NOW)

    def read(self, payload: Any) -> list[Entry]:
        return list(self.connector.parse(self.delivery(payload), self.account()))

    def one(self, payload: Any) -> Entry:
        (entry,) = self.read(payload)
        return entry


def close(found: timedelta | None, wanted: timedelta | None) -> bool:
    if found is None or wanted is None:
        return found is wanted
    return abs(found - wanted) < timedelta(seconds=3)


def mutants(payload: Any) -> Iterator[Any]:
    """The payload with each of its values replaced by each kind of stranger, one at a time."""
    for path in _paths(payload):
        for stranger in STRANGERS:
            mutant = copy.deepcopy(payload)
            holder = mutant
            for step in path[:-1]:
                holder = holder[step]
            holder[path[-1]] = stranger
            yield mutant


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in steps:
        yield (*path, step)
        yield from _paths(inner, (*path, step))
