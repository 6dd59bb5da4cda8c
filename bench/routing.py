"""What a routing decision costs, beside the bare scan of the same text, a loop, and other keyword matchers.

Run by `bin/bench`, or alone: `python -m bench.routing`. It needs no database. The rival libraries come
from requirements-bench.in; one that is not installed is left out.
"""

from __future__ import annotations

import gc
import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bench import routing_corpus as corpus
from bench import routing_rivals as rivals
from routing.engine import Ruleset, decide
from routing.engine.wordbook import BOOK, fold
from routing.facts import Facts

# Rules, and keywords per rule: about what small and very large deployments have.
SIZES = ((10, 23), (100, 23), (1_000, 22), (10_000, 9))
POSTS = 1_000
ROUNDS = 40
# Posts that are timed together.
STRETCH = 100
PLOT = Path(__file__).resolve().parent.parent / "docs" / "img" / "routing-cost.svg"


def costs(
    calls: dict[str, tuple[Callable[[Any], object], Sequence[Any]]],
    rounds: int = ROUNDS,
    before: Callable[[], None] = lambda: None,
    *,
    warm: bool = False,
) -> dict[str, float]:
    """Microseconds of one core per thing, in turns over short stretches.

    A neighbour on the machine slows all calls alike, and the best round of each stretch counts. Where calls share no
    data, each is made once unmeasured (`warm`), so that none pays for the caches that the one before it has filled.
    """
    gc.collect()
    gc.disable()
    try:
        return {name: sum(best) for name, best in _rounds(calls, rounds, before, warm=warm).items()}
    finally:
        gc.enable()


def _rounds(
    calls: dict[str, tuple[Callable[[Any], object], Sequence[Any]]],
    rounds: int,
    before: Callable[[], None],
    *,
    warm: bool,
) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {name: [] for name in calls}
    size = max(len(things) for _call, things in calls.values())
    for at in range(0, size, STRETCH):
        best = dict.fromkeys(calls, float("inf"))
        for _ in range(rounds):
            for name, (call, things) in calls.items():
                if warm:
                    _seconds(call, things[at : at + STRETCH])
                before()
                best[name] = min(best[name], _seconds(call, things[at : at + STRETCH]))
        for name, (_call, things) in calls.items():
            found[name].append(best[name] / len(things) * 1e6)
    return found


