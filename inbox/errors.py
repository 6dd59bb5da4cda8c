"""What the queue says no to, and why, in facts a page or a program can show."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from inbox.models import Item
from teams.errors import Refusal
from teams.moments import in_json


class Lost(Refusal):
    """Somebody else was first. Carries what the item looks like now, so that the loser knows why."""

    code = "lost"

    def __init__(self, message: str, item: Item) -> None:
        super().__init__(message)
        self.item = item

    def facts(self) -> dict[str, Any]:
        holder = self.item.assignee
        return {
            "assignee": holder.username if holder else None,
            "team": self.item.team.slug,
            "state": self.item.state,
            "version": self.item.version,
        }


class AlreadyClaimed(Lost):
    """Another person holds the item."""

    code = "already_claimed"

    def __init__(self, item: Item) -> None:
        who = item.assignee.name if item.assignee else ""
        super().__init__(_("%(who)s has claimed this item.") % {"who": who}, item)

    def facts(self) -> dict[str, Any]:
        at = self.item.claimed_at
        return {**super().facts(), "claimed_at": in_json(at) if at else None}


class AlreadyHandedOver(Lost):
    """Somebody else passed the item to that very team a moment ago."""

    code = "already_handed_over"


class WrongState(Lost):
    """The item is in a state in which this makes no sense any more."""

    code = "wrong_state"


class Stale(Lost):
    """The page the person acted on is older than the item."""

    code = "stale"

    def __init__(self, item: Item, message: str = "") -> None:
        super().__init__(message or _("This item changed since you opened it. Look at what came in between."), item)


class NothingToReturn(Lost):
    """No other team handed this item to the team that has it."""

    code = "nothing_to_return"

    def __init__(self, item: Item) -> None:
        message = _("Nobody handed this item to %(team)s, so there is nobody to return it to.")
        super().__init__(message % {"team": item.team.name}, item)


class NothingToDo(Refusal):
    """No item waits that this person may and can take."""

    code = "nothing_to_do"


class NoRoom(Refusal):
    """The person holds as many open items as they can."""

    code = "no_room"


class KeyReused(Lost):
    """The same idempotency key came with another text."""

    code = "key_reused"

    def __init__(self, item: Item) -> None:
        super().__init__(_("This reply's key was used for another text already."), item)
