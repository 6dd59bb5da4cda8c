"""What "next for me" passed by, and why: whoever gets a less urgent item is told."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils import timezone
from django.utils.translation import gettext as _

from connectors.registry import CONNECTORS
from inbox import capacity, urgency
from inbox.models import Item
from inbox.next_up import LOOK_AT, Asked

NAMED = 2  # items; of more only their number is said


def why(asked: Asked, given: Item | None = None) -> str:
    """In words: the more urgent items that this person did not get, and why not. Empty when there are none."""
    passed = _passed(asked, given)
    if not passed:
        return ""
    reasons = _reasons(asked, passed)
    words = [f"{_name(item)}: {reasons[item.pk]}" for item in passed[:NAMED]]
    if len(passed) > NAMED:
        words.append(_("and %(n)s more") % {"n": len(passed) - NAMED})
    return _("Left out: %(what)s.") % {"what": "; ".join(words)}


def _passed(asked: Asked, given: Item | None) -> list[Item]:
    now = timezone.now()
    free = urgency.first(asked.teams, limit=LOOK_AT)
    return [item for item in free if given is None or urgency.rank(item, now) < urgency.rank(given, now)]


def _reasons(asked: Asked, items: Iterable[Item]) -> dict[int, str]:
    full = capacity.full_platforms(asked.by)
    return {item.pk: _reason(item, asked.skipped.get(item.pk), full) for item in items}


def _reason(item: Item, skipped: str | None, full: frozenset[str] | None) -> str:
    if skipped is not None:
        return _("you passed it over (%(reason)s)") % {"reason": skipped}
    if full is not None and item.connection.kind in full:
        platform = CONNECTORS[item.connection.kind].name
        return _("you hold as many %(platform)s items as you can") % {"platform": platform}
    return _("a colleague is just taking it")


def _name(item: Item) -> str:
    return item.contact.name if item.contact and item.contact.name else f"#{item.pk}"
