"""Ask where a text would go, without storing anything: behind the API, the page and the command."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone

from routing import rulesets
from routing.engine import Decision, Ruleset, decide, explain
from routing.engine.compiled import CompiledRule
from routing.errors import NoSuchRule
from routing.facts import Facts
from routing.permissions import hidden_teams
from routing.rulesets import drafting
from teams import coverage

_OWN = ("draft", "explain")


def facts_of(given: Mapping[str, Any]) -> Facts:
    """Facts out of checked values; what is not given is as usual."""
    values = {name: value for name, value in given.items() if name not in _OWN}
    at: datetime = values.setdefault("at", timezone.now()).astimezone(UTC)
    values["at"] = at
    values["labels"] = tuple(values.get("labels", ()))
    values["covered"] = frozenset(values["covered"] if "covered" in values else coverage.covered(at))
    return Facts(**values)


def ruleset_of(*, draft: bool) -> Ruleset:
    """The version in force, or the rules as they are being edited."""
    return drafting.draft().ruleset if draft else rulesets.current()


def route(given: Mapping[str, Any], *, viewer: Any) -> dict[str, Any]:
    """The decision in the contract's JSON, without what this person may not know of."""
    facts, ruleset = facts_of(given), ruleset_of(draft=given.get("draft", False))
    hidden = set(hidden_teams(viewer).values_list("slug", flat=True))
    answer = redacted(decide(facts, ruleset), hidden)
    if "explain" in given:
        answer["explanation"] = explain(facts, ruleset, _rule(ruleset, given["explain"], hidden)).to_json()
    return answer


def redacted(decision: Decision, hidden: set[str]) -> dict[str, Any]:
    """Of a private team one cannot see, only that somebody else would get the message is said."""
    answer = decision.to_json()
    for several in ("matched", "shadow"):
        answer[several] = [each for each in answer[several] if each["team"] not in hidden]
    if decision.team in hidden:
        answer |= {"rule": None, "rule_id": None, "team": None, "hits": [], "labels": [], "priority": None}
    return answer


def _rule(ruleset: Ruleset, wanted: int, hidden: set[str]) -> CompiledRule:
    found = next((rule for rule in ruleset.rules if rule.id == wanted and rule.team not in hidden), None)
    if found is None:
        raise NoSuchRule(wanted)
    return found
