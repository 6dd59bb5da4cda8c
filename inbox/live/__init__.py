"""Live updates: a commit nudges, open tabs re-read. No event carries content, so a missed one is harmless."""

from inbox.live.publisher import look, nudge

__all__ = ["look", "nudge"]
