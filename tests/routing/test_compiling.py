"""What becomes of a document: every keyword a number, every rule sets of numbers, and a blob that brings both back."""

from __future__ import annotations

import gc
import sys
from datetime import UTC, datetime
from typing import Any

import pytest

from routing.engine import Ruleset, decide, document, scan
from routing.engine import ruleset as compiled
from routing.engine.plan import Plan, plan
from routing.facts import Facts
from tests.routing.asking import TEAMS, ask, ruleset

TOKYO = {"slug": "tokyo", "name": "Tokyo", "time_zone": "Asia/Tokyo"}
RULES: list[dict[str, Any]] = [
    {"any": ["zebra", "apple"], "team": "support"},
    {"any": ["ขอ"], "none": ["คน"], "ignore": True},
    {"any": ["lime"], "team": "support", "labels": ["x"]},
    {"all": [{"any": ["fig", "pear", "plum"]}, "kiwi"], "none": ["grape"], "team": "support"},
    {"any": ["date"], "ignore": True},
    {"any": ["กก"], "team": "tokyo", "when": {"days": ["mon"]}},
    {"any": ["run~", "c++", "/gr+eat/", "@me", "#tag", "apple"], "team": "marketing"},
    {"any": ["off"], "state": "off"},
    {"any": ["sloe"], "state": "shadow", "team": "support"},
    {"any": ["rose"], "share": 50, "team": "support"},
    {"any": ["pine"], "team": "support", "priority": "low"},
    {"any": ["bean"], "team": "support", "assign": "last_helper"},
    {"any": ["leek"], "labels": ["y"], "when": {"hours": "09:00-10:00"}},
    {"any": [{"all": ["beet", "kale"]}], "team": "support"},
    {"none": ["okra"], "team": "support", "when": {"platform": "x"}},
]
DOCUMENT = {
    "teams": [*TEAMS, TOKYO],
    "fallback": "marketing",
    "rules": [{"name": str(at), **rule} for at, rule in enumerate(RULES)],
}


def planned() -> Plan:
    return plan(document.read(DOCUMENT))


def test_keywords_are_numbered_by_what_a_hit_says_and_then_by_their_first_rule() -> None:
    made = planned()
    assert [atom.pattern.strip() for atom in made.atoms] == [
        # A hit of these decides; then those that say nothing alone; then those whose rules have to be asked.
        "apple", "zebra", "date", "# tag", "@me",
        "fig", "grape", "kale", "okra", "pear", "plum",
        "lime", "kiwi", "sloe", "rose", "pine", "bean", "leek", "beet",
        # Then those that have to stand between word breaks, signs, word forms, expressions.
        "คน", "ขอ", "กก", "c++", "en run", "gr+eat",
    ]  # fmt: skip
    assert (made.leads, made.silent, made.fallback) == ([0, 0, 4, 6, 6], 11, "marketing")


def test_a_rule_is_asked_by_the_fewest_keywords_of_which_one_has_to_be_there() -> None:
    made = planned()
    assert {rule["name"]: (rule["trigger"], rule["direct"]) for rule in made.rules} == {
        "0": ([0, 1], True), "1": ([20], False), "2": ([11], True), "3": ([12], False), "4": ([2], True),
        "5": ([21], False), "6": ([0, 3, 4, 22, 23, 24], True), "8": ([13], True), "9": ([14], True),
        "10": ([15], True), "11": ([16], True), "12": ([17], False), "13": ([18], False), "14": (None, False),
    }  # fmt: skip


def test_days_and_hours_are_meant_in_the_zone_of_the_team() -> None:
    assert {rule["name"]: rule["when"] for rule in planned().rules if rule["when"]} == {
        "5": {"days": ["mon"], "zone": "Asia/Tokyo"},
        "12": {"hours": "09:00-10:00", "zone": "UTC"},
        "14": {"platform": ["x"]},
    }


def test_days_and_hours_of_a_rule_without_a_team() -> None:
    at = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
    for when, holds in ({"hours": "09:00-10:00"}, True), ({"hours": "10:00-11:00"}, False), ({"days": ["mon"]}, True):
        assert (ask("x", {"when": when, "labels": ["y"]}, at=at).labels == ("y",)) is holds


def test_a_plan_comes_back_from_plain_data() -> None:
    made = planned()
    assert Plan.from_json(made.to_json()) == made
    assert Plan.from_json({**made.to_json(), "atoms": [list(atom) for atom in made.atoms]}) == made


TEXTS = [
    "a zebra", "ขอ", "ขอ คน", "lime", "kiwi pear", "kiwi pear grape", "date", "running C++ grreat @me #Tag",
    "rose sloe", "pine bean leek", "kale beet", "okra", "", "nothing at all",
]  # fmt: skip


def test_a_blob_brings_back_the_same_ruleset_and_nothing_is_built_again(monkeypatch: pytest.MonkeyPatch) -> None:
    once = Ruleset.from_json(DOCUMENT, version=7)
    blob = once.to_blob()
    expected = [decide(Facts(text=text, key="k"), once).to_json() for text in TEXTS]
    automaton = scan.Automaton

    class Ready:
        """The automaton as it comes, for the words; signs are few and are built."""

        deserialize = staticmethod(scan.Automaton.deserialize)

        def __new__(cls, given: list[str]) -> Any:
            assert given == ["c++"]
            return automaton(given)

    monkeypatch.setattr(scan, "Automaton", Ready)
    again = Ruleset.from_blob(blob, version=7)
    assert (again.version, again.plan, again.scanner.atoms) == (7, once.plan, once.plan.atoms)
    assert [decide(Facts(text=text, key="k"), again).to_json() for text in TEXTS] == expected
    assert again.to_blob() == blob
    assert Ruleset.from_blob(blob, version=8).version == 8


