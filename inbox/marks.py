"""Labels and priority: marks anybody who sees an item may put on it, each with its line in the history."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from inbox import timeline
from inbox.models import Item
from inbox.queue import locked, save
from inbox.timeline import Verb
from teams.errors import Invalid
from teams.models import User

LABEL_LENGTH = 50
MOST_LABELS = 30


def label(*, item: int, by: User, add: Iterable[str] = (), remove: Iterable[str] = (), seen: int | None = None) -> Item:
    """Put labels on an item and take others off. What is so already changes nothing."""
    wanted, unwanted = _clean(add), set(_clean(remove))
    with locked(item, by, seen=seen) as row:
        before = list(row.labels)
        row.labels = [each for each in dict.fromkeys([*before, *wanted]) if each not in unwanted]
        if len(row.labels) > MOST_LABELS:
            raise Invalid(labels=_("An item holds %(limit)s labels.") % {"limit": MOST_LABELS})
        if row.labels != before:
            save(row)
            added = [each for each in row.labels if each not in before]
            removed = [each for each in before if each not in row.labels]
            timeline.record(row, Verb.LABELLED, by=by, added=added, removed=removed)
    return row


def prioritise(*, item: int, by: User, priority: int, seen: int | None = None) -> Item:
    if priority not in Item.Priority.values:
        raise Invalid(priority=_("There is no such priority."))
    with locked(item, by, seen=seen) as row:
        before = row.priority
        if priority != before:
            row.priority = priority
            save(row)
            timeline.record(row, Verb.PRIORITISED, by=by, before=before, after=priority)
    return row


def _clean(labels: Iterable[str]) -> list[str]:
    words = [" ".join(each.replace("\x00", "").split()) for each in labels]
    for word in words:
        if not 0 < len(word) <= LABEL_LENGTH:
            raise Invalid(labels=_("A label has 1 to %(limit)s characters.") % {"limit": LABEL_LENGTH})
    return words
