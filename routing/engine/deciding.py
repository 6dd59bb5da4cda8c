"""Decide where a message goes: one scan, then only the rules that a hit makes worth asking."""

from collections.abc import Callable

from routing.engine.decision import Decision
from routing.engine.language import detect
from routing.engine.ruleset import CLOSER_LOOK, DECIDES, CompiledRule, Ruleset
from routing.facts import Facts


def decide(facts: Facts, ruleset: Ruleset) -> Decision:
    """Pure: the same facts and the same version give the same decision, today and in a year."""
    present = ruleset.scanner.present(facts.text)
    matching = sorted(_matching(facts, ruleset, present))
    return _resolve(facts, ruleset, matching)


def language_of(facts: Facts) -> Callable[[], str]:
    return lambda: facts.language.lower() or detect(facts.text)


def _matching(facts: Facts, ruleset: Ruleset, present: set[int]) -> set[int]:
    """The rules that match, in whatever state they are."""
    matching: set[int] = set()
    asked: set[int] = set(ruleset.always)
    direct, candidates = ruleset.direct, ruleset.candidates
    for number in present:
        if direct[number]:
            matching.update(direct[number])
        if candidates[number]:
            asked.update(candidates[number])
    if asked:
        rules, language = ruleset.rules, language_of(facts)
        for at in asked:
            rule = rules[at]
            if rule.words.hold(present) and (not rule.tests or rule.allows(facts, language)):
                matching.add(at)
    return matching


def _resolve(facts: Facts, ruleset: Ruleset, matching: list[int]) -> Decision:
    """First rule that names a team (or ignores) decides; every live one may add labels and, if none has, a priority."""
    decider: int | None = None
    extras: list[CompiledRule] = []
    aside: list[int] = []
    roles = ruleset.roles
    for at in matching:
        role = roles[at]
        if role == CLOSER_LOOK:
            rule = ruleset.rules[at]
            if not (rule.live and rule.takes(facts.key)):
                aside.append(at)
                continue
            extras.append(rule)
            role = DECIDES if rule.decides else role
        if role == DECIDES and decider is None:
            decider = at
    if aside:
        matching = [at for at in matching if at not in aside]
    decision = Decision(facts, ruleset, matching, decider, tuple(aside))
    if extras:
        _add(decision, extras)
    return decision


def _add(decision: Decision, extras: list[CompiledRule]) -> None:
    decision.priority = next((rule.priority for rule in extras if rule.priority), None)
    decision.labels = tuple(dict.fromkeys(label for rule in extras for label in rule.labels))
    decision.assign_to_last_helper = any(
        rule.assigns and (rule is decision.rule or not rule.decides) for rule in extras
    )
