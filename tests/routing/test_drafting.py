"""The draft is compiled once, and anew after every change that could matter."""

from __future__ import annotations

import pytest

from routing import rulesets
from routing.engine import decide
from routing.facts import Facts
from routing.listing import listing
from routing.models import Rule
from routing.rulesets import drafting
from teams.models import Team
from tests.world import World


def team_of(text: str) -> str:
    return decide(Facts(text=text), drafting.draft().ruleset).team


def test_it_is_compiled_once_while_nothing_changes(world: World) -> None:
    rulesets.create_rule({"name": "a", "any": ["help"], "team": "support", "state": "live"})
    assert drafting.draft().ruleset is drafting.draft().ruleset


def test_it_follows_every_change(world: World) -> None:
    first = rulesets.create_rule({"name": "a", "any": ["help"], "team": "support", "state": "live"})
    assert team_of("help") == "support"
    second = rulesets.create_rule({"name": "b", "any": ["help", "fun"], "team": "marketing", "state": "live"})
    assert (team_of("help"), team_of("fun")) == ("support", "marketing")
    rulesets.reorder([second.pk, first.pk])
    assert team_of("help") == "marketing"
    rulesets.update_rule(second.pk, {"any": ["fun"]})
    assert team_of("help") == "support"
    rulesets.update_rule(first.pk, {"state": "off"})
    assert team_of("help") == "unsorted"
    Rule.objects.filter(pk=second.pk).update(team=world.support)
    assert team_of("fun") == "support"
    Team.objects.filter(is_fallback=True).update(slug="rest")
    assert team_of("help") == "rest"
    rulesets.delete_rule(second.pk)
    assert team_of("fun") == "rest"


@pytest.mark.parametrize(
    ("given", "places"),
    [
        ({}, [1, 2, 3]),
        ({"q": "HELP"}, [1, 3]),
        ({"q": "ช่วย"}, [2]),
        ({"state": "draft"}, [2]),
        ({"state": "nonsense", "q": "\0"}, [1, 2, 3]),
        ({"advised": "1"}, [3]),
        ({"q": "nothing has this"}, []),
        ({"from": "nonsense"}, [1, 2, 3]),
    ],
)
def test_the_list_is_sifted_and_keeps_the_places(world: World, given: dict[str, str], places: list[int]) -> None:
    rulesets.create_rule({"name": "Help", "any": ["can't"], "team": "support", "state": "live"})
    rulesets.create_rule({"name": "Thai", "any": ["ช่วย"], "team": "support", "state": "draft"})
    rulesets.create_rule({"name": "Later", "any": ["can't"], "none": ["helper"], "team": "marketing", "state": "live"})
    found = listing(world.ada, given)
    assert [line.place for line in found.lines] == places
    assert (found.total, found.found) == (3, len(places))
