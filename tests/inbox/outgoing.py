"""Replies on their way to a platform that answers as it is told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connectors import registry
from connectors.base import Limits, Reply, Sent
from inbox import replies
from inbox.models import Item, Outbound
from tests import world as small_world
from tests.world import World


def answer(item: Item, world: World, **fields: object) -> Outbound:
    values = {"item": item.pk, "by": world.alice, "text": "We are on it", "key": small_world.fresh("k")} | fields
    return replies.reply(**values)  # type: ignore[arg-type]


def send(
    monkeypatch: pytest.MonkeyPatch, *outcomes: Exception | Sent, retry_safe: bool = False, minutes: int = 0
) -> list[str]:
    """Let the platform answer as told; returns the keys it has seen, one per call."""
    keys: list[str] = []
    connector = registry.get("generic")
    left = list(outcomes)

    def sending(reply: Reply, *_args: object) -> Sent:
        keys.append(reply.key)
        outcome = left.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    limits = Limits(retry_safe=retry_safe, retry_within=timedelta(minutes=minutes) if minutes else None)
    monkeypatch.setattr(type(connector), "send", lambda _self, *args: sending(*args))
    monkeypatch.setattr(type(connector), "limits", lambda _self, *_args: limits)
    return keys
