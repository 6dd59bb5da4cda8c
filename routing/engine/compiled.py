"""One rule, ready to be asked: its words in numbers, its conditions, and what it does."""

import hashlib
from collections.abc import Callable, Collection, Iterator
from typing import Any

from routing.engine.conditions import CONDITIONS, PLAIN, ZONE, local_time
from routing.engine.language import detect
from routing.engine.rules import LAST_HELPER
from routing.facts import Facts


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

    def hold(self, present: Collection[int]) -> bool:
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


def shared_when(when: dict[str, Any], shared: dict[str, When]) -> When:
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
