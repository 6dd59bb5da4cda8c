"""What the hub writes to open tabs, and over how long they spread what they read because of it."""

from __future__ import annotations

from inbox.live.message import Message
from inbox.live.tab import event

LIVE, POLL = event("live", {}), event("poll", {})
FOR_YOU = event("nudge", {"teams": [], "item": None, "within": 0})
READERS = 25  # tabs that may re-read in one second: two short pages each, and the processor is for the clicks too
LONGEST = 10_000  # milliseconds; whoever has the very item open re-reads at once in any case


def spread(tabs: int) -> int:
    """Milliseconds over which so many tabs spread what they re-read after one nudge that concerns them all."""
    return 0 if tabs <= READERS else min(round(1000 * tabs / READERS), LONGEST)


def words(message: Message, visible: frozenset[int], within: int) -> tuple[bytes, bytes]:
    """What a message says to whoever may see these teams: what changed, and where somebody looks."""
    teams, item = message.seen_by(visible)
    changed = event("nudge", {"teams": teams, "item": item, "within": within}) if teams else b""
    items = message.looked_at(visible)
    return changed, event("look", {"items": items}) if items else b""
