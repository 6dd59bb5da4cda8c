"""Every state change writes one Activity, in the same transaction. This is the only place that does."""

from __future__ import annotations

from typing import Any

from inbox.models import Activity, Item
from teams.models import User

Verb = Activity.Verb


def entry(item: Item, verb: Activity.Verb, *, by: User | None = None, text: str = "", **data: Any) -> Activity:
    """An Activity that is not saved yet, for writers that save many at once."""
    return Activity(item=item, verb=verb, actor=by, team_id=item.team_id, text=text, data=data)


def record(item: Item, verb: Activity.Verb, *, by: User | None = None, text: str = "", **data: Any) -> Activity:
    found = entry(item, verb, by=by, text=text, **data)
    found.save(force_insert=True)
    return found
