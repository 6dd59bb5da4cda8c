"""Compile a document: every distinct thing to look for gets a number, every rule becomes sets of numbers.

The plan is plain data. A version ships it together with the built automaton, so that a worker that picks
up the version neither folds a keyword nor builds anything.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from routing.engine.conditions import ZONE
from routing.engine.document import Document
from routing.engine.keywords import NAME, REGEX, STEM, SYMBOL, WORD, Atom, Keyword
from routing.engine.rules import Group, Rule

# In this order atoms are numbered: plain words and names need no look at the text, all others do.
_ORDER = {WORD: 0, NAME: 1, SYMBOL: 3, STEM: 4, REGEX: 5}
_CHECKED_WORD = 2
_WORDS = ("any", "all", "none", "when")
PLAN_VERSION = 1


@dataclass(slots=True)
class Plan:
    """`atoms[n]` is what number n stands for; rules are in order, drafts and switched-off ones left out."""

    atoms: list[Atom] = field(default_factory=list)
    rules: list[dict[str, Any]] = field(default_factory=list)
    fallback: str = ""

    def to_json(self) -> dict[str, Any]:
        return {"atoms": self.atoms, "rules": self.rules, "fallback": self.fallback}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Plan":
        return cls([Atom(*atom) for atom in data["atoms"]], data["rules"], data["fallback"])


def _rank(atom: Atom) -> int:
    return _CHECKED_WORD if atom.kind == WORD and atom.edges else _ORDER[atom.kind]


def plan(document: Document) -> Plan:
    acting = [rule for rule in document.rules if rule.state in ("live", "shadow")]
    atoms = {atom for rule in acting for keyword in rule.words.keywords() for atom in keyword.atoms}
    ordered = sorted(atoms, key=lambda atom: (_rank(atom), atom))
    numbers = {atom: number for number, atom in enumerate(ordered)}
    zones = {team.slug: team.time_zone for team in document.teams}
    return Plan(ordered, [_rule(rule, numbers, zones) for rule in acting], document.fallback)


def _rule(rule: Rule, numbers: dict[Atom, int], zones: dict[str, str]) -> dict[str, Any]:
    words = _group(rule.words, numbers)
    trigger = _trigger(rule.words, numbers)
    when = dict(rule.when)
    if "hours" in when or "days" in when:
        when.setdefault(ZONE, zones.get(rule.team or "", "UTC"))
    return {
        **{key: value for key, value in rule.to_json().items() if key not in _WORDS},
        "when": when,
        "words": words,
        "said": _said(rule.words, numbers),
        "trigger": sorted(trigger) if trigger is not None else None,
        # Any hit of its trigger is enough: the rule needs no further look.
        "direct": set(words) == {"any"} and not rule.when,
    }


def _said(group: Group, numbers: dict[Atom, int]) -> dict[str, Any]:
    """The group as written: each keyword with its numbers, for explanations and for spans."""
    return {
        key: [_said(each, numbers) if isinstance(each, Group) else _keyword(each, numbers) for each in members]
        for key, members in (("any", group.any), ("all", group.all), ("none", group.none))
        if members
    }


def _keyword(keyword: Keyword, numbers: dict[Atom, int]) -> list[Any]:
    return [keyword.source, [numbers[atom] for atom in keyword.atoms]]


def _numbers(keywords: Iterable[Keyword], numbers: dict[Atom, int]) -> list[int]:
    return sorted({numbers[atom] for keyword in keywords for atom in keyword.atoms})


def _group(group: Group, numbers: dict[Atom, int]) -> dict[str, Any]:
    """The group in numbers: single keywords apart from nested groups, empty parts left out."""
    found = {
        "any": _numbers(_single(group.any), numbers),
        "any_groups": [_group(each, numbers) for each in _nested(group.any)],
        "all": [_numbers([each], numbers) for each in _single(group.all)],
        "all_groups": [_group(each, numbers) for each in _nested(group.all)],
        "none": _numbers(_single(group.none), numbers),
        "none_groups": [_group(each, numbers) for each in _nested(group.none)],
    }
    return {key: value for key, value in found.items() if value}


def _single(members: Iterable[Keyword | Group]) -> list[Keyword]:
    return [each for each in members if isinstance(each, Keyword)]


def _nested(members: Iterable[Keyword | Group]) -> list[Group]:
    return [each for each in members if isinstance(each, Group)]


def _trigger(member: Keyword | Group, numbers: dict[Atom, int]) -> set[int] | None:
    """Numbers of which at least one must be hit before this can hold; None when it can hold without."""
    if isinstance(member, Keyword):
        return {numbers[atom] for atom in member.atoms}
    options = [_trigger(each, numbers) for each in member.all]
    if member.any:
        options.append(_union([_trigger(each, numbers) for each in member.any]))
    known = [option for option in options if option is not None]
    return min(known, key=len) if known else None


def _union(sets: list[set[int] | None]) -> set[int] | None:
    together: set[int] = set()
    for each in sets:
        if each is None:
            return None
        together |= each
    return together
