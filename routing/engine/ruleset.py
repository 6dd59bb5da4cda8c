"""A compiled ruleset: read-only, shared by all threads, replaced as a whole."""

import gc
import json
import struct
import sys
import unicodedata
import zlib
from array import array
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version as installed
from typing import Any, NamedTuple, Self

from routing.engine.compiled import CompiledRule, When, Words, shared_when
from routing.engine.document import Document, read
from routing.engine.fold import FOLD_VERSION
from routing.engine.plan import PLAN_VERSION, Plan, plan
from routing.engine.scan import Scanner


def engine_tag() -> str:
    """What a compiled blob depends on: another tag, and it is compiled anew from the document."""
    return (
        f"plan{PLAN_VERSION} fold{FOLD_VERSION} daachorse{installed('daachorse')} "
        f"unicode{unicodedata.unidata_version} snowball{installed('snowballstemmer')} {sys.byteorder}"
    )


# What is left to ask of a rule whose trigger is hit, beside the numbers that must not be there: groups of which one
# number must be, nested groups, conditions; what a rule does not ask is empty.
Rest = tuple[tuple[frozenset[int], ...], Words | None, When | None]
# A rule's place, the numbers that must not be there, and the rest.
Asked = tuple[int, frozenset[int], Rest | None]
_NO_NUMBERS = frozenset[int]()


class Candidates(NamedTuple):
    """The rules that one number makes worth asking, in order: those that may decide, and those that add something."""

    deciding: tuple[Asked, ...] = ()
    adding: tuple[Asked, ...] = ()


def _asked(data: dict[str, Any], rule: CompiledRule) -> Asked:
    if data["direct"]:
        return rule.place, _NO_NUMBERS, None
    words, when = rule.words, rule.conditions if rule.when else None
    if words.any_groups or words.all_groups or words.none_groups:
        return rule.place, _NO_NUMBERS, ((), words, when)
    trigger = frozenset(data["trigger"] or ())
    groups = tuple(each for each in (*words.all, words.any) if each and each != trigger)
    return rule.place, words.none or _NO_NUMBERS, (groups, None, when) if groups or when else None


class Ruleset:
    """One version, ready to decide."""

    def __init__(self, compiled: Plan, *, version: int = 0, automaton: bytes = b"") -> None:
        self.version = version
        self.fallback = compiled.fallback
        self.plan = compiled
        shared: dict[str, When] = {}
        self.rules = tuple(
            CompiledRule(each, place, shared_when(each["when"], shared)) for place, each in enumerate(compiled.rules)
        )
        self.scanner = Scanner(compiled.atoms, automaton)
        self._index()
        # Most rules are for all messages; these take some or none.
        self.partial = frozenset(at for at, rule in enumerate(self.rules) if not rule.live or rule.share < 100)

    def _index(self) -> None:
        """From a number to its rules.

        A decision looks into this at random, and in a large ruleset what that costs is mostly waiting for memory: so
        most numbers lead to their first rule by one look into one array, and those that share their rules share a row.
        """
        rules = self.plan.rules
        routes: list[list[int]] = [[] for _ in self.plan.atoms]
        for at, rule in enumerate(rules):
            for number in rule["trigger"] or ():
                routes[number].append(at)
        self.asked = [_asked(data, rule) for data, rule in zip(rules, self.rules, strict=True)]
        self.always = tuple(at for at, rule in enumerate(rules) if rule["trigger"] is None)
        # Numbers below this one lead to a rule of which their hit is enough, or to none; the others to candidates.
        self.silent = self.plan.silent
        shared: dict[tuple[int, ...], Candidates] = {}
        self.candidates = [
            shared.get(key) or shared.setdefault(key, self._candidates(key))
            for key in map(tuple, routes[self.silent :])
        ]
        self.always_asked = self._candidates(self.always)
        # No rule, as a place: behind all others.
        self.nobody = len(rules)
        silence = [self.nobody] * (self.silent - len(self.plan.leads))
        self.leads = array("i", [*self.plan.leads, *silence, *map(self._lead, self.candidates)])
        self._index_all(routes)
        self.teams = [rule.team or self.fallback for rule in self.rules]

    def _lead(self, candidates: Candidates) -> int:
        """The first rule that may decide; before all others, where one adds something in any case."""
        if candidates.adding:
            return -1
        return candidates.deciding[0][0] if candidates.deciding else self.nobody

    def _candidates(self, rules: tuple[int, ...]) -> Candidates:
        """Rules in shadow neither decide nor add anything."""
        live = [self.rules[at] for at in rules if self.rules[at].live]
        return Candidates(
            tuple(self.asked[rule.place] for rule in live if rule.decides),
            tuple(self.asked[rule.place] for rule in live if rule.adds),
        )

    def _index_all(self, routes: list[list[int]]) -> None:
        """From a number to the one rule that matches by it; below zero, to a place among the several, from the end."""
        rules = self.plan.rules
        several: dict[tuple[int, ...], int] = {(): -1}
        codes = (
            each[0] if len(each) == 1 and rules[each[0]]["direct"] else several.setdefault(tuple(each), ~len(several))
            for each in routes
        )
        self.route = array("i", codes).__getitem__
        self.several = tuple(self._parted(each) for each in reversed(several))

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
        compiled = json.dumps(self.plan.to_json(), ensure_ascii=False, separators=(",", ":")).encode()
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
