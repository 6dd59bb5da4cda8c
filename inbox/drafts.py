"""Drafts: kept as they are typed, on every device of their author, in view of colleagues, never overwritten unseen.

Each person has a draft of their own in an item, so two people who write at once cannot harm each other. One person
on two devices can: every save names the version it is based on, and one that is based on an older state is refused
and changes nothing.
"""

from __future__ import annotations

import uuid

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from inbox.live import nudge
from inbox.models import Draft, Item
from inbox.queue import look_up
from teams.errors import Invalid, Refusal
from teams.models import User

LENGTH = 100_000  # characters
Mode = Draft.Mode


class DraftChanged(Refusal):
    """The draft is not what this save was based on. `now` is what it is; None: it was sent or cleared."""

    code = "draft_changed"
    status = 409

    def __init__(self, now: Draft | None) -> None:
        super().__init__(_("This draft was changed on another device."))
        self.now = now


def save(*, item: int, by: User, mode: str, text: str, version: uuid.UUID | None) -> Draft | None:
    """Keep what was typed; an empty text is no draft. `version` is the state it is based on, None: there was none."""
    row, words = look_up(item, by), text.replace("\x00", "")
    if mode not in Mode.values:
        raise Invalid(mode=_("A draft is a reply or a note."))
    if len(words) > LENGTH:
        raise Invalid(text=_("A draft holds %(limit)s characters.") % {"limit": LENGTH})
    if version is None:
        return _begin(row, by, mode, words) if words else None
    if words:
        return _go_on(row, by, mode, words, version)
    _end(row, by, mode, version)
    return None


def of(item: Item, author: User) -> dict[str, Draft]:
    """This person's own drafts in an item, by mode."""
    return {row.mode: row for row in Draft.objects.filter(item=item, author=author)}


def of_colleagues(item: Item, viewer: User) -> QuerySet[Draft]:
    """What others are writing there, newest first. Whoever asks has been let see the item."""
    others = Draft.objects.filter(item=item, author__is_active=True).exclude(author=viewer)
    return others.select_related("author").order_by("-updated_at")[:10]


def sent(*, item: int, by: User, mode: str, text: str, version: str = "") -> None:
    """The text has arrived: its draft ends, the one it grew from too. What says something else by now stays."""
    mine = Draft.objects.filter(item=item, author=by, mode=mode).first()
    if mine and (str(mine.version) == version or _plain(mine.text) == _plain(text)):
        Draft.objects.filter(pk=mine.pk, version=mine.version).delete()


def _begin(row: Item, by: User, mode: str, words: str) -> Draft:
    try:
        with transaction.atomic():
            made = Draft.objects.create(item=row, author=by, mode=mode, text=words)
    except IntegrityError as error:
        now = _now(row, by, mode)
        if now is None or now.text != words:
            raise DraftChanged(now) from error
        return now
    nudge(teams=[row.team_id], item=row.pk)  # that it begins and ends; tabs that show it read on by themselves
    return made


def _go_on(row: Item, by: User, mode: str, words: str, version: uuid.UUID) -> Draft:
    after = uuid.uuid4()
    mine = Draft.objects.filter(item=row, author=by, mode=mode, version=version)
    changed = mine.update(text=words, version=after, updated_at=Now())
    if changed:
        return Draft(item=row, author=by, mode=mode, text=words, version=after)
    now = _now(row, by, mode)
    if now is None or now.text != words:
        raise DraftChanged(now)
    return now


def _end(row: Item, by: User, mode: str, version: uuid.UUID) -> None:
    gone, _rows = Draft.objects.filter(item=row, author=by, mode=mode, version=version).delete()
    if not gone and (now := _now(row, by, mode)):
        raise DraftChanged(now)
    nudge(teams=[row.team_id], item=row.pk)


def _now(row: Item, by: User, mode: str) -> Draft | None:
    return Draft.objects.filter(item=row, author=by, mode=mode).first()


def _plain(text: str) -> str:
    """Browsers send line ends in two ways, and a reply without the space around it."""
    return text.replace("\x00", "").replace("\r\n", "\n").strip()
