"""The whole ruleset as plain data: what a version keeps for ever, and what YAML shows."""

import re
from dataclasses import dataclass
from typing import Any

from routing.engine import rules as reading
from routing.engine.conditions import time_zone as read_zone
from routing.engine.errors import RuleError, wrong
from routing.engine.errors import gettext_noop as _
from routing.engine.keywords import REGEX, Atom
from routing.engine.limits import KEYWORDS_PER_SET, REGEXES_PER_SET, RULES_PER_SET, WILD_PER_SET
from routing.engine.rules import Rule

FORMAT = 1
_SLUG = re.compile(r"[-a-zA-Z0-9_]{1,50}\Z")
_KEYS = ("format", "teams", "fallback", "rules")


@dataclass(frozen=True, slots=True)
class TeamEntry:
    slug: str
    name: str
    time_zone: str = "UTC"

    def to_json(self) -> dict[str, str]:
        return {"slug": self.slug, "name": self.name, "time_zone": self.time_zone}


@dataclass(frozen=True, slots=True)
class Document:
    """Rules in order, the teams they name, and the team for what no rule matches."""

    rules: tuple[Rule, ...]
    fallback: str
    teams: tuple[TeamEntry, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "teams": [team.to_json() for team in self.teams],
            "fallback": self.fallback,
            "rules": [rule.to_json() for rule in self.rules],
        }


def read(raw: Any, *, known_teams: frozenset[str] = frozenset(), fallback: str = "") -> Document:
    """A document out of plain data; `known_teams` exist already, whether or not it lists them."""
    if not isinstance(raw, dict):
        raise wrong("document", _("A ruleset is a mapping with teams, fallback and rules."))
    for key in raw:
        if key not in _KEYS:
            raise wrong(
                str(key), _("There is no field “%(key)s”; known are %(known)s."), key=key, known=", ".join(_KEYS)
            )
    if str(raw.get("format", FORMAT)) != str(FORMAT):
        raise wrong(
            "format", _("This is format %(given)s; format %(known)s is understood."), given=raw["format"], known=FORMAT
        )
    teams = _teams(_list(raw, "teams"))
    slugs = known_teams | {team.slug for team in teams}
    fallback = str(raw.get("fallback") or fallback)
    if fallback not in slugs:
        raise wrong("fallback", _team_missing(fallback), team=fallback)
    document = Document(_rules(_list(raw, "rules"), slugs), fallback, teams)
    check_limits(document)
    return document


def _team_missing(slug: str) -> str:
    return _("There is no team “%(team)s”.") if slug else _("Name the fallback team.")


def _list(raw: dict[str, Any], field: str) -> Any:
    return [] if raw.get(field) in (None, "", "null") else raw[field]


def _teams(raw: Any) -> tuple[TeamEntry, ...]:
    if not isinstance(raw, list):
        raise wrong("teams", _("Teams are a list."))
    teams = tuple(_team(each, f"teams[{at}]") for at, each in enumerate(raw))
    seen: set[str] = set()
    for at, team in enumerate(teams):
        if team.slug in seen:
            raise wrong(f"teams[{at}].slug", _("The team “%(team)s” is listed twice."), team=team.slug)
        seen.add(team.slug)
    return teams


def _team(raw: Any, field: str) -> TeamEntry:
    if not isinstance(raw, dict):
        raise wrong(field, _("A team is a mapping with slug and name."))
    for key in raw:
        if key not in ("slug", "name", "time_zone"):
            raise wrong(f"{field}.{key}", _("There is no field “%(key)s”; known are slug, name, time_zone."), key=key)
    slug = str(raw.get("slug") or "")
    if not _SLUG.match(slug):
        raise wrong(f"{field}.slug", _("“%(slug)s” is no short name: use letters, digits, - and _."), slug=slug)
    name = str(raw.get("name") or slug).strip()
    if len(name) > 80:
        raise wrong(f"{field}.name", _("A team's name may have 80 characters."))
    return TeamEntry(slug, name, read_zone(f"{field}.time_zone", raw.get("time_zone") or "UTC"))


def _rules(raw: Any, slugs: frozenset[str]) -> tuple[Rule, ...]:
    if not isinstance(raw, list):
        raise wrong("rules", _("Rules are a list."))
    if len(raw) > RULES_PER_SET:
        raise wrong(
            "rules", _("A ruleset may have %(most)s rules; this one has %(many)s."), most=RULES_PER_SET, many=len(raw)
        )
    found: list[Rule] = []
    errors: dict[str, str] = {}
    for at, each in enumerate(raw):
        try:
            found.append(reading.read(each, teams=slugs))
        except RuleError as error:
            errors |= error.within(f"rules[{at}]").errors
    if errors:
        raise RuleError(errors)
    return tuple(found)


def check_limits(document: Document) -> None:
    """The limits that no single rule can break. The rule that goes beyond is named."""
    keywords, regexes, wild = 0, set[tuple[Atom, ...]](), set[tuple[Atom, ...]]()
    for at, rule in enumerate(document.rules):
        for each in rule.words.keywords():
            keywords += 1
            if each.kind == REGEX:
                regexes.add(each.atoms)
            elif each.wild:
                wild.add(each.atoms)
        if keywords > KEYWORDS_PER_SET:
            text = _("Up to this rule the ruleset has %(many)s keywords; it may have %(most)s.")
            raise wrong(f"rules[{at}]", text, many=keywords, most=KEYWORDS_PER_SET)
        if len(regexes) > REGEXES_PER_SET:
            text = _("Up to this rule the ruleset has %(many)s regular expressions; it may have %(most)s.")
            raise wrong(f"rules[{at}]", text, many=len(regexes), most=REGEXES_PER_SET)
        if len(wild) > WILD_PER_SET:
            text = _("Up to this rule the ruleset has %(many)s keywords with a * in front; it may have %(most)s.")
            raise wrong(f"rules[{at}]", text, many=len(wild), most=WILD_PER_SET)
