"""A rule as an admin writes it, read from JSON or YAML into one canonical form, or refused with the field's name."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from routing.engine import conditions, keywords
from routing.engine.conditions import storable
from routing.engine.errors import RuleError, said, wrong
from routing.engine.errors import gettext_noop as _
from routing.engine.keywords import Keyword
from routing.engine.limits import KEYWORDS_PER_RULE, LABELS_PER_RULE, NAME_LENGTH, NESTING

STATES = ("draft", "shadow", "live", "off")
# Most urgent first.
PRIORITIES = ("urgent", "high", "normal", "low")
LAST_HELPER = "last_helper"
_GROUP_KEYS = ("any", "all", "none")
_BODY_KEYS = (*_GROUP_KEYS, "when", "priority", "labels", "ignore", "assign")
_RULE_KEYS = (*_BODY_KEYS, "id", "name", "state", "share", "team")
_NOTHING: tuple[Any, ...] = (None, "", "null", [], {})


@dataclass(frozen=True, slots=True)
class Group:
    """Keywords and groups: one of `any`, every one of `all`, not one of `none`."""

    any: "tuple[Keyword | Group, ...]" = ()
    all: "tuple[Keyword | Group, ...]" = ()
    none: "tuple[Keyword | Group, ...]" = ()

    def __bool__(self) -> bool:
        return bool(self.any or self.all or self.none)

    def members(self) -> "Iterator[Keyword | Group]":
        yield from (*self.any, *self.all, *self.none)

    def keywords(self) -> Iterator[Keyword]:
        for member in self.members():
            if isinstance(member, Keyword):
                yield member
            else:
                yield from member.keywords()

    def wanted(self) -> Iterator[Keyword]:
        """The keywords that speak for the rule: not those under `none`."""
        for member in (*self.any, *self.all):
            if isinstance(member, Keyword):
                yield member
            else:
                yield from member.wanted()


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a ruleset, valid."""

    name: str
    words: Group = Group()
    when: dict[str, Any] = field(default_factory=dict)
    team: str | None = None
    priority: str | None = None
    labels: tuple[str, ...] = ()
    ignore: bool = False
    assign: str | None = None
    state: str = "live"
    share: int = 100
    id: int | None = None

    def body(self) -> dict[str, Any]:
        """What the rule looks for and does, without what is empty."""
        body = {
            **_written(self.words),
            "when": self.when,
            "priority": self.priority,
            "labels": list(self.labels),
            "ignore": self.ignore,
            "assign": self.assign,
        }
        return {key: value for key, value in body.items() if value}

    def to_json(self) -> dict[str, Any]:
        whole = {"name": self.name, "state": self.state, "share": self.share, **self.body(), "team": self.team}
        return whole if self.id is None else {"id": self.id, **whole}


def _written(group: Group) -> dict[str, Any]:
    found = {}
    for key in _GROUP_KEYS:
        members = getattr(group, key)
        if members:
            found[key] = [each.source if isinstance(each, Keyword) else _written(each) for each in members]
    return found


def read(raw: Any, *, teams: frozenset[str] | None = None) -> Rule:
    """A rule out of plain data. Every mistake is gathered, not just the first."""
    if not isinstance(raw, dict):
        raise wrong("rule", _("A rule is a mapping with a name."))
    return _Reader(raw, teams).rule()


