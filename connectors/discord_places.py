"""How far each channel of Discord has been read, and what its newest page held: what is missing there was deleted."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.fields import highest_number


@dataclass(frozen=True, slots=True)
class Place:
    """`highest`: the last message read. `seen`: the newest page as it was, with the last edit of each message."""

    highest: str = ""
    seen: Mapping[str, str] = field(default_factory=dict)
    behind: bool = False  # there is more between this and the newest page

    @classmethod
    def read(cls, stored: Any) -> Place:
        if isinstance(stored, str):  # as it was written before edits were looked for
            return cls(stored)
        if not isinstance(stored, dict):
            return cls()
        seen = stored.get("seen")
        kept = {str(name): str(edited) for name, edited in seen.items()} if isinstance(seen, dict) else {}
        return cls(str(stored.get("highest", "")), kept, stored.get("behind") is True)

    def write(self) -> dict[str, Any]:
        return {"highest": self.highest, "seen": dict(self.seen), **({"behind": True} if self.behind else {})}

    def is_new(self, message: Any) -> bool:
        """Not read yet. What bears no number is read, so that it can be said to be unreadable."""
        name = _name(message)
        return not name.isdecimal() or not self.highest or int(name) > int(self.highest)

    def is_edited(self, message: Any) -> bool:
        """Changed since the newest page was last looked at, or first seen there as changed already."""
        name = _name(message)
        return not self.is_new(message) and bool(_edited(message)) and self.seen.get(name) != _edited(message)

    def gone(self, found: Sequence[Any], *, whole: bool) -> list[str]:
        """What was on the page and is not, although the page goes back that far (`whole`: to the very first)."""
        there = {name for each in found if (name := _name(each)).isdecimal()}
        oldest = 0 if whole else min((int(name) for name in there), default=0)
        return [name for name in self.seen if name not in there and name.isdecimal() and int(name) >= oldest]

    def after(self, found: Sequence[Any]) -> Place:
        """Having looked at the newest page."""
        seen = {name: _edited(each) for each in found if (name := _name(each)).isdecimal()}
        return Place(highest_number([*seen, self.highest]), seen)

    def catching_up(self, found: Sequence[Any], *, more: bool) -> Place:
        """Having read a page of what lies between."""
        return Place(highest_number([*map(_name, found), self.highest]), self.seen, behind=more)


def places(cursor: str, channels: Iterable[str]) -> dict[str, Place]:
    try:
        stored = json.loads(cursor) if cursor else {}
    except ValueError:
        stored = {}
    known = stored if isinstance(stored, dict) else {}
    return {channel: Place.read(known.get(channel)) for channel in channels}


def _name(message: Any) -> str:
    name = message.get("id") if isinstance(message, dict) else None
    return name if isinstance(name, str) else ""


def _edited(message: Any) -> str:
    edited = message.get("edited_timestamp") if isinstance(message, dict) else None
    return edited if isinstance(edited, str) else ""
