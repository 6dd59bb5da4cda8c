"""A compiled ruleset: read-only, shared by all threads, replaced as a whole."""

import gc
import hashlib
import json
import struct
import sys
import unicodedata
import zlib
from array import array
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version as installed
from typing import Any, Self

from routing.engine.conditions import CONDITIONS, PLAIN, ZONE, local_time
from routing.engine.document import Document, read
from routing.engine.fold import FOLD_VERSION
from routing.engine.language import detect
from routing.engine.plan import PLAN_VERSION, Plan, plan
from routing.engine.rules import LAST_HELPER
from routing.engine.scan import Scanner
from routing.facts import Facts


def engine_tag() -> str:
    """What a compiled blob depends on: another tag, and it is compiled anew from the document."""
    return (
        f"plan{PLAN_VERSION} fold{FOLD_VERSION} daachorse{installed('daachorse')} "
        f"unicode{unicodedata.unidata_version} snowball{installed('snowballstemmer')} {sys.byteorder}"
    )


def language_of(facts: Facts) -> Callable[[], str]:
    """Found out only when a rule asks."""
    return lambda: facts.language.lower() or detect(facts.text)


class Words:
    """Any, all and none of a group, in numbers."""

    __slots__ = ("all", "all_groups", "any", "any_groups", "none", "none_groups")

    def __init__(self, data: dict[str, Any]) -> None:
        self.any = frozenset(data.get("any", ()))
        self.any_groups = tuple(Words(each) for each in data.get("any_groups", ()))
        self.all = tuple(frozenset(each) for each in data.get("all", ()))
        self.all_groups = tuple(Words(each) for each in data.get("all_groups", ()))
        self.none = frozenset(data.get("none", ()))
        self.none_groups = tuple(Words(each) for each in data.get("none_groups", ()))

    def hold(self, present: set[int]) -> bool:
        if not self.none.isdisjoint(present):
            return False
        for each in self.all:
            if each.isdisjoint(present):
                return False
        wants_any = self.any or self.any_groups
        if wants_any and self.any.isdisjoint(present) and not any(group.hold(present) for group in self.any_groups):
            return False
        if self.all_groups and not all(group.hold(present) for group in self.all_groups):
            return False
        return not (self.none_groups and any(group.hold(present) for group in self.none_groups))


class When:
    """The conditions of a rule. Rules that state the same ones share them."""

    __slots__ = ("plain", "tests", "when", "zone")

    def __init__(self, when: dict[str, Any]) -> None:
        self.when: dict[str, Any] = {name: value for name, value in when.items() if name != ZONE}
        self.zone: str = when.get(ZONE, "UTC")
        # Most conditions ask for one of some values: these need no call.
        self.plain = tuple((name, value) for name, value in self.when.items() if name in PLAIN)
        self.tests = tuple(
            (CONDITIONS[name], value)
            for name, value in sorted(self.when.items(), key=lambda each: CONDITIONS[each[0]].cost)
            if name not in PLAIN
        )

    def allows(self, facts: Facts) -> bool:
        """Whether every condition holds; the cheap ones are asked first."""
        for name, wanted in self.plain:
            if getattr(facts, name) not in wanted:
                return False
        if not self.tests:
            return True
        language = language_of(facts)
        for condition, value in self.tests:
            if not condition.holds(value, self.seen(condition.seen(value, facts, language))):
                return False
        return True

    def seen(self, value: Any) -> Any:
        """Times are seen in the rule's time zone."""
        return local_time(value, self.zone) if hasattr(value, "tzinfo") else value


class CompiledRule:
    """One rule as the engine asks it."""

    __slots__ = (
        "_sources", "adds", "assigns", "conditions", "data", "decides", "id", "ignore", "labels", "live", "name",
        "place", "priority", "share", "team", "words",
    )  # fmt: skip

    def __init__(self, data: dict[str, Any], place: int, when: When) -> None:
        self.data = data
        self.place = place
        self._sources: dict[int, list[str]] | None = None
        self.id: int | None = data.get("id")
        self.name: str = data["name"]
        self.team: str | None = data.get("team")
        self.priority: str | None = data.get("priority")
        self.labels: tuple[str, ...] = tuple(data.get("labels", ()))
        self.ignore: bool = data.get("ignore", False)
        self.assigns: bool = data.get("assign") == LAST_HELPER
        self.live: bool = data["state"] == "live"
        self.share: int = data["share"]
        self.decides = bool(self.team) or self.ignore
        self.words = Words(data["words"])
        self.conditions = when
        self.adds = bool(self.priority or self.labels or self.assigns)

    @property
    def sources(self) -> dict[int, list[str]]:
        """From a number to the keywords, as written, that it stands for in this rule, those under none aside."""
        if self._sources is None:
            self._sources = {}
            for source, numbers in _wanted(self.data["said"]):
                for number in numbers:
                    self._sources.setdefault(number, []).append(source)
        return self._sources

    @property
    def when(self) -> dict[str, Any]:
        return self.conditions.when

    def takes(self, key: str) -> bool:
        """Whether a message belongs to the stated share: the same one always does."""
        return self.share == 100 or share_of(key, self.id or self.name) < self.share


