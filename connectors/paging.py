"""Walk a list that shows the newest first, across polls and across pages, without a gap.

A walk starts at the newest, goes back page by page until it meets what the last walk had
seen, and only then moves the mark. Its place is in the cursor, so a walk that was broken
off in the middle goes on where it was. The very first walk ends after one page: nobody
wants the reviews of ten years on the day of connecting.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import Any

from connectors.base import Entry, Page


@dataclass(frozen=True, slots=True)
class Walk:
    """`seen`: the mark of the last complete walk. `newest`: the mark to set after this one. `token`: the next page."""

    seen: str = ""
    newest: str = ""
    token: str = ""

    @classmethod
    def read(cls, cursor: str) -> Walk:
        try:
            stored = json.loads(cursor) if cursor else {}
            return cls(**{name: str(stored.get(name, "")) for name in ("seen", "newest", "token")})
        except (ValueError, AttributeError):
            return cls()

    def write(self) -> str:
        return json.dumps(asdict(self))

    def step(self, newest: str, token: str, *, met: bool = False) -> Step:
        """After one page: `newest` is its highest mark, `met` says that it reached what was seen before."""
        newest = self.newest or newest
        if token and not met and self.seen:
            return Step(replace(self, newest=newest, token=token), more=True)
        return Step(Walk(seen=newest or self.seen), more=False)

    def fresh(self, items: Iterable[Any], mark: Callable[[Any], str]) -> tuple[list[Any], str, bool]:
        """The items not older than the mark, the highest mark among all, and whether an older one came.

        An item as old as the mark is kept: another one may bear the same second.
        """
        marked = [(mark(item), item) for item in items]
        fresh = [item for at, item in marked if not at or at >= self.seen]
        return fresh, max((at for at, _ in marked), default=""), len(fresh) < len(marked)


@dataclass(frozen=True, slots=True)
class Step:
    walk: Walk
    more: bool

    def page(self, entries: Sequence[Entry], *, wait: timedelta | None = None, remaining: int | None = None) -> Page:
        return Page(entries, self.walk.write(), more=self.more, wait=wait, remaining=remaining)
