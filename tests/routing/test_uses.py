"""A message that comes in through the real door leaves its mark on the rules that matched."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone

from inbox.sweep import drain, tidy
from routing import rulesets, uses
from routing.models import RuleUse
from tests.world import World, entry, receive


def test_a_message_that_comes_in_marks_the_rules_that_matched(world: World) -> None:
    rule = rulesets.create_rule({"name": "Help", "any": ["help"], "team": "support", "state": "live"})
    rulesets.create_rule({"name": "Fun", "any": ["fun"], "team": "marketing", "state": "live"})
    rulesets.publish(by=world.ada)
    (item,) = receive(world.connection, entry("please help"))
    assert item.team == world.support
    assert [use.rule_id for use in RuleUse.objects.all()] == [rule.pk]


def used(rule: int, days_ago: int) -> date:
    day = timezone.now().date() - timedelta(days=days_ago)
    RuleUse.objects.create(rule_id=rule, day=day)
    return day


@pytest.fixture
def rule(world: World, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(uses, "_pruned", None)
    return rulesets.create_rule({"name": "Help", "any": ["help"], "team": "support", "state": "live"}).pk


def test_sweeping_forgets_uses_too_old_to_matter_and_no_others(rule: int) -> None:
    kept = [used(rule, days) for days in (0, 399, 400)]
    used(rule, 401)
    assert tidy().forgotten == 1
    assert sorted(RuleUse.objects.values_list("day", flat=True)) == sorted(kept)


def test_it_looks_once_a_day_and_goes_on_while_there_is_more(rule: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uses, "BATCH", 2)
    for days in range(401, 406):
        used(rule, days)
    assert [uses.prune(), uses.prune(), uses.prune()] == [2, 2, 1]
    used(rule, 500)
    assert uses.prune() == 0
    assert RuleUse.objects.count() == 1
    monkeypatch.setattr(uses, "_pruned", timezone.now().date() - timedelta(days=1))
    assert drain().forgotten == 1
    assert RuleUse.objects.count() == 0
