"""Which rules matched on which days: enough to tell a dead rule from a living one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from routing.engine import Decision
from routing.models import Rule, RuleUse

KEPT = timedelta(days=400)
BATCH = 5_000
# Rules known to be recorded for a day; a process writes a rule once a day, not once a message.
_recorded: set[tuple[int, date]] = set()

_pruned: date | None = None


def record(decisions: Iterable[Decision]) -> None:
    """Note the rules that matched, within the caller's transaction."""
    day = timezone.now().date()
    matched = {(rule.id, day) for each in decisions for rule in (each.rule, *each.matched, *each.shadow) if rule}
    fresh = {(rule, day) for rule, day in matched if rule is not None} - _recorded
    if not fresh:
        return
    known = set(Rule.objects.filter(pk__in={rule for rule, _day in fresh}).values_list("pk", flat=True))
    rows = [RuleUse(rule_id=rule, day=day) for rule, day in sorted(fresh) if rule in known]
    RuleUse.objects.bulk_create(rows, ignore_conflicts=True)
    transaction.on_commit(lambda: _remember(fresh, day))


def _remember(fresh: set[tuple[int, date]], day: date) -> None:
    _recorded.difference_update({each for each in _recorded if each[1] != day})
    _recorded.update(fresh)


def last_used() -> dict[int, date]:
    """The last day of every rule that ever matched."""
    return dict(RuleUse.objects.values_list("rule").annotate(last=Max("day")))


def prune() -> int:
    """Forget what is too old to matter: once a day in each process that sweeps, some rows at a time."""
    global _pruned
    today = timezone.now().date()
    if _pruned == today:
        return 0
    old = RuleUse.objects.filter(day__lt=today - KEPT).values("pk")[:BATCH]
    gone = RuleUse.objects.filter(pk__in=old).delete()[0]
    if gone < BATCH:
        _pruned = today
    return gone
