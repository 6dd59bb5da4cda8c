"""Short ways to ask the engine in tests."""

from __future__ import annotations

from typing import Any

from routing.engine import Decision, Ruleset, decide
from routing.facts import Facts

TEAMS = [{"slug": "support", "name": "Support"}, {"slug": "marketing", "name": "Marketing"}]


def ruleset(*rules: dict[str, Any], fallback: str = "support") -> Ruleset:
    named = [{"name": f"rule {at}", **rule} for at, rule in enumerate(rules, start=1)]
    return Ruleset.from_json({"teams": TEAMS, "fallback": fallback, "rules": named}, version=1)


def ask(text: str, *rules: dict[str, Any], **facts: Any) -> Decision:
    return decide(Facts(text=text, **facts), ruleset(*rules))


def words(keyword: str, text: str, **rule: Any) -> list[str]:
    """The words of the text that a rule with this one keyword finds."""
    decision = ask(text, {"any": [keyword], "team": "marketing", **rule})
    assert (decision.team == "marketing") == bool(decision.hits)
    return [hit.text for hit in decision.hits]
