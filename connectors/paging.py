"""Walk a list that shows the newest first, across polls and across pages, without a gap.

A walk starts at the newest, goes back page by page until it meets what the last walk had
seen, and only then moves the mark. Its place is in the cursor, so a walk that was broken
off in the middle goes on where it was. The very first walk ends after one page: nobody
wants the reviews of ten years on the day of connecting.

Some lists say nothing of edits: an edited review keeps its time. Their newest page is remembered by
fingerprints, and what has another one the next time was edited.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from typing import Any

from connectors import signing
from connectors.base import Entry, Page

PRINT = 12  # letters of a fingerprint: an edit that is missed once in 2**48 is no worry


@dataclass(frozen=True, slots=True)
class Walk:
    """`seen`: the mark of the last complete walk. `newest`: the mark to set after this one. `token`: the next page.
    `prints`: what the newest page held, by name."""

    seen: str = ""
    newest: str = ""
    token: str = ""
    prints: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, cursor: str) -> Walk:
        try:
            stored = json.loads(cursor) if cursor else {}
            prints = stored.get("prints")
            known = {str(name): str(value) for name, value in prints.items()} if isinstance(prints, dict) else {}
            seen, newest, token = (str(stored.get(name, "")) for name in ("seen", "newest", "token"))
            return cls(seen, newest, token, known)
        except (ValueError, AttributeError):
            return cls()

    def write(self) -> str:
        return json.dumps(asdict(self))

    def step(self, newest: str, token: str, *, met: bool = False) -> Step:
        """After one page: `newest` is its highest mark, `met` says that it reached what was seen before."""
        newest = self.newest or newest
        if token and not met and self.seen:
            return Step(replace(self, newest=newest, token=token), more=True)
        return Step(Walk(seen=newest or self.seen, prints=self.prints), more=False)

    def edited(self, items: Iterable[Any], name: Callable[[Any], str]) -> tuple[Walk, list[Any]]:
        """On the newest page: what is there since the last time and says something else now, and the page to keep."""
        if self.token:
            return self, []
        named = [(said, item) for item in items if (said := name(item))]
        prints = {said: signing.fingerprint(json.dumps(item, sort_keys=True))[:PRINT] for said, item in named}
        changed = [item for said, item in named if self.prints.get(said, prints[said]) != prints[said]]
        return replace(self, prints=prints), changed

    def fresh(self, items: Iterable[Any], mark: Callable[[Any], str]) -> tuple[list[Any], str, bool]:
        """The items not older than the mark, the highest mark among all, and whether an older one came.

        An item as old as the mark is kept: another one may bear the same second.
        """
        marked = [(mark(item), item) for item in items if item is not None]  # some lists have holes
        fresh = [item for at, item in marked if not at or at >= self.seen]
        return fresh, max((at for at, _ in marked), default=""), len(fresh) < len(marked)


@dataclass(frozen=True, slots=True)
class Step:
    walk: Walk
    more: bool

    def page(self, entries: Sequence[Entry], *, wait: timedelta | None = None, remaining: int | None = None) -> Page:
        return Page(entries, self.walk.write(), more=self.more, wait=wait, remaining=remaining)
