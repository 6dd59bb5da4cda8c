"""Rows of lists, drawn once for all who see the same: after a nudge many tabs read the same list within seconds.

What a row says is its key, whole, together with who looks and in which language and zone as far as they make a
difference: whoever gets a drawn row would have been drawn the very same. Times in words are as old as `MOMENT`
at most; the page's script lets them run on.
"""

from __future__ import annotations

import time
from collections.abc import Hashable
from typing import Any, cast

from django.template.loader import get_template
from django.utils import timezone, translation
from django.utils.safestring import SafeString

from inbox.views.rows import Row
from teams.models import User

MOMENT = 10  # seconds
MOST = 4000  # rows of some kB; of more, all are drawn anew

_drawn: dict[Hashable, SafeString] = {}


def row(found: Row, viewer: User, inside: str) -> SafeString:
    key = _key(found, viewer, inside)
    known = _drawn.get(key)
    if known is not None:
        return known
    if len(_drawn) >= MOST:
        _drawn.clear()
    context: dict[str, Any] = {"row": found, "item": found.item, "viewer": viewer, "inside": inside}
    _drawn[key] = cast("SafeString", get_template("inbox/row.html").render(context))
    return _drawn[key]


def forget() -> None:
    _drawn.clear()


def _key(found: Row, viewer: User, inside: str) -> Hashable:
    item, holder = found.item, found.item.assignee
    shown = (item.pk, item.version, item.kind, item.state, item.rating, item.returned, item.priority, item.language)
    times = (item.last_message_at, item.due_at, item.due_from, item.waiting_since, item.snoozed_until)
    place = (item.team.name, item.team.hue, item.connection.kind, item.connection.name)
    person = (holder.pk, holder.name, holder.initials, holder.pk == viewer.pk) if holder else None
    words = (found.name, tuple(found.parts), found.in_note, found.unread, inside)
    here = (translation.get_language(), timezone.get_current_timezone_name(), int(time.time()) // MOMENT)
    return shown, times, place, person, words, here
