"""What lint finds, and what it leaves alone."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from routing.engine.document import read
from routing.engine.lint import lint
from tests.routing.asking import TEAMS

HELP, FUN = {"any": ["help"], "team": "support"}, {"any": ["fun"], "team": "marketing"}


def found(*rules: dict[str, Any], **options: Any) -> list[tuple[str, list[str], list[str]]]:
    named = [{"name": f"r{at}", "id": at, **rule} for at, rule in enumerate(rules, start=1)]
    raw = {"teams": [*TEAMS], "fallback": "support", "rules": named}
    return [(each.kind, [rule.name for rule in each.rules], list(each.words)) for each in lint(read(raw), **options)]


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([HELP, FUN], []),
        ([HELP, {**HELP, "any": ["help", "aid"]}, FUN], []),
        ([HELP, {**HELP, "any": ["HELP"]}, FUN], [("hidden", ["r2", "r1"], ["HELP"])]),
        ([{**HELP, "any": ["help", "aid"]}, {**HELP, "all": ["x"]}, FUN], [("hidden", ["r2", "r1"], ["help", "x"])]),
        ([{**HELP, "none": ["x"]}, HELP, FUN], []),
        ([{**HELP, "share": 50}, HELP, FUN], []),
        ([{**HELP, "state": "shadow"}, HELP, FUN], []),
        ([HELP, {**HELP, "labels": ["also"]}, FUN], []),
        ([{"team": "support"}, FUN], [("hidden", ["r2", "r1"], ["fun"])]),
        ([{**HELP, "when": {"platform": ["x", "y"]}}, {**HELP, "when": {"platform": "x"}}, FUN],
         [("hidden", ["r2", "r1"], ["help"])]),
        ([{**HELP, "when": {"platform": "x"}}, HELP, FUN], []),
        ([FUN, {"any": ["fun", "joy"], "team": "support"}], [("contradicts", ["r2", "r1"], ["fun"])]),
        ([{**FUN, "when": {"kind": "dm"}}, {"any": ["fun"], "team": "support", "when": {"kind": "review"}}], []),
        ([{"any": ["cannot"], "team": "marketing"}, {"any": ["can't", "x"], "team": "support"}],
         [("contradicts", ["r2", "r1"], ["can't"])]),
        ([HELP, {**FUN, "none": ["fun*"]}], [("never_matches", ["r2"], ["fun"])]),
        ([HELP, {**FUN, "any": ["log in"], "none": ["log"]}], [("never_matches", ["r2"], ["log in"])]),
        ([HELP, {**FUN, "any": ["log in", "joy"], "none": ["log"]}], []),
        ([HELP, {**FUN, "all": ["can't"], "none": ["can*"]}], [("never_matches", ["r2"], ["can't"])]),
        ([HELP, {**HELP, "state": "shadow"}, FUN], [("hidden", ["r2", "r1"], ["help"])]),
        ([HELP, {**HELP, "any": ["help", {"all": ["x", "y"]}]}, FUN], []),
        ([{**FUN, "when": {"author_labels": "a"}}, {**HELP, "any": "fun", "when": {"author_labels": "b"}}],
         [("contradicts", ["r2", "r1"], ["fun"])]),
        ([{**FUN, "when": {"verified": True}}, {**HELP, "any": "fun", "when": {"verified": False}}], []),
        ([HELP], [("no_rule_leads_here", [], [])]),
        ([HELP, {**FUN, "state": "draft"}], [("no_rule_leads_here", [], [])]),
    ],
)  # fmt: skip
def test_findings(rules: list[dict[str, Any]], expected: list[Any]) -> None:
    assert found(*rules) == expected


def test_dead_rules_are_those_without_a_match_for_so_many_days() -> None:
    today, used = date(2026, 5, 31), {1: date(2026, 5, 1), 2: date(2026, 4, 30)}
    assert found(HELP, FUN, {**HELP, "any": ["x"]}, last_used=used, today=today) == [
        ("dead", ["r2"], ["fun"]),
        ("dead", ["r3"], ["x"]),
    ]
    assert found(HELP, FUN, last_used=used, today=today, days=31) == []
    assert found(HELP, FUN, last_used={}) == []
    assert found(HELP, FUN, today=today) == []
