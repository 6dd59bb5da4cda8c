"""Compile a document: every distinct thing to look for gets a number, every rule becomes sets of numbers.

The plan is plain data. A version ships it together with the built automaton, so that a worker that picks
up the version neither folds a keyword nor builds anything.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import Any

from routing.engine.conditions import ZONE
from routing.engine.document import Document
from routing.engine.keywords import NAME, REGEX, STEM, SYMBOL, WORD, Atom, Keyword
from routing.engine.rules import Group, Rule

# In this order atoms are numbered. First come the words and names of which a hit is enough for all their rules, by the
# first of these rules; then those that lead to no rule by themselves; then those whose rules have to be asked. All
# others, from words of scripts without spaces on, need a look at the text.
_LEADING, _SILENT, _ASKING = 0, 1, 2
_CHECKED_WORD = 3
_ORDER = {SYMBOL: 4, STEM: 5, REGEX: 6}
_WORDS = ("any", "all", "none", "when")
PLAN_VERSION = 2


@dataclass(slots=True)
class Plan:
    """`atoms[n]` is what number n stands for; rules are in order, drafts and switched-off ones left out.

    Each of the first numbers leads to one rule at once, `leads[n]`. Those from there up to `silent` lead to none.
    """

    atoms: list[Atom] = field(default_factory=list)
    leads: list[int] = field(default_factory=list)
    silent: int = 0
    rules: list[dict[str, Any]] = field(default_factory=list)
    fallback: str = ""

    def to_json(self) -> dict[str, Any]:
        return {each.name: getattr(self, each.name) for each in fields(self)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Plan":
        return cls(**{**data, "atoms": [Atom(*atom) for atom in data["atoms"]]})


def plan(document: Document) -> Plan:
    acting = [rule for rule in document.rules if rule.state in ("live", "shadow")]
    triggers = [_trigger(rule.words) for rule in acting]
    first, asking = _leads(acting, triggers)
    atoms = {atom for rule in acting for keyword in rule.words.keywords() for atom in keyword.atoms}
    ranks = {atom: _rank(atom, first, asking) for atom in atoms}
    ordered = sorted(atoms, key=lambda atom: (ranks[atom], atom))
    numbers = {atom: number for number, atom in enumerate(ordered)}
    zones = {team.slug: team.time_zone for team in document.teams}
    return Plan(
        ordered,
        leads=[rule for kind, rule in sorted(ranks.values()) if kind == _LEADING],
        silent=sum(kind <= _SILENT for kind, _rule in ranks.values()),
        rules=[_rule(rule, trigger, numbers, zones) for rule, trigger in zip(acting, triggers, strict=True)],
        fallback=document.fallback,
    )


def _leads(rules: list[Rule], triggers: list[set[Atom] | None]) -> tuple[dict[Atom, int], set[Atom]]:
    """The first rule of each atom, and the atoms that have a rule of which a hit alone does not tell all."""
    first: dict[Atom, int] = {}
    asking: set[Atom] = set()
    for at, (rule, trigger) in enumerate(zip(rules, triggers, strict=True)):
        for atom in trigger or ():
            first.setdefault(atom, at)
        if trigger and not (_is_direct(rule) and _only_decides(rule)):
            asking |= trigger
    return first, asking


def _rank(atom: Atom, first: dict[Atom, int], asking: set[Atom]) -> tuple[int, int]:
    """Its kind, then its first rule: what may decide before all others is then asked before all others."""
    if atom.kind not in (WORD, NAME):
        return _ORDER[atom.kind], 0
    if atom.edges:
        return _CHECKED_WORD, first.get(atom, -1)
    if atom in asking:
        return _ASKING, first[atom]
    return (_LEADING, first[atom]) if atom in first else (_SILENT, 0)


def _is_direct(rule: Rule) -> bool:
    """Any hit of its trigger is enough: the rule needs no further look."""
    words = rule.words
    return bool(words.any) and not (words.all or words.none or rule.when or _nested(words.any))


def _only_decides(rule: Rule) -> bool:
    """It leads somewhere, for all messages, and adds nothing."""
    return bool(
        (rule.team or rule.ignore)
        and rule.state == "live"
        and rule.share == 100
        and not (rule.priority or rule.labels or rule.assign)
    )


def _rule(rule: Rule, trigger: set[Atom] | None, numbers: dict[Atom, int], zones: dict[str, str]) -> dict[str, Any]:
    when = dict(rule.when)
    if "hours" in when or "days" in when:
        when.setdefault(ZONE, zones.get(rule.team or "", "UTC"))
    return {
        **{key: value for key, value in rule.to_json().items() if key not in _WORDS},
        "when": when,
        "words": _group(rule.words, numbers),
        "said": _said(rule.words, numbers),
        "trigger": sorted(map(numbers.__getitem__, trigger)) if trigger is not None else None,
        "direct": _is_direct(rule),
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


def _trigger(member: Keyword | Group) -> set[Atom] | None:
    """What at least one must be hit of before this can hold; None when it can hold without."""
    if isinstance(member, Keyword):
        return set(member.atoms)
    options = [_trigger(each) for each in member.all]
    if member.any:
        options.append(_union([_trigger(each) for each in member.any]))
    known = [option for option in options if option is not None]
    return min(known, key=len) if known else None


def _union(sets: list[set[Atom] | None]) -> set[Atom] | None:
    together: set[Atom] = set()
    for each in sets:
        if each is None:
            return None
        together |= each
    return together
