"""Reasons in full: what is said of a rule and of a decision, each value in its field."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from routing.engine import Ruleset, decide, explain
from routing.engine.explaining import Check
from routing.facts import Facts
from tests.routing.asking import TEAMS, ask, ruleset

MONDAY = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)


def explained(text: str, rule: dict[str, Any], **facts: Any) -> dict[str, Any]:
    once = ruleset({"id": 7, "name": "Trouble", **rule})
    return explain(Facts(text=text, **facts), once, once.rules[0]).to_json()


def hit(keyword: str, start: int, end: int, text: str) -> dict[str, Any]:
    return {"keyword": keyword, "start": start, "end": end, "text": text}


def test_an_explanation_says_everything_about_its_rule() -> None:
    rule = {"any": [{"all": ["not", "working"], "none": ["x"]}, "help"], "state": "shadow", "share": 79}
    assert explained("Not working, not today", rule, key="2") == {
        "rule": "Trouble",
        "rule_id": 7,
        "matched": True,
        "state": "shadow",
        # By its number the rule has this message at 79 of 100.
        "in_share": False,
        "checks": [
            {
                "what": "any",
                "holds": True,
                "wanted": [{"all": ["not", "working"], "none": ["x"]}, "help"],
                "seen": [{"all": ["not", "working"], "none": ["x"]}],
                "hits": [hit("not", 0, 3, "Not"), hit("not", 13, 16, "not"), hit("working", 4, 11, "working")],
            }
        ],
    }
    assert explained("help", {**rule, "share": 80}, key="2")["in_share"] is True


@pytest.mark.parametrize(
    ("when", "zone", "what", "seen"),
    [
        ({"hours": "09:00-10:00"}, "UTC", "hours", "Mon 09:30 UTC"),
        ({"hours": "09:00-10:00", "zone": "Asia/Tokyo"}, "Asia/Tokyo", "hours", "Mon 18:30 Asia/Tokyo"),
        ({"days": ["mon"], "zone": "Asia/Tokyo"}, "Asia/Tokyo", "days", "Mon Asia/Tokyo"),
        ({"days": ["mon"]}, "UTC", "days", "Mon UTC"),
        ({"language": ["de"]}, "UTC", "language", "de-at"),
        ({"platform": ["x"]}, "UTC", "platform", "y"),
        ({"author_labels": ["vip"]}, "UTC", "author_labels", ["vip", "press"]),
        ({"on_duty": ["b"]}, "UTC", "on_duty", ["a", "b"]),
    ],
)
def test_what_a_condition_sees(when: dict[str, Any], zone: str, what: str, seen: Any) -> None:
    facts = {"at": MONDAY, "language": "de-AT", "platform": "y", "labels": ("VIP", "Press")}
    once = ruleset({"when": when, "team": "marketing"})
    (check,) = explain(Facts(text="a", covered=frozenset("ba"), **facts), once, once.rules[0]).checks
    assert (check.what, check.seen, once.rules[0].conditions.zone) == (what, seen, zone)
    assert check.wanted == once.rules[0].when[what]


def test_the_checks_that_failed() -> None:
    once = ruleset({"any": ["a"], "all": ["b"], "none": ["c"], "team": "marketing"})
    why = explain(Facts(text="b c"), once, once.rules[0])
    assert [check.what for check in why.failed] == ["any", "none"]
    assert why.checks[1] == Check("all", True, ["b"], ["b"], why.checks[1].hits)
    assert [tuple(each) for each in why.checks[1].hits] == [("b", 0, 1, "b")]


def test_a_decision_says_everything_as_plain_data() -> None:
    raw = {
        "teams": TEAMS,
        "fallback": "support",
        "rules": [
            {"id": 4, "name": "Soon", "any": ["me"], "state": "shadow", "team": "marketing"},
            {"id": 5, "name": "Help", "any": ["help", "lp"], "team": "marketing", "priority": "high", "labels": ["l"]},
            {"id": 6, "name": "Me", "any": ["me", "help me"], "labels": ["m"]},
            {"id": 7, "name": "Later", "any": ["me"], "state": "shadow", "team": "marketing"},
            {"id": 8, "name": "Label", "any": ["me"], "state": "shadow", "labels": ["n"]},
        ],
    }
    once = Ruleset.from_json(raw, version=3)
    me = [hit("me", 5, 7, "me")]
    assert decide(Facts(text="Help me help", language="en"), once).to_json() == {
        "version": 3, "rule": "Help", "rule_id": 5, "team": "marketing", "priority": "high", "labels": ["l", "m"],
        "ignore": False, "assign_to_last_helper": False, "language": "en",
        "hits": [hit("help", 0, 4, "Help"), hit("help", 8, 12, "help")],
        "matched": [{"rule": "Me", "rule_id": 6, "team": None, "hits": [hit("help me", 0, 7, "Help me"), *me]}],
        "shadow": [
            {"rule": "Soon", "rule_id": 4, "team": "marketing", "hits": me, "would_decide": True},
            {"rule": "Later", "rule_id": 7, "team": "marketing", "hits": me, "would_decide": False},
            {"rule": "Label", "rule_id": 8, "team": None, "hits": me, "would_decide": False},
        ],
    }  # fmt: skip


def test_hits_stand_in_the_order_of_the_text_and_one_word_may_be_several() -> None:
    decision = ask("b a", {"any": ["a", "b", "b*", "b a"], "team": "marketing"})
    assert [tuple(each)[:3] for each in decision.hits] == [("b", 0, 1), ("b*", 0, 1), ("b a", 0, 3), ("a", 2, 3)]


def test_conditions_of_several_kinds_are_asked_together() -> None:
    rule = {"when": {"language": "de", "days": "mon", "on_duty": "a", "verified": True}, "team": "marketing"}
    facts = {"at": MONDAY, "language": "de", "covered": frozenset("a"), "verified": True}
    assert ask("x", rule, **facts).team == "marketing"
    for other in ({"language": "en"}, {"covered": frozenset("b")}, {"verified": False}):
        assert ask("x", rule, **{**facts, **other}).team == "support"
