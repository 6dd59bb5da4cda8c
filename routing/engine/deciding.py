"""Decide where a message goes: one scan, then only the rules that a hit makes worth asking."""

from routing.engine.decision import Decision
from routing.engine.ruleset import Ruleset
from routing.facts import Facts


def decide(facts: Facts, ruleset: Ruleset) -> Decision:
    """Pure: the same facts and the same version give the same decision, today and in a year."""
    matching = _matching(facts, ruleset, ruleset.scanner.present(facts.text))
    aside = _aside(facts, ruleset, matching) if ruleset.partial else ()
    matching.difference_update(aside)
    deciding = matching - ruleset.idle if ruleset.idle else matching
    # The first rule that names a team (or ignores) decides.
    decision = Decision(facts, ruleset, matching, min(deciding) if deciding else None)
    if aside:
        decision.aside = aside
    adding = ruleset.adding & matching
    if adding:
        _add(decision, sorted(adding))
    return decision


def _matching(facts: Facts, ruleset: Ruleset, present: set[int]) -> set[int]:
    """The rules that match, in whatever state they are."""
    matching = set(map(ruleset.route, present))
    others = [code for code in matching if code < 0]
    matching.difference_update(others)
    for code in others:
        certain, asked = ruleset.several[code]
        matching.update(certain)
        for at in asked:
            if _holds(at, facts, ruleset, present):
                matching.add(at)
    for at in ruleset.always:
        if _holds(at, facts, ruleset, present):
            matching.add(at)
    return matching


def _holds(at: int, facts: Facts, ruleset: Ruleset, present: set[int]) -> bool:
    """Whether a rule matches that is worth asking."""
    none, rest = ruleset.asked[at]
    if not none.isdisjoint(present):
        return False
    if rest is None:
        return True
    groups, nested, when = rest
    for group in groups:
        if group.isdisjoint(present):
            return False
    if nested and not nested.hold(present):
        return False
    return when is None or when.allows(facts)


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