def test_a_blob_of_a_ruleset_without_words() -> None:
    once = ruleset({"when": {"platform": "x"}, "team": "marketing"})
    again = Ruleset.from_blob(once.to_blob(), version=1)
    assert again.scanner.serialized() == b""
    assert [decide(Facts(text="a", platform=each), again).team for each in ("x", "y")] == ["marketing", "support"]


def test_a_blob_is_worth_nothing_once_what_it_depends_on_is_another(monkeypatch: pytest.MonkeyPatch) -> None:
    versions = {"daachorse": "1.5", "snowballstemmer": "3.0"}
    monkeypatch.setattr(compiled, "installed", versions.__getitem__)
    tags = {compiled.engine_tag()}
    for name in versions:
        monkeypatch.setitem(versions, name, "9")
        tags.add(compiled.engine_tag())
    for module, name in ((compiled, "PLAN_VERSION"), (compiled, "FOLD_VERSION"), (sys, "byteorder")):
        monkeypatch.setattr(module, name, "other")
        tags.add(compiled.engine_tag())
    assert len(tags) == 6


@pytest.mark.parametrize("on", [True, False])
def test_garbage_is_looked_for_afterwards_if_it_was_before(on: bool) -> None:
    before = gc.isenabled()
    try:
        (gc.enable if on else gc.disable)()
        with compiled.no_collection():
            assert not gc.isenabled()
        assert gc.isenabled() is on
    finally:
        (gc.enable if before else gc.disable)()


def test_a_ruleset_not_published_has_no_version() -> None:
    assert Ruleset.from_json(DOCUMENT).version == 0
    assert Ruleset.of(document.read(DOCUMENT)).version == 0
    assert Ruleset(planned()).version == 0


def test_each_rule_has_its_own_conditions() -> None:
    rules = [
        {"any": ["help"], "when": {"platform": "x"}, "team": "marketing"},
        {"any": ["help"], "when": {"platform": "y"}, "labels": ["l"]},
        {"any": ["help"], "when": {"platform": "x"}, "labels": ["m"]},
    ]
    given = {each: ask("help", *rules, platform=each) for each in ("x", "y", "z")}
    assert {each: (decision.team, decision.labels) for each, decision in given.items()} == {
        "x": ("marketing", ("m",)), "y": ("support", ("l",)), "z": ("support", ()),
    }  # fmt: skip
    made = ruleset(*rules)
    assert made.rules[0].conditions is made.rules[2].conditions


def test_rules_without_keywords_are_among_the_matched() -> None:
    help_ = {"any": ["help"], "team": "support"}
    always = [
        {"when": {"platform": "x"}, "team": "marketing"},
        {"none": ["me"], "team": "marketing"},
        {"when": {"platform": "y"}, "labels": ["y"]},
        {"team": "marketing"},
    ]
    decision = ask("help me", help_, *always, platform="x")
    assert [rule.name for rule in decision.matched] == ["rule 2", "rule 5"]
    assert [rule.name for rule in ask("help", help_, *always, platform="z").matched] == ["rule 3", "rule 5"]
    asked = ask("help", help_, {"any": ["help"], "when": {"platform": "x"}, "labels": ["l"]}, platform="x")
    assert [rule.name for rule in asked.matched] == ["rule 2"]


def test_rules_that_share_a_keyword_are_told_apart() -> None:
    rules = [
        {"any": ["a", "b"], "team": "support"},
        {"any": ["a"], "none": ["c"], "team": "marketing"},
        {"any": ["a"], "labels": ["l"]},
        {"any": ["b", "c"], "team": "marketing"},
        {"all": ["a", "b"], "labels": ["m"]},
    ]
    assert _matching("a", *rules) == [1, 2, 3]
    assert _matching("a c", *rules) == [1, 3, 4]
    assert _matching("b", *rules) == [1, 4]
    assert _matching("c", *rules) == [4]
    assert _matching("b a", *rules) == [1, 2, 3, 4, 5]


def test_a_rule_in_shadow_is_named_if_it_matches_only() -> None:
    shadow = {"any": ["a"], "state": "shadow", "team": "marketing"}
    assert ask("b", {"any": ["b"], "team": "support"}, shadow).shadow == ()
    alone = ask("a", shadow)
    assert (alone.rule, alone.team, [rule.name for rule in alone.shadow]) == (None, "support", ["rule 1"])


def test_a_word_that_only_refuses_decides_nothing() -> None:
    assert ask("b", {"any": ["a"], "none": ["b"], "team": "marketing"}).rule is None
    assert ask("b a", {"any": ["a"], "none": ["b"], "team": "marketing"}).rule is None


def test_a_priority_alone_labels_alone_or_an_agent_alone_are_added() -> None:
    rules = [
        {"any": ["a"], "priority": "low"},
        {"any": ["a"], "labels": ["l"]},
        {"any": ["a"], "assign": "last_helper"},
    ]
    for at, expected in enumerate([("low", (), False), (None, ("l",), False), (None, (), True)]):
        decision = ask("a", rules[at])
        assert (decision.priority, decision.labels, decision.assign_to_last_helper) == expected


def _matching(text: str, *rules: dict[str, Any]) -> list[int]:
    decision = ask(text, *rules)
    return sorted(int(rule.name.split()[1]) for rule in (decision.rule, *decision.matched) if rule)
