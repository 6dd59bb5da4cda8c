"""A version published elsewhere is taken up within two seconds; meanwhile messages are routed, each by one version."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from django.db import connection

from routing import rulesets
from routing.engine import Decision, Ruleset, decide
from routing.engine.scan import Scanner
from routing.facts import Facts
from routing.models import RulesetVersion
from routing.rulesets import serving
from tests.world import World

# Seconds. Looking once a second and loading must fit into two together, also where others use the processors.
SLOW = 0.3
SOON = 2.0
TEXT = "please help with my order, help"


def document(version: int) -> str:
    """Every version finds other words for another team, and numbers them differently."""
    team, word = ("marketing", "order") if version == 1 else ("support", "help")
    rules = [{"name": f"{version}: {at}", "any": [f"w{at * version}", word], "team": team} for at in range(50)]
    return json.dumps({"rules": rules if version == 1 else rules[::-1]})


@dataclass
class Router(threading.Thread):
    """A worker's thread: routes one message after the other and keeps what it said."""

    stop: threading.Event
    decisions: list[tuple[float, Decision]] = field(default_factory=list)
    failed: BaseException | None = None

    def __post_init__(self) -> None:
        super().__init__()

    __hash__ = threading.Thread.__hash__

    def run(self) -> None:
        try:
            while not self.stop.wait(0.01):
                decision = decide(Facts(text=TEXT), rulesets.current())
                self.decisions.append((time.monotonic(), decision))
        except BaseException as error:
            self.failed = error
        finally:
            connection.close()


def publish_elsewhere() -> float:
    """Says when it was done."""
    done: list[float] = []

    def work() -> None:
        try:
            rulesets.import_yaml(document(2), by=None)
            done.append(time.monotonic())
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return done[0]


@dataclass
class Loading:
    """When the second version was loaded, and by whom."""

    begun: float = 0.0
    ended: float = 0.0
    threads: list[threading.Thread] = field(default_factory=list)


@pytest.fixture
def loading(monkeypatch: pytest.MonkeyPatch) -> Iterator[Loading]:
    """Loading takes long here: whoever waited for it would be seen."""
    load, seen = serving._load, Loading()

    def slowly(row: int) -> Ruleset:
        if RulesetVersion.objects.get(pk=row).number > 1:
            seen.threads.append(threading.current_thread())
            seen.begun = time.monotonic()
            time.sleep(SLOW)
            seen.ended = time.monotonic()
        return load(row)

    monkeypatch.setattr(serving, "_load", slowly)
    yield seen
    monkeypatch.undo()
    rulesets.forget()


def said_by(decision: Decision) -> set[object]:
    """The versions that a decision speaks of in any of its parts; its hits are only computed here, long after."""
    whole = decision.to_json()
    assert len(whole["matched"]) == 49
    assert all(each["hits"] for each in (whole, *whole["matched"]))
    words = {
        word for each in (whole, *whole["matched"]) for hit in each["hits"] for word in (hit["text"], hit["keyword"])
    }
    named = {each["rule"].split(":")[0] for each in (whole, *whole["matched"])}
    return {
        whole["version"],
        *map(int, named),
        *({"marketing": 1, "support": 2}[each["team"]] for each in (whole, *whole["matched"])),
        *({"order": 1, "help": 2}[word] for word in words),
    }


@pytest.mark.django_db(transaction=True)
@pytest.mark.race
def test_a_new_version_is_taken_up_soon_without_a_pause_and_never_mixed(
    world: World, loading: Loading, monkeypatch: pytest.MonkeyPatch
) -> None:
    rulesets.import_yaml(document(1), by=None)
    assert rulesets.current().version == 1
    stop = threading.Event()
    routers = [Router(stop) for _ in range(4)]
    for router in routers:
        router.start()
    time.sleep(0.3)
    # Another process publishes: this one is not told.
    monkeypatch.setattr(serving, "forget", lambda: None)
    published = publish_elsewhere()
    time.sleep(SOON + 0.5)
    stop.set()
    for router in routers:
        router.join()
    assert [router.failed for router in routers] == [None] * 4
    # One load, by a thread that routes nothing.
    assert len(loading.threads) == 1
    assert loading.threads[0] not in routers
    for router in routers:
        versions = [decision.version for _at, decision in router.decisions]
        assert versions == sorted(versions)
        assert set(versions) == {1, 2}
        assert max(at for at, decision in router.decisions if decision.version == 1) < published + SOON
        meanwhile = [decision.version for at, decision in router.decisions if loading.begun < at < loading.ended]
        assert set(meanwhile) == {1}
        for _at, decision in router.decisions:
            assert said_by(decision) == {decision.version}


@pytest.mark.django_db
@pytest.mark.parametrize("look", ["look", "found"])
def test_a_version_taken_up_in_the_middle_of_a_decision_has_no_part_in_it(
    world: World, monkeypatch: pytest.MonkeyPatch, look: str
) -> None:
    rulesets.import_yaml(document(1), by=None)
    rulesets.forget()
    looked = getattr(Scanner, look)

    def overtaken(scanner: Scanner, text: str) -> object:
        """Between the scan (or the search for spans) and what follows, the second version comes into force."""
        seen = looked(scanner, text)
        if rulesets.current().version == 1:
            rulesets.import_yaml(document(2), by=None)
            rulesets.forget()
            assert rulesets.current().version == 2
        return seen

    monkeypatch.setattr(Scanner, look, overtaken)
    assert said_by(decide(Facts(text=TEXT), rulesets.current())) == {1}
    assert said_by(decide(Facts(text=TEXT), rulesets.current())) == {2}