def forget() -> None:
    """The posts are made of few sentences, so each is seen many times: what real ones bring anew is made new.

    Of the words of real streams one in twenty is new (of 20,000 support questions, after the first 5,000).
    """
    for word in _chance.sample(list(BOOK), len(BOOK) // 10):
        del BOOK[word]


_chance = random.Random(3)


def _seconds(call: Callable[[Any], object], things: Sequence[Any]) -> float:
    start = time.process_time()
    for thing in things:
        call(thing)
    return time.process_time() - start


def cost(call: Callable[[Any], object], things: Sequence[Any], rounds: int = ROUNDS) -> float:
    return costs({"": (call, things)}, rounds)[""]


def measure(many: int, keywords: int, posts: list[str]) -> dict[str, Any]:
    """One size: compile, load, then scan, fold and decide over the same posts, in turns."""
    made = corpus.rules(many, keywords)
    start = time.process_time()
    ruleset = Ruleset.from_json(corpus.document(made), version=1)
    compiled = time.process_time() - start
    blob = ruleset.to_blob()
    start = time.process_time()
    Ruleset.from_blob(blob, version=1)
    loaded = time.process_time() - start
    facts = _facts(posts)
    folded = [fold(text)[0] for text in posts]
    automaton = ruleset.scanner.automaton
    assert automaton
    find = automaton.find_overlapping
    found = costs(
        {
            "scan": (find, folded),
            "fold": (fold, posts),
            "decide": (lambda each: decide(each, ruleset), facts),
            "decide_and_all_matching": (lambda each: decide(each, ruleset).matched, facts),
        },
        before=forget,
    )
    explained = cost(lambda each: decide(each, ruleset).to_json(), facts[:300], rounds=2)
    matches = statistics.mean(len(decide(each, ruleset)._matching) for each in facts)
    return {
        "rules": many,
        "keywords": sum(len(rule["any"]) + len(rule.get("all", ())) + len(rule.get("none", ())) for rule in made),
        "rules_matching_a_post": round(matches, 2),
        **{f"{name}_us": round(value, 2) for name, value in found.items()},
        "decide_with_spans_us": round(explained, 1),
        "decide_per_scan": round(found["decide"] / found["scan"], 2),
        "compile_s": round(compiled, 2),
        "load_s": round(loaded, 3),
        "blob_mb": round(len(blob) / 1e6, 2),
    }


def compare(many: int, keywords: int, posts: list[str]) -> dict[str, float]:
    """Decisions and rivals over the same posts, in turns: what slows the machine for a while slows all of them."""
    made = corpus.rules(many, keywords)
    ruleset = Ruleset.from_json(corpus.document(made))
    facts = _facts(posts)
    calls = {"decide": (lambda each: decide(each, ruleset), facts), **rivals.calls(made, posts, loop=many <= 1_000)}
    return {name: round(value, 2) for name, value in costs(calls, rounds=10, before=forget, warm=True).items()}


def _facts(posts: list[str]) -> list[Facts]:
    return [Facts(text=text, platform="x", kind="mention", key=str(at)) for at, text in enumerate(posts)]


def many_keywords() -> dict[str, Any]:
    """More than 100,000 keywords in one set; each rule that asks for one of its words alone is found by its first."""
    made = corpus.rules(5_050, 20)
    start = time.process_time()
    ruleset = Ruleset.from_json(corpus.document(made))
    compiled = time.process_time() - start
    plain = [rule for rule in made if set(rule) == {"name", "any", "team"} and isinstance(rule["any"][-1], str)]
    missed = [rule["name"] for rule in plain if rule["name"] not in _found(rule["any"][0], ruleset)]
    return {
        "keywords": sum(len(rule["any"]) for rule in made),
        "compile_s": round(compiled, 2),
        "rules_asked": len(plain),
        "rules_missed": missed,
    }


def _found(text: str, ruleset: Ruleset) -> set[str]:
    decision = decide(Facts(text=text), ruleset)
    return {each.name for each in (decision.rule, *decision.matched) if each}


def memory(many: int, keywords: int) -> float:
    """Megabytes that a process grows by when it holds such a ruleset, measured in one of its own."""
    code = (
        "from bench import routing_corpus as c, routing as b; from routing.engine import Ruleset, decide;"
        "from routing.facts import Facts; decide(Facts(text='help'), Ruleset.from_json(c.document(c.rules(1, 5))));"
        f"import gc, json; blob = Ruleset.from_json(c.document(c.rules({many}, {keywords}))).to_blob();"
        "import sys; sys.stdout.buffer.write(blob)"
    )
    blob = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, cwd=PLOT.parents[2]).stdout
    load = (
        "import sys; from routing.engine import Ruleset, decide; from routing.facts import Facts;"
        "blob = sys.stdin.buffer.read(); size = lambda: int(open('/proc/self/statm').read().split()[1]) * 4096 / 1e6;"
        "before = size(); ruleset = Ruleset.from_blob(blob, version=1); decide(Facts(text='help'), ruleset);"
        "print(round(size() - before, 1))"
    )
    done = subprocess.run(
        [sys.executable, "-c", load], input=blob, capture_output=True, check=True, cwd=PLOT.parents[2]
    )
    return float(done.stdout)


def run() -> dict[str, Any]:
    posts = corpus.posts(POSTS)
    sizes = [measure(many, keywords, posts) for many, keywords in SIZES]
    by_rules = {each["rules"]: each for each in sizes}
    beside = compare(1_000, 22, posts)
    beside_large = compare(10_000, 9, posts)
    figures = {
        "posts": len(posts),
        "characters_mean": round(statistics.mean(map(len, posts)), 1),
        "beyond_ascii": round(statistics.mean(not text.isascii() for text in posts), 2),
        "sizes": sizes,
        "beside_at_1000": beside,
        "beside_at_10000": beside_large,
        "ratios": _ratios(by_rules, beside, beside_large),
        "hundred_thousand_keywords": many_keywords(),
        "memory_mb_at_10000_rules": memory(10_000, 9),
    }
    plot(sizes, beside)
    return figures


def _ratios(sizes: dict[int, dict[str, Any]], beside: dict[str, float], large: dict[str, float]) -> dict[str, float]:
    return {
        "decide_per_scan_at_1000": sizes[1_000]["decide_per_scan"],
        "decide_per_scan_at_10000": sizes[10_000]["decide_per_scan"],
        "decide_at_10000_per_10": round(sizes[10_000]["decide_us"] / sizes[10]["decide_us"], 2),
        **{f"{name}_per_decide_at_1000": ratio for name, ratio in _per_decide(beside).items()},
        **{f"{name}_per_decide_at_10000": ratio for name, ratio in _per_decide(large).items()},
    }


def _per_decide(beside: dict[str, float]) -> dict[str, float]:
    return {name: round(value / beside["decide"], 2) for name, value in beside.items() if name != "decide"}


def plot(sizes: list[dict[str, Any]], beside: dict[str, float]) -> None:
    """Cost against the number of rules, both on logarithmic axes, so that a straight rise would show as one."""
    try:
        import matplotlib as mpl
    except ImportError:
        return
    mpl.use("Agg")
    from bench.routing_plot import draw

    draw(PLOT, sizes, beside)


def main() -> None:
    os.environ.setdefault("MPLBACKEND", "Agg")
    print(json.dumps(run(), indent=2))


if __name__ == "__main__":
    main()
