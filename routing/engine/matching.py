"""Which rules match a message, given the numbers that its text holds."""

from collections.abc import Collection, Sequence

from routing.engine.ruleset import Asked, Ruleset
from routing.facts import Facts


def matching(facts: Facts, ruleset: Ruleset, numbers: Sequence[int]) -> set[int]:
    """All rules that match, in whatever state they are."""
    found = set(map(ruleset.route, numbers))
    others = [code for code in found if code < 0]
    found.difference_update(others)
    for code in others:
        certain, asked = ruleset.several[code]
        found.update(certain)
        for at in asked:
            if holds(ruleset.asked[at], facts, numbers):
                found.add(at)
    for at in ruleset.always:
        if holds(ruleset.asked[at], facts, numbers):
            found.add(at)
    return found


def holds(asked: Asked, facts: Facts, present: Collection[int]) -> bool:
    """Whether a rule matches that is worth asking."""
    _at, none, rest = asked
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


def aside(facts: Facts, ruleset: Ruleset, found: set[int]) -> tuple[int, ...]:
    """The rules in shadow, or out of their share of messages: they would have matched."""
    return tuple(at for at in sorted(ruleset.partial & found) if not takes(at, facts, ruleset))


def takes(at: int, facts: Facts, ruleset: Ruleset) -> bool:
    """Whether a rule acts on this message, if it matches."""
    rule = ruleset.rules[at]
    return rule.live and rule.takes(facts.key)