class _Reader:
    """Reads one rule; keeps the mistakes until the end."""

    def __init__(self, raw: dict[str, Any], teams: frozenset[str] | None) -> None:
        self.raw = raw
        self.teams = teams
        self.errors: dict[str, str] = {}
        self.count = 0
        self.language = "en"

    def rule(self) -> Rule:
        self._unknown_keys(self.raw, _RULE_KEYS, "")
        when = self._when()
        words = self._group(self.raw, "", 0)
        rule = Rule(
            name=self._name(),
            words=words,
            when=when,
            team=self._team(),
            priority=self._choice("priority", PRIORITIES),
            labels=self._labels(),
            ignore=self._flag("ignore"),
            assign=self._assign(),
            state=self._choice("state", STATES) or "live",
            share=self._share(),
            id=self.raw["id"] if isinstance(self.raw.get("id"), int) else None,
        )
        self._whole(rule)
        if self.errors:
            raise RuleError(self.errors)
        return rule

    def _unknown_keys(self, raw: dict[str, Any], known: tuple[str, ...], prefix: str) -> None:
        for key in raw:
            if key not in known:
                self.errors[f"{prefix}{key}"] = said(
                    _("There is no field “%(key)s”; known are %(known)s."), key=key, known=", ".join(known)
                )

    def _name(self) -> str:
        raw = self.raw.get("name")
        name = raw.strip() if isinstance(raw, str) else ""
        if not name:
            self.errors["name"] = said(_("A rule needs a name."))
        elif len(name) > NAME_LENGTH:
            self.errors["name"] = said(
                _("A name may have %(most)s characters; this one has %(many)s."), most=NAME_LENGTH, many=len(name)
            )
        elif any(ord(char) < 32 for char in name) or not storable(name):
            self.errors["name"] = said(_("A name is one line of text."))
        return name

    def _when(self) -> dict[str, Any]:
        if self.raw.get("when") in _NOTHING:
            return {}
        try:
            when = conditions.read("when", self.raw["when"])
        except RuleError as error:
            self.errors |= error.errors
            return {}
        self.language = self._stem_language(when.get("language", []))
        return when

    def _stem_language(self, languages: list[str]) -> str:
        """Word forms follow the one language that a rule is for; English otherwise."""
        found = {each.partition("-")[0] for each in languages if each != conditions.UNKNOWN}
        return found.pop() if len(found) == 1 else "en"

    def _group(self, raw: dict[str, Any], prefix: str, depth: int) -> Group:
        return Group(**{key: self._members(raw.get(key), f"{prefix}{key}", depth) for key in _GROUP_KEYS})

    def _members(self, raw: Any, name: str, depth: int) -> tuple[Keyword | Group, ...]:
        if raw in _NOTHING:
            return ()
        values = raw if isinstance(raw, list) else [raw]
        found = [self._member(value, f"{name}[{at}]", depth) for at, value in enumerate(values)]
        return tuple(each for each in found if each is not None)

    def _member(self, raw: Any, name: str, depth: int) -> Keyword | Group | None:
        if isinstance(raw, dict):
            return self._nested(raw, name, depth + 1)
        if isinstance(raw, bool) or not isinstance(raw, str | int | float) or not (raw == "" or storable(str(raw))):
            self.errors[name] = said(_("A keyword is a text; a group is a mapping with any, all or none."))
            return None
        self.count += 1
        if self.count > KEYWORDS_PER_RULE:
            self.errors[name.partition("[")[0]] = said(_("A rule may have %(most)s keywords."), most=KEYWORDS_PER_RULE)
            return None
        return self._keyword(str(raw), name)

    def _keyword(self, raw: str, name: str) -> Keyword | None:
        try:
            return keywords.parse(raw, field=name, language=self.language)
        except RuleError as error:
            self.errors |= error.errors
            return None

    def _nested(self, raw: dict[str, Any], name: str, depth: int) -> Group | None:
        if depth > NESTING:
            self.errors[name] = said(_("Groups may be nested %(most)s deep."), most=NESTING)
            return None
        self._unknown_keys(raw, _GROUP_KEYS, f"{name}.")
        group = self._group(raw, f"{name}.", depth)
        if not group and not any(field.startswith(name) for field in self.errors):
            self.errors[name] = said(_("This group is empty."))
        return group

    def _team(self) -> str | None:
        team = self.raw.get("team")
        if team in _NOTHING or team == "~":
            return None
        if self.teams is not None and str(team) not in self.teams:
            self.errors["team"] = said(_("There is no team “%(team)s”."), team=team)
        return str(team)

    def _choice(self, name: str, known: tuple[str, ...]) -> str | None:
        value = self.raw.get(name)
        if value in _NOTHING:
            return None
        if not isinstance(value, str) or value not in known:
            self.errors[name] = said(_("“%(given)s” is none of %(known)s."), given=value, known=", ".join(known))
            return None
        return str(value)

    def _labels(self) -> tuple[str, ...]:
        if self.raw.get("labels") in _NOTHING:
            return ()
        try:
            labels = conditions.texts("labels", self.raw["labels"])
        except RuleError as error:
            self.errors |= error.errors
            return ()
        if len(labels) > LABELS_PER_RULE:
            self.errors["labels"] = said(_("A rule may give %(most)s labels."), most=LABELS_PER_RULE)
        elif any(len(label) > 60 for label in labels):
            self.errors["labels"] = said(_("A label may have 60 characters."))
        return tuple(labels)

    def _flag(self, name: str) -> bool:
        value = self.raw.get(name)
        if value in _NOTHING:
            return False
        try:
            return conditions.yes_or_no(name, value)
        except RuleError as error:
            self.errors |= error.errors
            return False

    def _assign(self) -> str | None:
        value = self.raw.get("assign")
        if value in _NOTHING:
            return None
        if str(value).replace(" ", "_") != LAST_HELPER:
            self.errors["assign"] = said(
                _("“%(given)s” is unknown; an item can be assigned to %(known)s."), given=value, known=LAST_HELPER
            )
        return LAST_HELPER

    def _share(self) -> int:
        value = self.raw.get("share")
        if value in _NOTHING:
            return 100
        try:
            share = conditions.number("share", str(value).strip().removesuffix("%").strip())
        except RuleError as error:
            self.errors |= error.errors
            return 100
        if not 1 <= share <= 100:
            self.errors["share"] = said(_("A share is between 1 and 100 percent."))
        return share

    def _whole(self, rule: Rule) -> None:
        """Mistakes that only the whole rule shows."""
        if rule.ignore and rule.team:
            self.errors["ignore"] = said(_("A rule either ignores a message or gives it to a team."))
        if not self.errors:
            self.errors |= contradictions(rule.words)


def contradictions(words: Group) -> dict[str, str]:
    """Why a rule can never match: it wants what it refuses."""
    refused = {each.atoms for each in words.none if isinstance(each, Keyword)}
    for at, each in enumerate(words.all):
        if isinstance(each, Keyword) and each.atoms in refused:
            text = _("“%(keyword)s” is also under none: the rule can never match.")
            return {f"all[{at}]": said(text, keyword=each.source)}
    plain = [each for each in words.any if isinstance(each, Keyword)]
    if plain and len(plain) == len(words.any) and all(each.atoms in refused for each in plain):
        return {"none": said(_("Every word under any is also under none: the rule can never match."))}
    return {}
