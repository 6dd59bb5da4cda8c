"""Replace all rules by those of a document: what import and restore share."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from routing.engine import document as documents
from routing.engine.document import Document
from routing.engine.errors import RuleError, wrong
from routing.engine.rules import Rule as ReadRule
from routing.errors import InvalidRules
from routing.models import Rule
from teams.models import HUES, Team


def replace_all(raw: Any) -> Document:
    """Teams that the document names are made, the fallback is set, rules keep their ids by id or by name."""
    open_teams = frozenset(Team.objects.filter(closed_at=None).values_list("slug", flat=True))
    fallback = Team.objects.get(is_fallback=True).slug
    try:
        read = documents.read(raw, known_teams=open_teams, fallback=fallback)
        teams = _teams(read)
        _set_fallback(teams[read.fallback])
    except RuleError as error:
        raise InvalidRules(error) from None
    _replace(read, teams)
    return read


def _teams(read: Document) -> dict[str, Team]:
    known = {team.slug: team for team in Team.objects.all()}
    for at, entry in enumerate(read.teams):
        team = known.get(entry.slug)
        if team is None:
            hue = HUES[len(known) % len(HUES)]
            known[entry.slug] = Team.objects.create(
                slug=entry.slug, name=entry.name, time_zone=entry.time_zone, hue=hue
            )
        elif team.closed_at is not None:
            raise wrong(f"teams[{at}].slug", _("The team “%(team)s” is closed.") % {"team": entry.slug})
    return known


def _set_fallback(team: Team) -> None:
    if team.is_fallback:
        return
    try:
        with transaction.atomic():
            Team.objects.filter(is_fallback=True).update(is_fallback=False)
            Team.objects.filter(pk=team.pk).update(is_fallback=True)
    except IntegrityError:
        raise wrong("fallback", _("A private or closed team cannot be the fallback.")) from None


def _replace(read: Document, teams: dict[str, Team]) -> None:
    old = {rule.pk: rule for rule in Rule.objects.select_for_update()}
    known = set(old)
    by_name: dict[str, list[Rule]] = defaultdict(list)
    for rule in old.values():
        by_name[rule.name].append(rule)
    rows = [_row(each, at, old, by_name, teams) for at, each in enumerate(read.rules, start=1)]
    kept = {row.pk for row in rows if row.pk in known}
    Rule.objects.exclude(pk__in=kept).delete()
    Rule.objects.bulk_update([row for row in rows if row.pk in kept], _FIELDS, batch_size=500)
    Rule.objects.bulk_create([row for row in rows if row.pk not in kept], batch_size=500)


_FIELDS = ["name", "position", "state", "share", "team", "body"]


def _row(
    read: ReadRule, position: int, old: dict[int, Rule], by_name: dict[str, list[Rule]], teams: dict[str, Team]
) -> Rule:
    same = old.pop(read.id, None) if read.id is not None else None
    while same is None and by_name[read.name]:
        candidate = by_name[read.name].pop(0)
        same = old.pop(candidate.pk, None)
    row = same or Rule(pk=read.id)
    row.name, row.position, row.state, row.share = read.name, position, read.state, read.share
    row.team = teams[read.team] if read.team else None
    row.body = read.body()
    return row
