"""Decide where a message goes: one scan, then only the rules that a hit makes worth asking.

Which further rules match is worked out from the same hits when somebody looks; what decides or adds something, at once.
"""

from bisect import bisect_left

from routing.engine.decision import Decision
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
    return _Inquiry(facts, ruleset, seen, first).decision(worth)


class _Inquiry:
    """Asks the rules that may decide before the first that is known to, and those that add something."""

    __slots__ = ("adding", "facts", "first", "present", "ruleset", "seen")

    def __init__(self, facts: Facts, ruleset: Ruleset, seen: Seen, first: int) -> None:
        self.facts = facts
        self.ruleset = ruleset
        self.seen = seen
        self.first = first
        self.adding: set[int] = set()
        self.present: set[int] | None = None

    def decision(self, worth: list[int]) -> Decision:
        ruleset = self.ruleset
        for number in worth:
            # The rules asked before may have found one that decides before these.
            if ruleset.leads[number] < self.first and ruleset.scanner.stands(number, self.seen):
                self.ask(ruleset.candidates[number - ruleset.silent])
        if ruleset.always:
            self.ask(ruleset.always_asked)
        decision = Decision(self.facts, ruleset, self.seen, self.first if self.first < ruleset.nobody else None)
        if self.adding:
            _add(decision, sorted(self.adding))
        return decision

    def ask(self, candidates: Candidates) -> None:
        for asked in candidates[0]:
            if asked[0] >= self.first:
                break
            if self.holds(asked):
                self.first = asked[0]
                break
        self.adding.update([asked[0] for asked in candidates[1] if self.holds(asked)])

    def holds(self, asked: Asked) -> bool:
        """Whether the rule matches and acts on this message."""
        at, none, rest = asked
        if none or rest:
            if self.present is None:
                self.present = set(self.ruleset.scanner.settled(self.seen))
            if not holds(asked, self.facts, self.present):
                return False
        return at not in self.ruleset.partial or takes(at, self.facts, self.ruleset)


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
