"""Why a rule matched a message or did not: every keyword and condition, with the values compared."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from routing.engine.compiled import CompiledRule, language_of
from routing.engine.conditions import CONDITIONS, local_time
from routing.engine.decision import Decision, Hit
from routing.engine.ruleset import Ruleset
from routing.facts import Facts


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that a rule asks. `what` is its field, `wanted` what the rule says, `seen` what the message has."""

    what: str
    holds: bool
    wanted: Any
    seen: Any
    hits: tuple[Hit, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "what": self.what,
            "holds": self.holds,
            "wanted": self.wanted,
            "seen": self.seen,
            "hits": [hit._asdict() for hit in self.hits],
        }


@dataclass(frozen=True, slots=True)
class Explanation:
    """Whether a rule matched, whether it counts, and each of its checks in order."""

    rule: str
    rule_id: int | None
    matched: bool
    state: str
    in_share: bool
    checks: tuple[Check, ...] = field(default=())

    @property
    def failed(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if not check.holds)

    def to_json(self) -> dict[str, Any]:
        return {
            "rule": self.rule,
            "rule_id": self.rule_id,
            "matched": self.matched,
            "state": self.state,
            "in_share": self.in_share,
            "checks": [check.to_json() for check in self.checks],
        }


def explain(facts: Facts, ruleset: Ruleset, rule: CompiledRule) -> Explanation:
    """Ask every check of a rule, also those that a decision would skip after the first that fails."""
    decision = Decision(facts, ruleset)
    found: dict[int, list[tuple[int, int]]] = {}
    for each in decision.found:
        found.setdefault(each.number, []).append((each.start, each.end))
    words = _words(rule.data["said"], found, facts.text)
    checks = (*words, *_conditions(facts, rule))
    return Explanation(
        rule=rule.name,
        rule_id=rule.id,
        matched=all(check.holds for check in checks),
        state=rule.data["state"],
        in_share=rule.takes(facts.key),
        checks=checks,
    )


def _words(group: dict[str, Any], found: dict[int, list[tuple[int, int]]], text: str) -> tuple[Check, ...]:
    """A check for any, one for each of all, one for none; nested groups count as one keyword."""
    checks: list[Check] = []
    for key in ("any", "all", "none"):
        members = [(each, _hits(each, found, text)) for each in group.get(key, ())]
        if not members:
            continue
        wanted = [_named(each) for each, _hits_ in members]
        hits = tuple(hit for _each, (_held, hits) in members for hit in hits)
        held = [is_held for _each, (is_held, _hits_) in members]
        seen = [name for name, is_held in zip(wanted, held, strict=True) if is_held]
        holds = {"any": any(held), "all": all(held), "none": not any(held)}[key]
        checks.append(Check(key, holds, wanted, seen, hits))
    return tuple(checks)


def _hits(
    member: list[Any] | dict[str, Any], found: dict[int, list[tuple[int, int]]], text: str
) -> tuple[bool, list[Hit]]:
    """Whether a keyword or a nested group holds, and its hits."""
    if isinstance(member, dict):
        checks = _words(member, found, text)
        return all(check.holds for check in checks), [hit for check in checks for hit in check.hits]
    source, numbers = member
    spans = sorted({span for number in numbers for span in found.get(number, ())})
    known = any(number in found for number in numbers)
    return known, [Hit(source, start, end, text[start:end]) for start, end in spans]


def _named(member: list[Any] | dict[str, Any]) -> Any:
    if isinstance(member, dict):
        return {key: [_named(each) for each in members] for key, members in member.items()}
    return member[0]


def _conditions(facts: Facts, rule: CompiledRule) -> tuple[Check, ...]:
    language = language_of(facts)
    checks = []
    for name, wanted in rule.when.items():
        condition = CONDITIONS[name]
        seen = rule.conditions.seen(condition.seen(wanted, facts, language))
        checks.append(Check(name, condition.holds(wanted, seen), wanted, _shown(name, seen, rule)))
    return tuple(checks)


def _shown(name: str, seen: Any, rule: CompiledRule) -> Any:
    """Times as they stand on the wall in the rule's zone."""
    if not isinstance(seen, datetime):
        return seen
    zone = rule.conditions.zone
    local = local_time(seen, zone)
    return f"{local:%a %H:%M} {zone}" if name == "hours" else f"{local:%a} {zone}"
