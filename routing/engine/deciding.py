"""Decide where a message goes: one scan, then only the rules that a hit makes worth asking."""

from routing.engine.decision import Decision
from routing.engine.ruleset import SEVERAL, Question, Ruleset
from routing.facts import Facts


def decide(facts: Facts, ruleset: Ruleset) -> Decision:
    """Pure: the same facts and the same version give the same decision, today and in a year."""
    matching = _matching(facts, ruleset, ruleset.scanner.present(facts.text))
    aside: tuple[int, ...] = ()
    if not ruleset.partial.isdisjoint(matching):
        aside = _aside(facts, ruleset, matching)
        matching.difference_update(aside)
    deciding = matching - ruleset.idle if ruleset.idle else matching
    # The first rule that names a team (or ignores) decides.
    decision = Decision(facts, ruleset, matching, min(deciding) if deciding else None, aside)
    if not ruleset.adding.isdisjoint(matching):
        _add(decision, sorted(ruleset.adding & matching))
    return decision


def _matching(facts: Facts, ruleset: Ruleset, present: set[int]) -> set[int]:
    """The rules that match, in whatever state they are."""
    matching = set(map(ruleset.routes.__getitem__, present))
    matching.update(ruleset.always)
    others = [at for at in matching if at < 0]
    if others:
        matching.difference_update(others)
        for at in others:
            if at > SEVERAL:
                if _holds(ruleset.questions[~at], facts, present):
                    matching.add(~at)
            else:
                _add_several(matching, ruleset.several[SEVERAL - at], facts, ruleset, present)
    return matching


def _add_several(matching: set[int], rules: tuple[int, ...], facts: Facts, ruleset: Ruleset, present: set[int]) -> None:
    for at in rules:
        if at >= 0:
            matching.add(at)
        elif _holds(ruleset.questions[~at], facts, present):
            matching.add(~at)


def _holds(question: Question, facts: Facts, present: set[int]) -> bool:
    none, groups, nested, conditional = question
    if none and not none.isdisjoint(present):
        return False
    for group in groups:
        if group.isdisjoint(present):
            return False
    if nested and not nested.hold(present):
        return False
    return conditional is None or conditional.allows(facts)


def _aside(facts: Facts, ruleset: Ruleset, matching: set[int]) -> tuple[int, ...]:
    """The rules in shadow, or out of their share of messages: they would have matched."""
    rules = ruleset.rules
    return tuple(at for at in sorted(ruleset.partial & matching) if not (rules[at].live and rules[at].takes(facts.key)))


def _add(decision: Decision, adding: list[int]) -> None:
    """Every rule may add labels and, if none before it has, a priority."""
    labels: tuple[str, ...] = ()
    for at in adding:
        rule = decision.ruleset.rules[at]
        decision.priority = decision.priority or rule.priority
        labels += rule.labels
        if rule.assigns and (rule is decision.rule or not rule.decides):
            decision.assign_to_last_helper = True
    decision.labels = labels if len(adding) == 1 else tuple(dict.fromkeys(labels))
