"""A message that comes in through the real door leaves its mark on the rules that matched."""

from __future__ import annotations

from routing import rulesets
from routing.models import RuleUse
from tests.world import World, entry, receive


def test_a_message_that_comes_in_marks_the_rules_that_matched(world: World) -> None:
    rule = rulesets.create_rule({"name": "Help", "any": ["help"], "team": "support", "state": "live"})
    rulesets.create_rule({"name": "Fun", "any": ["fun"], "team": "marketing", "state": "live"})
    rulesets.publish(by=world.ada)
    (item,) = receive(world.connection, entry("please help"))
    assert item.team == world.support
    assert [use.rule_id for use in RuleUse.objects.all()] == [rule.pk]
