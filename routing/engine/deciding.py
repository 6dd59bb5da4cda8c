"""Decide where a message goes: one scan, then only the rules that a hit makes worth asking.

Which further rules match is worked out from the same hits when somebody looks; what decides or adds something, at once.
"""

from bisect import bisect_left

from routing.engine.decision import Decision
from routing.engine.doubt import Doubt
from routing.engine.matching import holds, takes
from routing.engine.ruleset import Asked, Candidates, Ruleset
from routing.engine.scan import Seen
from routing.facts import Facts


def decide(facts: Facts, ruleset: Ruleset) -> Decision:
    """Pure: the same facts and the same version give the same decision, today and in a year."""
    seen = ruleset.scanner.look(facts.text)
    numbers, leads, silent = seen[0], ruleset.leads, ruleset.silent
    if not numbers and not ruleset.always:
        return Decision(facts, ruleset, seen)
    # The first rule that names a team (or ignores) decides. Where a hit is enough, the least number has the first rule.
    first = leads[numbers[0]] if numbers and numbers[0] < silent else ruleset.nobody
    worth: list[int] = []
    if numbers and numbers[-1] >= silent:
        worth = [number for number in numbers[bisect_left(numbers, silent) :] if leads[number] < first]
    if not worth and not ruleset.always:
        return Decision(facts, ruleset, seen, first if first < ruleset.nobody else None)
    return _inquire(facts, ruleset, seen, first, worth)


def _inquire(facts: Facts, ruleset: Ruleset, seen: Seen, first: int, worth: list[int]) -> Decision:
    """Asks the rules that may decide before the first that is known to, and those that add something."""
    numbers, leads, silent = seen[0], ruleset.leads, ruleset.silent
    doubt = Doubt(ruleset.scanner, seen) if numbers and ruleset.scanner.is_unsure(numbers) else None
    adding: list[int] = []
    for number in worth:
        # The rules asked before may have found one that decides before these.
        if leads[number] < first and (doubt is None or doubt.stands(number)):
            first = _ask(ruleset.candidates[number - silent], facts, ruleset, doubt or numbers, first, adding)
    if ruleset.always:
        first = _ask(ruleset.always_asked, facts, ruleset, doubt or numbers, first, adding)
    decision = Decision(facts, ruleset, seen, first if first < ruleset.nobody else None)
    if adding:
        _add(decision, sorted({*adding}))
    return decision


def _ask(
    candidates: Candidates, facts: Facts, ruleset: Ruleset, present: Doubt | list[int], first: int, adding: list[int]
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
        adding.extend(asked[0] for asked in also if _acts(asked, facts, ruleset, present))
    return first


def _acts(asked: Asked, facts: Facts, ruleset: Ruleset, present: Doubt | list[int]) -> bool:
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
    decision.labels = labels if len(adding) == 1 else tuple(dict.fromkeys(labels))