def _when(when: dict[str, Any], shared: dict[str, When]) -> When:
    name = repr(when)
    if name not in shared:
        shared[name] = When(when)
    return shared[name]


def _wanted(group: dict[str, Any]) -> Iterator[list[Any]]:
    for member in (*group.get("any", ()), *group.get("all", ())):
        if isinstance(member, dict):
            yield from _wanted(member)
        else:
            yield member


def share_of(key: str, rule: int | str) -> int:
    digest = hashlib.blake2b(f"{rule}\0{key}".encode(errors="surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest) % 100


# What is left to ask of a rule whose trigger is hit, beside the numbers that must not be there: groups of which one
# number must be, nested groups, conditions; what a rule does not ask is empty.
Rest = tuple[tuple[frozenset[int], ...], Words | None, When | None]
_NO_NUMBERS = frozenset[int]()


def _asked(data: dict[str, Any], rule: CompiledRule) -> tuple[frozenset[int], Rest | None]:
    if data["direct"]:
        return _NO_NUMBERS, None
    words, when = rule.words, rule.conditions if rule.when else None
    if words.any_groups or words.all_groups or words.none_groups:
        return _NO_NUMBERS, ((), words, when)
    trigger = frozenset(data["trigger"] or ())
    groups = tuple(each for each in (*words.all, words.any) if each and each != trigger)
    return words.none or _NO_NUMBERS, (groups, None, when) if groups or when else None


class Ruleset:
    """One version, ready to decide."""

    def __init__(self, compiled: Plan, *, version: int = 0, automaton: bytes = b"") -> None:
        self.version = version
        self.fallback = compiled.fallback
        self.plan = compiled
        shared: dict[str, When] = {}
        self.rules = tuple(
            CompiledRule(each, place, _when(each["when"], shared)) for place, each in enumerate(compiled.rules)
        )
        self.scanner = Scanner(compiled.atoms, automaton)
        self._index()
        # Most rules only lead to a team, for all messages. Others take some or none, add something, or lead nowhere.
        self.partial = frozenset(at for at, rule in enumerate(self.rules) if not rule.live or rule.share < 100)
        self.adding = frozenset(at for at, rule in enumerate(self.rules) if rule.adds)
        self.idle = frozenset(at for at, rule in enumerate(self.rules) if not rule.decides)

    def _index(self) -> None:
        """From a number to the rule that matches by it; below zero, to a place among the several, counted from the end.

        A decision looks into this at random, and in a large ruleset what that costs is mostly waiting for memory: so
        most numbers lead to their rule by one look into one array.
        """
        rules = self.plan.rules
        routes: list[list[int]] = [[] for _ in self.plan.atoms]
        for at, rule in enumerate(rules):
            for number in rule["trigger"] or ():
                routes[number].append(at)
        several: dict[tuple[int, ...], int] = {(): -1}
        codes = (
            each[0] if len(each) == 1 and rules[each[0]]["direct"] else several.setdefault(tuple(each), ~len(several))
            for each in routes
        )
        self.route = array("i", codes).__getitem__
        self.several = tuple(self._parted(each) for each in reversed(several))
        self.always = tuple(at for at, rule in enumerate(rules) if rule["trigger"] is None)
        self.asked = [_asked(data, rule) for data, rule in zip(rules, self.rules, strict=True)]
        self.teams = [rule.team or self.fallback for rule in self.rules]

    def _parted(self, rules: tuple[int, ...]) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The rules that match, and those that are worth asking."""
        direct = {at for at in rules if self.plan.rules[at]["direct"]}
        return tuple(at for at in rules if at in direct), tuple(at for at in rules if at not in direct)

    @classmethod
    def of(cls, document: Document, *, version: int = 0) -> Self:
        with no_collection():
            return cls(plan(document), version=version)

    @classmethod
    def from_json(cls, data: Mapping[str, Any], *, version: int = 0) -> Self:
        """Compile a document as it was published."""
        with no_collection():
            return cls.of(read(dict(data)), version=version)

    def to_blob(self) -> bytes:
        """Plan and automaton, so that nobody has to compile this version again."""
        compiled = json.dumps(self.plan.to_json(), ensure_ascii=False, separators=(",", ":")).encode(
            errors="surrogatepass"
        )
        return zlib.compress(struct.pack("<Q", len(compiled)) + compiled + self.scanner.serialized(), level=1)

    @classmethod
    def from_blob(cls, blob: bytes, *, version: int) -> Self:
        raw = zlib.decompress(blob)
        (length,) = struct.unpack_from("<Q", raw)
        with no_collection():
            compiled = Plan.from_json(json.loads(raw[8 : 8 + length]))
            return cls(compiled, version=version, automaton=raw[8 + length :])


@contextmanager
def no_collection() -> Iterator[None]:
    """Hundreds of thousands of objects are made that all stay; looking for garbage among them would take longer."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
