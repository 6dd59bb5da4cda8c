"""What a ruleset version says about a message. The spans are worked out when somebody looks."""

from functools import cached_property
from typing import Any, NamedTuple

from routing.engine.compiled import CompiledRule
from routing.engine.language import detect
from routing.engine.matching import aside, matching
from routing.engine.ruleset import Ruleset
from routing.engine.scan import NOTHING, Found, Seen
from routing.facts import Facts


class Hit(NamedTuple):
    """A keyword of a rule, and the words that it found, in code points of the original text."""

    keyword: str
    start: int
    end: int
    text: str


class Decision:
    """Team, labels and priority at once; reasons on demand. Equal facts and version give an equal decision."""

    # What most rules do not ask for; set on the decision by `decide` where one does.
    priority: str | None = None
    labels: tuple[str, ...] = ()
    assign_to_last_helper = False
    _all: set[int] | None = None

    def __init__(self, facts: Facts, ruleset: Ruleset, seen: Seen = NOTHING, decider: int | None = None) -> None:
        self.facts = facts
        self.ruleset = ruleset
        self._seen = seen
        self._decider = decider
        self.team = ruleset.fallback if decider is None else ruleset.teams[decider]

    @property
    def rule(self) -> CompiledRule | None:
        """The rule that decided; none, if the message goes to the fallback team because no rule did."""
        return None if self._decider is None else self.ruleset.rules[self._decider]

    @property
    def version(self) -> int:
        return self.ruleset.version

    @property
    def ignore(self) -> bool:
        return self.rule is not None and self.rule.ignore

    @property
    def language(self) -> str:
        """As the platform said, else as the text shows, else "unknown"."""
        return self.facts.language or detect(self.facts.text)

    @property
    def matched(self) -> tuple[CompiledRule, ...]:
        """Every other rule that matched, in order."""
        rules = self.ruleset.rules
        aside = self._aside
        return tuple(rules[at] for at in sorted(self._matching) if at != self._decider and at not in aside)

    @property
    def shadow(self) -> tuple[CompiledRule, ...]:
        """Rules in shadow, or out of their share of messages, that would have matched."""
        return tuple(self.ruleset.rules[at] for at in self._aside)

    @property
    def _matching(self) -> set[int]:
        """Every rule that matches, from what the text holds, also those that do not act on this message."""
        # Most decisions are asked this, once: the lock of a cached property would cost half as much as the answer.
        if self._all is None:
            self._all = matching(self.facts, self.ruleset, self.ruleset.scanner.settled(self._seen))
        return self._all

    @property
    def _aside(self) -> tuple[int, ...]:
        return aside(self.facts, self.ruleset, self._matching) if self.ruleset.partial else ()

    @cached_property
    def found(self) -> list[Found]:
        return self.ruleset.scanner.found(self.facts.text)

    @cached_property
    def hits(self) -> tuple[Hit, ...]:
        """The words that decided: every hit of the rule's keywords."""
        return self.hits_of(self.rule) if self.rule else ()

    def hits_of(self, rule: CompiledRule) -> tuple[Hit, ...]:
        sources = rule.sources
        text = self.facts.text
        found = {
            Hit(source, each.start, each.end, text[each.start : each.end])
            for each in self.found
            for source in sources.get(each.number, ())
        }
        return tuple(sorted(found, key=lambda hit: (hit.start, hit.end, hit.keyword)))

    def would_decide(self, rule: CompiledRule) -> bool:
        """Whether a rule in shadow stands before the one that decided."""
        return rule.decides and (self._decider is None or rule.place < self._decider)

    def to_json(self) -> dict[str, Any]:
        return {
            "version": self.version,
            "rule": self.rule.name if self.rule else None,
            "rule_id": self.rule.id if self.rule else None,
            "team": self.team,
            "hits": [hit._asdict() for hit in self.hits],
            "priority": self.priority,
            "labels": list(self.labels),
            "ignore": self.ignore,
            "assign_to_last_helper": self.assign_to_last_helper,
            "language": self.language,
            "matched": [self._short(rule) for rule in self.matched],
            "shadow": [{**self._short(rule), "would_decide": self.would_decide(rule)} for rule in self.shadow],
        }

    def _short(self, rule: CompiledRule) -> dict[str, Any]:
        hits = [hit._asdict() for hit in self.hits_of(rule)]
        return {"rule": rule.name, "rule_id": rule.id, "team": rule.team, "hits": hits}
