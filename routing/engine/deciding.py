"""Decide where a message goes: one scan, then only the rules that a hit makes worth asking.

Which further rules match is worked out from the same hits when somebody looks; what decides or adds something, at once.
"""

from bisect import bisect_left

from routing.engine.decision import Decision
from routing.engine.doubt import Doubt
from routing.engine.matching import holds, takes
from routing.engine.ruleset import Asked, Candidates, Ruleset
from routing.engine.scan import Scanner, Seen
from routing.facts import Facts

# What a text holds: the numbers, or where word breaks may take some of them away, who finds out.
Present = Doubt | list[int]


def decide(facts: Facts, ruleset: Ruleset) -> Decision:
    """Pure: the same facts and the same version give the same decision, today and in a year."""
    seen = ruleset.scanner.look(facts.text)
    numbers, leads, silent = seen[0], ruleset.leads, ruleset.silent
    # The first rule that names a team (or ignores) decides. Where a hit is enough, the least number has the first rule.
    first = leads[numbers[0]] if numbers and numbers[0] < silent else ruleset.nobody
    adding: list[int] = []
    present: Present | None = None
    if numbers and numbers[-1] >= silent:
        for number in numbers[bisect_left(numbers, silent) :]:
            # Of the others only those are asked that stand before it, or add something.
            if leads[number] < first:
                present = present or _present(ruleset.scanner, seen)
                if isinstance(present, list) or present.stands(number):
                    first = _ask(ruleset.candidates[number - silent], facts, ruleset, present, first, adding)
    if ruleset.always:
        present = present or _present(ruleset.scanner, seen)
        first = _ask(ruleset.always_asked, facts, ruleset, present, first, adding)
    decision = Decision(facts, ruleset, seen, first if first < ruleset.nobody else None)
    if adding:
        _add(decision, sorted({*adding}))
    return decision


def _present(scanner: Scanner, seen: Seen) -> Present:
    numbers = seen[0]
    return Doubt(scanner, seen) if numbers and scanner.is_unsure(numbers) else numbers


def _ask(
    candidates: Candidates, facts: Facts, ruleset: Ruleset, present: Present, first: int, adding: list[int]
) -> int:
    """The first rule that decides, once these are asked; those that add something are noted."""
    deciding, also = candidates
    for asked in deciding:
        at = asked[0]
        if at >= first:
            break
        if _acts(asked, facts, ruleset, present):
            first = at
            break
    if also:
        adding.extend([asked[0] for asked in also if _acts(asked, facts, ruleset, present)])
    return first


def _acts(asked: Asked, facts: Facts, ruleset: Ruleset, present: Present) -> bool:
    """Whether the rule matches and acts on this message."""
    at, none, rest = asked
    if none or rest:
        numbers = present if isinstance(present, list) else present.enough_for(none, rest)
        if not holds(asked, facts, numbers):
            return False
    return at not in ruleset.partial or takes(at, facts, ruleset)


def _add(decision: Decision, adding: list[int]) -> None:
    """Every rule may add labels and, if none before it has, a priority."""
    labels: tuple[str, ...] = ()
    for at in adding:
        rule = decision.ruleset.rules[at]
        decision.priority = decision.priority or rule.priority
        labels += rule.labels
        if rule.assigns and (rule is decision.rule or not rule.decides):
            decision.assign_to_last_helper = True
    decision.labels = tuple(dict.fromkeys(labels))
