"""What is wrong with a ruleset as a whole, although each of its rules is valid."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from routing.engine.document import Document
from routing.engine.keywords import WORD, Atom, Keyword
from routing.engine.rules import Group, Rule, contradictions

NEVER, HIDDEN, CONTRADICTS, DEAD, NO_RULE = "never_matches", "hidden", "contradicts", "dead", "no_rule_leads_here"
DEAD_DAYS = 30
_MOST = 500
# Conditions of which a message has exactly one value: two lists without a common one exclude each other.
_ONE_VALUE = {"platform", "connection", "kind", "language", "rating", "days"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding: what it is, the rules and the words it is about, the team where one is concerned."""

    kind: str
    rules: tuple[Rule, ...] = ()
    words: tuple[str, ...] = ()
    team: str = ""


def lint(
    document: Document, *, last_used: Mapping[int, date] | None = None, today: date | None = None, days: int = DEAD_DAYS
) -> list[Finding]:
    """All findings, in the order of the rules. `last_used` says on which day a rule last matched."""
    acting = [rule for rule in document.rules if rule.state in ("live", "shadow")]
    found = [*_never(document.rules), *_hidden(acting), *_contradicting(acting)]
    if last_used is not None and today is not None:
        found += _dead(acting, last_used, today - timedelta(days=days))
    place = {id(rule): at for at, rule in enumerate(document.rules)}
    found.sort(key=lambda finding: place[id(finding.rules[0])])
    return [*found[:_MOST], *_without_rules(document)]


def _never(rules: tuple[Rule, ...]) -> Iterator[Finding]:
    for rule in rules:
        refused = [atom for each in rule.words.none if isinstance(each, Keyword) for atom in each.atoms]
        words = _vain(rule.words, refused) if refused else ()
        if words or contradictions(rule.words):
            yield Finding(NEVER, (rule,), words)


def _vain(words: Group, refused: list[Atom]) -> tuple[str, ...]:
    """The words that a rule needs and refuses at the same time, if that leaves it no way to match."""
    for each in words.all:
        if isinstance(each, Keyword) and _always_refused(each, refused):
            return (each.source,)
    options = [each for each in words.any if isinstance(each, Keyword) and _always_refused(each, refused)]
    return tuple(each.source for each in options) if len(options) == len(words.any) else ()


def _always_refused(keyword: Keyword, refused: list[Atom]) -> bool:
    """Whether each hit of the keyword brings a refused one along: help* is in help, log in log in."""
    return all(any(atom == other or _within(other, atom) for other in refused) for atom in keyword.atoms)


def _within(part: Atom, whole: Atom) -> bool:
    return part.kind == whole.kind == WORD and not part.edges and part.pattern in whole.pattern


def _simple(rule: Rule) -> set[Atom] | None:
    """The words of a rule that asks for nothing but one of them."""
    plain = [each for each in rule.words.any if isinstance(each, Keyword)]
    if rule.words.all or rule.words.none or not plain or len(plain) != len(rule.words.any):
        return None
    return {atom for each in plain for atom in each.atoms}


def _takes_all(rule: Rule) -> bool:
    return rule.state == "live" and rule.share == 100 and bool(rule.team or rule.ignore)


def _hidden(rules: list[Rule]) -> Iterator[Finding]:
    """Rules whose every message an earlier rule has already given to a team."""
    hiding: dict[Atom, list[Rule]] = {}
    everything: Rule | None = None
    for rule in rules:
        if rule.team or rule.ignore:
            earlier = everything or _hider(rule, hiding)
            if earlier and not (rule.labels or rule.priority):
                words = tuple(each.source for each in rule.words.wanted())
                yield Finding(HIDDEN, (rule, earlier), words[:20])
        if _takes_all(rule):
            everything = everything or (rule if not rule.words and not rule.when else None)
            for atom in _simple(rule) or ():
                hiding.setdefault(atom, []).append(rule)


def _hider(rule: Rule, hiding: Mapping[Atom, list[Rule]]) -> Rule | None:
    """An earlier rule that every message of this one matches."""
    groups = [set(each.atoms) for each in rule.words.all if isinstance(each, Keyword)]
    plain = [each for each in rule.words.any if isinstance(each, Keyword)]
    if plain and len(plain) == len(rule.words.any):
        groups.append({atom for each in plain for atom in each.atoms})
    for atoms in groups:
        sets = [{id(earlier): earlier for earlier in hiding.get(atom, ()) if _as_wide(earlier, rule)} for atom in atoms]
        common = set.intersection(*map(set, sets)) if sets else set()
        if common:
            return next(earlier for key, earlier in sets[0].items() if key in common)
    return None


def _as_wide(earlier: Rule, rule: Rule) -> bool:
    """Whether the earlier rule's conditions hold wherever the later one's do."""
    return all(name in rule.when and _covers(name, value, rule.when[name]) for name, value in earlier.when.items())


def _covers(name: str, wide: object, narrow: object) -> bool:
    if name in _ONE_VALUE and isinstance(wide, list) and isinstance(narrow, list):
        return set(narrow) <= set(wide)
    return wide == narrow


def _contradicting(rules: list[Rule]) -> Iterator[Finding]:
    """Two rules that send the same words to different teams, and are not told apart by conditions."""
    first: dict[Atom, Rule] = {}
    clashes: dict[tuple[int, int], tuple[Rule, Rule, dict[str, None]]] = {}
    for rule in rules:
        for keyword in rule.words.any if rule.team else ():
            for atom in keyword.atoms if isinstance(keyword, Keyword) else ():
                other = first.setdefault(atom, rule)
                if other.team != rule.team and not _apart(other, rule):
                    clash = clashes.setdefault((id(rule), id(other)), (rule, other, {}))
                    clash[2][str(getattr(keyword, "source", ""))] = None
    for rule, other, words in clashes.values():
        yield Finding(CONTRADICTS, (rule, other), tuple(words))


def _apart(one: Rule, other: Rule) -> bool:
    """Whether no message can satisfy the conditions of both."""
    for name, value in one.when.items():
        their = other.when.get(name)
        if name in _ONE_VALUE and isinstance(value, list) and set(value).isdisjoint(their or value):
            return True
        if isinstance(value, bool) and isinstance(their, bool) and value != their:
            return True
    return False


def _dead(rules: list[Rule], last_used: Mapping[int, date], since: date) -> Iterator[Finding]:
    for rule in rules:
        last = last_used.get(rule.id) if rule.id is not None else None
        if last is None or last < since:
            yield Finding(DEAD, (rule,), tuple(each.source for each in rule.words.wanted())[:20])


def _without_rules(document: Document) -> list[Finding]:
    led_to = {rule.team for rule in document.rules if rule.state == "live"} | {document.fallback}
    return [Finding(NO_RULE, team=team.slug) for team in document.teams if team.slug not in led_to]
