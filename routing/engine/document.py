"""The whole ruleset as plain data: what a version keeps for ever, and what YAML shows."""

import re
from dataclasses import dataclass
from typing import Any

from routing.engine import rules as reading
from routing.engine.conditions import time_zone as read_zone
from routing.engine.errors import RuleError, wrong
from routing.engine.keywords import REGEX
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
        raise wrong("document", "A ruleset is a mapping with teams, fallback and rules.")
    for key in raw:
        if key not in _KEYS:
            raise wrong(str(key), f"There is no field “{key}”; known are {', '.join(_KEYS)}.")
    if str(raw.get("format", FORMAT)) != str(FORMAT):
        raise wrong("format", f"This is format {raw['format']}; format {FORMAT} is understood.")
    teams = _teams(_list(raw, "teams"))
    slugs = known_teams | {team.slug for team in teams}
    fallback = str(raw.get("fallback") or fallback)
    if fallback not in slugs:
        raise wrong("fallback", f"There is no team “{fallback}”." if fallback else "Name the fallback team.")
    document = Document(_rules(_list(raw, "rules"), slugs), fallback, teams)
    check_limits(document)
    return document


def _list(raw: dict[str, Any], field: str) -> Any:
    return [] if raw.get(field) in (None, "", "null") else raw[field]


def _teams(raw: Any) -> tuple[TeamEntry, ...]:
    if not isinstance(raw, list):
        raise wrong("teams", "Teams are a list.")
    teams = tuple(_team(each, f"teams[{at}]") for at, each in enumerate(raw))
    seen: set[str] = set()
    for at, team in enumerate(teams):
        if team.slug in seen:
            raise wrong(f"teams[{at}].slug", f"The team “{team.slug}” is listed twice.")
        seen.add(team.slug)
    return teams


def _team(raw: Any, field: str) -> TeamEntry:
    if not isinstance(raw, dict):
        raise wrong(field, "A team is a mapping with slug and name.")
    for key in raw:
        if key not in ("slug", "name", "time_zone"):
            raise wrong(f"{field}.{key}", f"There is no field “{key}”; known are slug, name, time_zone.")
    slug = str(raw.get("slug") or "")
    if not _SLUG.match(slug):
        raise wrong(f"{field}.slug", f"“{slug}” is no short name: use letters, digits, - and _.")
    name = str(raw.get("name") or slug).strip()
    if len(name) > 80:
        raise wrong(f"{field}.name", "A team's name may have 80 characters.")
    return TeamEntry(slug, name, read_zone(f"{field}.time_zone", raw.get("time_zone") or "UTC"))


def _rules(raw: Any, slugs: frozenset[str]) -> tuple[Rule, ...]:
    if not isinstance(raw, list):
        raise wrong("rules", "Rules are a list.")
    if len(raw) > RULES_PER_SET:
        raise wrong("rules", f"A ruleset may have {RULES_PER_SET} rules; this one has {len(raw)}.")
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
    """The limits that no single rule can break."""
    keywords = [each for rule in document.rules for each in rule.words.keywords()]
    regexes = {each.atoms for each in keywords if each.kind == REGEX}
    wild = {each.atoms for each in keywords if each.wild}
    for many, limit, what in (
        (len(keywords), KEYWORDS_PER_SET, "keywords"),
        (len(regexes), REGEXES_PER_SET, "regular expressions"),
        (len(wild), WILD_PER_SET, "keywords with a * in front"),
    ):
        if many > limit:
            raise wrong("rules", f"A ruleset may have {limit} {what}; this one has {many}.")
