"""Decide where a message goes: one scan, then only the rules that a hit makes worth asking."""

from collections.abc import Callable

from routing.engine.decision import Decision
from routing.engine.language import detect
from routing.engine.ruleset import CompiledRule, Ruleset
from routing.facts import Facts


def decide(facts: Facts, ruleset: Ruleset) -> Decision:
    """Pure: the same facts and the same version give the same decision, today and in a year."""
    present = ruleset.scanner.present(facts.text)
    matching = _matching(facts, ruleset, present)
    if ruleset.closer_look.isdisjoint(matching):
        return Decision(facts, ruleset, matching, _first(ruleset, matching))
    return _resolve(facts, ruleset, sorted(matching))


def language_of(facts: Facts) -> Callable[[], str]:
    return lambda: facts.language.lower() or detect(facts.text)


def _matching(facts: Facts, ruleset: Ruleset, present: set[int]) -> set[int]:
    """The rules that match, in whatever state they are."""
    matching = set[int]().union(*map(ruleset.direct.__getitem__, present))
    asking = ruleset.asking & present
    if asking or ruleset.always:
        asked = set(ruleset.always).union(*map(ruleset.candidates.__getitem__, asking))
        rules, language = ruleset.rules, language_of(facts)
        for at in asked:
            rule = rules[at]
            if rule.words.hold(present) and (not rule.tests or rule.allows(facts, language)):
                matching.add(at)
    return matching


def _first(ruleset: Ruleset, matching: set[int]) -> int | None:
    """Of rules that only lead to a team or do nothing, the one that decides."""
    if matching and ruleset.idle:
        matching = matching - ruleset.idle
    return min(matching) if matching else None


def _resolve(facts: Facts, ruleset: Ruleset, matching: list[int]) -> Decision:
    """First rule that names a team (or ignores) decides; every live one may add labels and, if none has, a priority."""
    decider: int | None = None
    extras: list[CompiledRule] = []
    aside: list[int] = []
    for at in matching:
        decides = at not in ruleset.idle
        if at in ruleset.closer_look:
            rule = ruleset.rules[at]
            if not (rule.live and rule.takes(facts.key)):
                aside.append(at)
                continue
            extras.append(rule)
            decides = rule.decides
        if decides and decider is None:
            decider = at
    decision = Decision(facts, ruleset, set(matching).difference(aside), decider, tuple(aside))
    if extras:
        _add(decision, extras)
    return decision


def _add(decision: Decision, extras: list[CompiledRule]) -> None:
    decision.priority = next((rule.priority for rule in extras if rule.priority), None)
    decision.labels = tuple(dict.fromkeys(label for rule in extras for label in rule.labels))
    decision.assign_to_last_helper = any(
        rule.assigns and (rule is decision.rule or not rule.decides) for rule in extras
    )
