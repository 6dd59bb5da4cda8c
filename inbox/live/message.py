"""What travels from a commit to the open tabs: which teams' queues changed, and perhaps which item."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

MOST_CHANGES = 100  # of one message; beyond that the teams are named without their items


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that happened. A hand-off names both teams: who may see only one of them must not learn the item."""

    teams: frozenset[int]
    item: int | None = None


@dataclass(slots=True)
class Message:
    """Several changes of one transaction travel as one message."""

    changes: set[Change] = field(default_factory=set)
    users: set[int] = field(default_factory=set)
    looks: set[Change] = field(default_factory=set)  # only who is before these items changed, not the items

    def add(self, teams: Iterable[int], item: int | None, users: Iterable[int]) -> None:
        named = frozenset(teams)
        if named:
            self.changes.add(Change(named, item))
        self.users.update(users)
        self._shorten()

    def merge(self, other: Message) -> None:
        self.changes |= other.changes
        self.users |= other.users
        self.looks |= other.looks
        self._shorten()

    def seen_by(self, visible: frozenset[int]) -> tuple[list[int], int | None]:
        """The changed teams that this person may see; the item when it is the only one and wholly theirs to see."""
        teams: set[int] = set()
        items: set[int | None] = set()
        for change in self.changes:
            if shown := change.teams & visible:
                teams |= shown
                items.add(change.item if shown == change.teams else None)
        return sorted(teams), items.pop() if len(items) == 1 else None

    def looked_at(self, visible: frozenset[int]) -> list[int]:
        """The items that this person may see and that somebody came to, left, or types in."""
        return sorted({look.item for look in self.looks if look.item and look.teams <= visible})

    def to_json(self) -> str:
        told = {"changes": _told(self.changes), "users": sorted(self.users), "looks": _told(self.looks)}
        return json.dumps(told, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str | bytes) -> Message:
        raw = json.loads(text)
        return cls(_heard(raw["changes"]), set(raw["users"]), _heard(raw.get("looks", [])))

    def _shorten(self) -> None:
        if len(self.changes) > MOST_CHANGES:
            self.changes = {Change(frozenset({team})) for change in self.changes for team in change.teams}
        if len(self.looks) > MOST_CHANGES:
            self.looks = set()  # faces are read again every half minute anyway


def _told(changes: Iterable[Change]) -> list[list[Any]]:
    return [[sorted(change.teams), change.item] for change in changes]


def _heard(raw: Iterable[Any]) -> set[Change]:
    return {Change(frozenset(teams), item) for teams, item in raw}
