"""Decide where a message goes: one scan, then only the rules that a hit makes worth asking.

Which further rules match is worked out from the same hits when somebody looks; what decides or adds something, at once.
"""

from bisect import bisect_left

from routing.engine.breaks import Stretches
from routing.engine.decision import Decision
from routing.engine.matching import holds, takes
from routing.engine.ruleset import Asked, Rest, Ruleset
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

    __slots__ = ("adding", "facts", "first", "maybe", "present", "ruleset", "seen", "stretches")

    def __init__(self, facts: Facts, ruleset: Ruleset, seen: Seen, first: int) -> None:
        self.facts = facts
        self.ruleset = ruleset
        self.seen = seen
        self.first = first
        self.adding: list[int] = []
        # The numbers that the text may hold, and those that it does: found out when a rule asks for them.
        self.maybe = seen[0]
        self.present = None if seen[0] and ruleset.scanner.is_unsure(seen[0]) else seen[0]
        self.stretches: Stretches = {}

    def decision(self, worth: list[int]) -> Decision:
        ruleset = self.ruleset
        leads, silent, scanner = ruleset.leads, ruleset.silent, ruleset.scanner
        for number in worth:
            # The rules asked before may have found one that decides before these.
            if leads[number] < self.first and (
                not scanner.sure <= number < scanner.many_words or scanner.stands(number, self.seen, self.stretches)
            ):
                self.ask(*ruleset.candidates[number - silent])
        if ruleset.always:
            self.ask(*ruleset.always_asked)
        decision = Decision(self.facts, ruleset, self.seen, self.first if self.first < ruleset.nobody else None)
        if self.adding:
            _add(decision, sorted({*self.adding}))
        return decision

    def ask(self, deciding: tuple[Asked, ...], adding: tuple[Asked, ...]) -> None:
        for asked in deciding:
            if asked[0] >= self.first:
                break
            if self.holds(asked):
                self.first = asked[0]
                break
        for asked in adding:
            if self.holds(asked):
                self.adding.append(asked[0])

    def holds(self, asked: Asked) -> bool:
        """Whether the rule matches and acts on this message."""
        at, none, rest = asked
        if none or rest:
            present = self.present
            if not holds(asked, self.facts, self._numbers(none, rest) if present is None else present):
                return False
        return at not in self.ruleset.partial or takes(at, self.facts, self.ruleset)

    def _numbers(self, none: frozenset[int], rest: Rest | None) -> list[int]:
        """What the text holds; or may hold, where that says enough: word breaks are dear."""
        if self.present is None:
            if none.isdisjoint(self.maybe) and (rest is None or not (rest[0] or rest[1])):
                return self.maybe
            self.present = self.ruleset.scanner.settled(self.seen)
        return self.present


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
