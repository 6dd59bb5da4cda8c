"""Saved replies: who may use and change them, and how their variables are filled in.

A variable is one of a fixed list of words in double braces, `{{contact.name}}`, or with a word for when it is not
known, `{{contact.name|there}}`. It is replaced by text: nothing is evaluated, what it brings is not looked at again.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _

from connectors import measure
from inbox.draft_files import limits_for
from inbox.models import Item, SavedReply
from teams.errors import Invalid, NotAllowed, NotFound
from teams.models import Team, User

VARIABLE = re.compile(r"\{\{\s*([^{}|]*?)\s*(?:\|([^{}]*))?\}\}")
OFFERED = 8


@dataclass(frozen=True, slots=True)
class Filled:
    """A saved reply as it reads in one item. `missing` are variables that are not known there."""

    reply: SavedReply
    text: str
    missing: tuple[str, ...]
    length: int
    over: bool


def usable_by(user: User) -> QuerySet[SavedReply]:
    """One's own, everybody's, and those of the teams one may see."""
    shared = Q(owner=None) & (Q(team=None) | Q(team__in=Team.objects.visible_to(user)))
    return SavedReply.objects.filter(Q(owner=user) | shared)


def may_change(user: User, *, owner: User | None, team: Team | None) -> bool:
    """One's own always; a team's by who leads it; everybody's by admins."""
    if owner is not None:
        return owner == user
    return user.leads(team) if team is not None else user.is_admin


def save(*, by: User, reply: SavedReply) -> SavedReply:
    """Create or change one. Its scope is checked as it is and as it was."""
    before = find(by, reply.pk) if reply.pk else None
    for each in (before, reply):
        if each and not may_change(by, owner=each.owner, team=each.team):
            raise NotAllowed(_("Only who leads a team changes its saved replies; an admin changes everybody’s."))
    check(reply.text)
    reply.changed_by, reply.changed_at = by, timezone.now()
    try:
        with transaction.atomic():
            reply.save()
    except IntegrityError as error:
        raise Invalid(shortcut=_("There is one of that short name already.")) from error
    return reply


def delete(*, by: User, pk: int) -> SavedReply:
    row = find(by, pk)
    if not may_change(by, owner=row.owner, team=row.team):
        raise NotAllowed(_("Only who leads a team changes its saved replies; an admin changes everybody’s."))
    row.delete()
    return row


def find(by: User, pk: int) -> SavedReply:
    row = usable_by(by).select_related("owner", "team").filter(pk=pk).first()
    if row is None:
        raise NotFound(_("There is no such saved reply."))
    return row


def check(text: str) -> None:
    """Refuse a text whose variables could never be filled in."""
    unknown = [name for name, _default in VARIABLE.findall(text) if name not in VARIABLES]
    if unknown:
        words = {"name": unknown[0], "known": ", ".join(VARIABLES)}
        raise Invalid(text=_("There is no variable “%(name)s”. There are: %(known)s.") % words)
    if not text.strip():
        raise Invalid(text=_("Write something first."))


def search(item: Item, by: User, words: str) -> list[Filled]:
    """What fits these words, the short name first, filled in for this item."""
    start = words.strip().removeprefix("/")[:50]
    fits = Q(shortcut__istartswith=start) | Q(name__icontains=start) | Q(text__icontains=start)
    rank = Case(
        When(shortcut__iexact=start, then=Value(0)),
        When(shortcut__istartswith=start, then=Value(1)),
        When(name__icontains=start, then=Value(2)),
        default=Value(3),
        output_field=IntegerField(),
    )
    rows = usable_by(by).filter(fits).select_related("team").order_by(rank, "shortcut", "pk")[:OFFERED]
    return [fill(row, item, by) for row in rows]


def fill(reply: SavedReply, item: Item, by: User) -> Filled:
    missing: list[str] = []

    def value(found: re.Match[str]) -> str:
        known = VARIABLES[found[1]](item, by) if found[1] in VARIABLES else ""
        if not known and found[2] is None:
            missing.append(found[1])
            return found[0]
        return known or found[2]

    text = VARIABLE.sub(value, reply.text)
    limits = limits_for(item, item.connection)
    length = measure.length(text, limits.unit)
    return Filled(reply, text, tuple(missing), length, limits.length is not None and length > limits.length)


def unfilled(text: str) -> list[str]:
    """Variables of ours that still stand in a text that is about to be sent."""
    return [found[0] for found in VARIABLE.finditer(text) if found[1] in VARIABLES]


def _contact(item: Item) -> str:
    return item.contact.name if item.contact else ""


def _handle(item: Item) -> str:
    known = item.contact.identities.exclude(handle="").values_list("handle", flat=True).first() if item.contact else ""
    return known or ""


def _first(name: str) -> str:
    return name.split()[0] if name.split() else ""


VARIABLES: dict[str, Callable[[Item, User], str]] = {
    "contact.name": lambda item, _by: _contact(item),
    "contact.first_name": lambda item, _by: _first(_contact(item)),
    "contact.handle": lambda item, _by: _handle(item),
    "agent.name": lambda _item, by: by.name,
    "agent.first_name": lambda _item, by: _first(by.name),
    "team.name": lambda item, _by: item.team.name,
    "connection.name": lambda item, _by: item.connection.name,
    "item.number": lambda item, _by: str(item.pk),
}
