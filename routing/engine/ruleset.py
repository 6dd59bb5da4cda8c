"""A compiled ruleset: read-only, shared by all threads, replaced as a whole."""

import gc
import hashlib
import json
import struct
import sys
import unicodedata
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version as installed
from typing import Any, Self

from routing.engine.conditions import CONDITIONS, ZONE, Condition, local_time
from routing.engine.document import Document, read
from routing.engine.fold import FOLD_VERSION
from routing.engine.plan import PLAN_VERSION, Plan, plan
from routing.engine.rules import LAST_HELPER
from routing.engine.scan import Scanner
from routing.facts import Facts

Language = Callable[[], str]


def engine_tag() -> str:
    """What a compiled blob depends on: another tag, and it is compiled anew from the document."""
    return (
        f"plan{PLAN_VERSION} fold{FOLD_VERSION} daachorse{installed('daachorse')} "
        f"unicode{unicodedata.unidata_version} snowball{installed('snowballstemmer')} {sys.byteorder}"
    )


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


class CompiledRule:
    """One rule as the engine asks it."""

    __slots__ = (
        "_sources", "assigns", "data", "decides", "id", "ignore", "labels", "live", "name", "place", "priority", "quiet",
        "share", "team", "tests", "when", "words", "zone",
    )  # fmt: skip

    def __init__(self, data: dict[str, Any], place: int) -> None:
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
        self.when: dict[str, Any] = {name: value for name, value in data["when"].items() if name != ZONE}
        self.zone: str = data["when"].get(ZONE, "UTC")
        self.tests = tuple(
            (CONDITIONS[name], value)
            for name, value in sorted(self.when.items(), key=lambda each: CONDITIONS[each[0]].cost)
        )
        # Once the team is decided, such a rule has nothing to add.
        self.quiet = self.live and self.share == 100 and not (self.priority or self.labels or self.assigns)

    @property
    def sources(self) -> dict[int, list[str]]:
        """From a number to the keywords, as written, that it stands for in this rule, those under none aside."""
        if self._sources is None:
            self._sources = {}
            for source, numbers in _wanted(self.data["said"]):
                for number in numbers:
                    self._sources.setdefault(number, []).append(source)
        return self._sources

    def condition(self, name: str) -> Condition:
        return CONDITIONS[name]

    def allows(self, facts: Facts, language: Language) -> bool:
        """Whether every condition holds; the cheap ones are asked first."""
        for condition, value in self.tests:
            if not condition.holds(value, self.seen(condition.seen(value, facts, language))):
                return False
        return True

    def seen(self, value: Any) -> Any:
        """Times are seen in the rule's time zone."""
        return local_time(value, self.zone) if hasattr(value, "tzinfo") else value

    def takes(self, key: str) -> bool:
        """Whether a message belongs to the stated share: the same one always does."""
        return self.share == 100 or share_of(key, self.id or self.name) < self.share


def _wanted(group: dict[str, Any]) -> Iterator[list[Any]]:
    for member in (*group.get("any", ()), *group.get("all", ())):
        if isinstance(member, dict):
            yield from _wanted(member)
        else:
            yield member


def share_of(key: str, rule: int | str) -> int:
    digest = hashlib.blake2b(f"{rule}\0{key}".encode(errors="surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest) % 100


class Ruleset:
    """One version, ready to decide."""

    def __init__(self, compiled: Plan, *, version: int = 0, automaton: bytes = b"") -> None:
        self.version = version
        self.fallback = compiled.fallback
        self.plan = compiled
        self.rules = tuple(CompiledRule(each, place) for place, each in enumerate(compiled.rules))
        self.scanner = Scanner(compiled.atoms, automaton)
        # From a number to the rules that it decides, and to those that it makes worth asking.
        self.direct: list[tuple[int, ...]] = []
        self.candidates: list[tuple[int, ...]] = []
        self._index()
        # The numbers that make any rule worth asking.
        self.asking = frozenset(number for number, rules in enumerate(self.candidates) if rules)
        # Most rules that match only lead to a team. The others need a closer look, or have nothing to say.
        self.closer_look = frozenset(at for at, rule in enumerate(self.rules) if not rule.quiet)
        self.idle = frozenset(at for at, rule in enumerate(self.rules) if rule.quiet and not rule.decides)
        self.always = tuple(at for at, rule in enumerate(compiled.rules) if rule["trigger"] is None)

    def _index(self) -> None:
        direct: list[list[int]] = [[] for _ in self.plan.atoms]
        candidates: list[list[int]] = [[] for _ in self.plan.atoms]
        for at, rule in enumerate(self.plan.rules):
            index = direct if rule["direct"] else candidates
            for number in rule["trigger"] or ():
                index[number].append(at)
        self.direct = [tuple(each) for each in direct]
        self.candidates = [tuple(each) for each in candidates]

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
