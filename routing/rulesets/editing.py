"""Edit single rules. Nothing here changes what is in force: that takes a publish."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Max
from django.utils.translation import gettext as _

from routing.engine import rules as reading
from routing.engine.errors import RuleError
from routing.engine.limits import RULES_PER_SET
from routing.engine.rules import Rule as ReadRule
from routing.errors import InvalidRules, NoSuchRule
from routing.models import Rule
from routing.rulesets.publishing import alone
from teams.errors import Invalid
from teams.models import Team

_POSITION = "position"


def create_rule(data: Mapping[str, Any]) -> Rule:
    """Add a rule; at the end, unless a position is given."""
    with alone():
        if Rule.objects.count() >= RULES_PER_SET:
            raise Invalid(rule=_("A ruleset may have %(limit)s rules.") % {"limit": RULES_PER_SET})
        rule = Rule()
        _fill(rule, {"state": Rule.State.DRAFT, **_without_position(data)})
        rule.position = (Rule.objects.aggregate(last=Max(_POSITION))["last"] or 0) + 1
        rule.save(force_insert=True)
        _move(rule, data)
        return rule


def update_rule(rule: int, data: Mapping[str, Any]) -> Rule:
    """Change the given fields of a rule and leave the others."""
    with alone():
        row = _get(rule)
        changes = _without_position(data)
        if changes:
            _fill(row, {**row.to_json(), **changes})
            row.save()
        _move(row, data)
        return row


def delete_rule(rule: int) -> None:
    """Remove a rule; the versions that hold it stay as they are."""
    with alone():
        _get(rule).delete()


def reorder(rules: Sequence[int]) -> None:
    """Put the named rules in this order, in the places that they hold among all."""
    with alone():
        named = {row.pk: row for row in Rule.objects.filter(pk__in=rules)}
        if len(named) != len(rules):
            raise Invalid(rules=_("Name existing rules, each once."))
        places = sorted((row.position, row.pk) for row in named.values())
        for (position, _pk), pk in zip(places, rules, strict=True):
            named[pk].position = position
        Rule.objects.bulk_update(named.values(), [_POSITION])


def _get(rule: int) -> Rule:
    row = Rule.objects.select_for_update(of=("self",)).select_related("team").filter(pk=rule).first()
    if row is None:
        raise NoSuchRule(rule)
    return row


def _without_position(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name not in (_POSITION, "id")}


def read_rule(data: Mapping[str, Any]) -> ReadRule:
    """A rule of this deployment's teams, valid, or InvalidRules."""
    slugs = frozenset(Team.objects.filter(closed_at=None).values_list("slug", flat=True))
    try:
        return reading.read(dict(data), teams=slugs)
    except RuleError as error:
        raise InvalidRules(error) from None


def _fill(row: Rule, data: Mapping[str, Any]) -> None:
    read = read_rule(data)
    row.name, row.state, row.share, row.body = read.name, read.state, read.share, read.body()
    row.team = Team.objects.get(slug=read.team) if read.team else None


def _move(row: Rule, data: Mapping[str, Any]) -> None:
    """To a position counted from 1; the others make room."""
    if data.get(_POSITION) in (None, ""):
        return
    try:
        wanted = int(data[_POSITION])
    except (TypeError, ValueError, OverflowError):
        wanted = 0
    if wanted < 1:
        raise Invalid(position=_("A position is a whole number, 1 is the first."))
    order = [pk for pk in Rule.objects.values_list("pk", flat=True) if pk != row.pk]
    order.insert(max(0, min(wanted - 1, len(order))), row.pk)
    rows = [Rule(pk=pk, position=at) for at, pk in enumerate(order, start=1)]
    Rule.objects.bulk_update(rows, [_POSITION], batch_size=1_000)
    row.position = order.index(row.pk) + 1
