"""What holds for every rule and every text: agreement with a slow reference, honest spans, purity, linear time."""

from __future__ import annotations

import json
import os
import re
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from routing.engine import Ruleset, decide
from routing.engine.fold import fold_thoroughly, folded_keyword, nfkc, normalized
from routing.engine.quotes import may_quote, may_quote_unfolded
from routing.engine.traced import Traced
from routing.engine.wordbook import BOOK, fold, trace
from routing.facts import Facts
from tests.routing import reference
from tests.routing.asking import TEAMS, ruleset

# Letters of several scripts with their accents, full-width forms, emoji, marks, bidi controls, Han, punctuation.
LETTERS = "abcßéÄiİıIñçžаяйΣςωάｈｅＬ１2ﬁ"
STRANGE = "".join(sorted(reference.DROPPED)) + "\u0301\u0323"
PIECES = st.one_of(
    st.text(alphabet=LETTERS, min_size=1, max_size=4),
    st.text(alphabet="帮助退款请我", min_size=1, max_size=3),
    st.sampled_from([*reference.EMOJI, " @bob", " @帮", " ", ", ", "\n", "—", "…", "! ", "(", "·"]),
    st.text(alphabet=STRANGE, min_size=1, max_size=1).map(lambda mark: f"a{mark}"),
)
TEXTS = st.lists(PIECES, max_size=12).map("".join)
WORDS = st.one_of(
    st.text(alphabet=LETTERS, min_size=1, max_size=3),
    st.lists(st.text(alphabet=LETTERS, min_size=1, max_size=2), min_size=2, max_size=2).map(" ".join),
    st.text(alphabet="帮助退款请我", min_size=1, max_size=2),
    st.sampled_from(reference.EMOJI),
).filter(lambda word: bool(reference.units(word)))
GROUPS = st.recursive(
    st.fixed_dictionaries({"any": st.lists(WORDS, min_size=1, max_size=3)}),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "any": st.lists(WORDS | inner, min_size=1, max_size=3),
            "all": st.lists(WORDS | inner, min_size=1, max_size=2),
            "none": st.lists(WORDS | inner, min_size=1, max_size=2),
        },
    ).filter(bool),
    max_leaves=4,
)
ANY_TEXT = st.text(
    alphabet=st.one_of(
        st.sampled_from(
            "aA'’`´.@#/:-_+ \n\x05ßİκς助けｶﾞ゙ยากำ한\u1161\u11a8किंo\u0301\u0323😂👩💻\u200d\ufe0f\U0001f3fd🇩🇪\u20e3"
        ),
        st.characters(),
    ),
    max_size=40,
)


def compiled(rules: list[dict[str, Any]]) -> Ruleset:
    try:
        return ruleset(*[{"team": "marketing", **rule} for rule in rules])
    except ValueError:
        assume(False)
        raise


@settings(max_examples=1_000, deadline=None)
@given(ANY_TEXT)
def test_folding_fast_and_folding_with_origins_agree(text: str) -> None:
    traced = trace(text)
    assert (traced.text, traced.limit) == fold(text)
    for at, char in enumerate(traced.text):
        if char != " ":
            start, end = traced.span(at, at + 1)
            assert 0 <= start <= end <= len(text)


@settings(max_examples=1_000, deadline=None)
@given(ANY_TEXT)
@example("\u0e33")  # falls apart under NFKC, though it is normal under NFC
@example("\u0e84\u0eb3")  # so does the Lao one
def test_folding_word_by_word_and_folding_the_whole_text_agree(text: str) -> None:
    thorough, limit = fold_thoroughly(nfkc(Traced.of(text)))
    traced = trace(text)
    assert traced.text.split() == thorough.text.split()
    assert traced.text[traced.limit :] == thorough.text[limit:]
    for fast, slow in zip(_words(traced.text), _words(thorough.text), strict=True):
        start, end = traced.span(*fast)
        first, last = thorough.span(*slow)
        # What vanishes behind a word may count as part of it.
        assert (start, end) == (first, last) or (start == first and not fold(text[end:last])[0].strip())


@settings(max_examples=1_000, deadline=None)
@given(st.text(alphabet="TRrt @\n\uff20\ufe6b\uff34\u00a0x\u0327助🎉:", max_size=12))
@example("ＲＴ @b: help")
@example("R\uff34\u00a0@b: help")
def test_no_text_that_quotes_is_taken_for_one_that_does_not(text: str) -> None:
    if may_quote(normalized(text)):
        assert may_quote_unfolded(text) or not {"@", "\n"} & set(text)
    assert fold(text)[0].split() == trace(text).text.split()


@settings(max_examples=1_500, deadline=None)
@given(st.text(alphabet="助けて請我ยากำน้\u0e33\u0eb3\u3099\u0301、。！？，🎉@#a.:/ ,", max_size=16))
@example("น้ำ")
@example("ก\u0e48\u0e38")  # marks that NFKC puts in another order
@example("。")
@example("我，a.co/b 請")
@example("請。@a")
def test_a_text_that_begins_in_a_script_without_spaces_is_folded_as_word_by_word(text: str) -> None:
    words, limit = fold(text)
    by_word, limit_by_word = fold(f"x {text}")
    assert words == by_word.removeprefix(" x")
    assert limit == limit_by_word - 2


def _words(text: str) -> list[tuple[int, int]]:
    return [found.span() for found in re.finditer("[^ ]+", text)]


@settings(max_examples=300, deadline=None)
@given(ANY_TEXT)
def test_a_remembered_word_folds_as_it_did_the_first_time(text: str) -> None:
    BOOK.clear()
    assert fold(text) == fold(text)


@settings(max_examples=600, deadline=None)
@given(st.lists(GROUPS, min_size=1, max_size=6), TEXTS)
def test_engine_agrees_with_the_slow_reference(rules: list[dict[str, Any]], text: str) -> None:
    decision = decide(Facts(text=text), compiled(rules))
    expected = reference.matching(rules, text)
    matched = [rule for rule in (decision.rule, *decision.matched) if rule]
    assert sorted(int(rule.name.split()[1]) - 1 for rule in matched) == expected
    assert (decision.rule and decision.rule.name) == (f"rule {expected[0] + 1}" if expected else None)
    assert decision.team == ("marketing" if expected else "support")


@settings(max_examples=600, deadline=None)
@given(WORDS, TEXTS, TEXTS)
def test_a_span_cuts_out_a_text_that_folds_to_the_keyword(word: str, before: str, after: str) -> None:
    text = f"{before} {word} {after}"
    hits = decide(Facts(text=text), compiled([{"any": [word]}])).hits
    assert hits
    for hit in hits:
        assert hit.text == text[hit.start : hit.end]
        assert folded_keyword(hit.text) == folded_keyword(word)


@settings(max_examples=300, deadline=None)
@given(st.lists(GROUPS, min_size=1, max_size=4), ANY_TEXT)
def test_what_is_present_is_what_is_found(rules: list[dict[str, Any]], text: str) -> None:
    scanner = compiled(rules).scanner
    assert set(scanner.settled(scanner.look(text))) == {found.number for found in scanner.found(text)}


@settings(max_examples=200, deadline=None)
@given(st.lists(GROUPS, min_size=1, max_size=4), ANY_TEXT)
def test_decide_is_pure_and_survives_being_recorded(rules: list[dict[str, Any]], text: str) -> None:
    facts, once = Facts(text=text, key="k"), compiled(rules)
    first = decide(facts, once).to_json()
    assert decide(facts, once).to_json() == first
    assume(not any("\ud800" <= char <= "\udfff" for char in text))
    recorded = Facts.from_json(json.loads(json.dumps(facts.to_json())))
    again = Ruleset.from_blob(once.to_blob(), version=once.version)
    assert recorded == facts
    assert decide(recorded, again).to_json() == first


HOSTILE = [
    "a", "@", "#", "a.", "@a", "#a", "a@", "http://", "www.", "a'", "'", "’", "\u0301", "İ", "ﬁ", "ยา", "助け",
    "😂\u200d", "🇩", "RT @a ", "> a\n", "On a\n", "\n", "-", "--", "wrote:\n", "x.y", "a/", "&#", "_a", "aA", "#aA",
    "\x05", "ﷺ", "한", "กa", "a'b", "'s ", "a" * 400 + "'", "#" + "a" * 400, "@" + "a.b" * 200, "é" * 300,
]  # fmt: skip
RULES = [
    {
        "any": [
            "help",
            "can't",
            "crash*",
            "*boom",
            "c++",
            "ยาก",
            "助けて",
            "run~",
            "/(a+)+$/",
            "/([a-z]+)*x/",
            "#tag",
            "@me",
        ]
    }
]


def seconds(text: str, rules: Ruleset) -> float:
    best = float("inf")
    for _ in range(3):
        start = time.process_time()
        decide(Facts(text=text), rules).to_json()
        best = min(best, time.process_time() - start)
    return best


@pytest.mark.parametrize("seed", HOSTILE)
def test_no_text_takes_more_than_linear_time(seed: str) -> None:
    rules = ruleset(*[{"team": "marketing", **rule} for rule in RULES])
    size = max(1, 2_000 // len(seed))
    short, long = seconds(seed * size, rules), seconds(seed * size * 8, rules)
    # Linear is 8; quadratic would be 64.
    assert long < 24 * max(short, 0.001), (short, long)


def redos_lists() -> list[tuple[str, str]]:
    folder = Path(os.environ.get("RELAYBOX_SHARED", Path(__file__).resolve().parents[3] / "shared")) / "data"
    cases: list[tuple[str, str]] = []
    for path in sorted(folder.glob("redos_*.json")):
        cases += [
            (case["pattern"], case.get("attack_input") or "a" * 50) for case in _cases(json.loads(path.read_text()))
        ]
    return cases


def _cases(data: Any) -> list[dict[str, Any]]:
    if isinstance(data, dict):
        return [data] if "pattern" in data else [case for value in data.values() for case in _cases(value)]
    return [case for value in data for case in _cases(value)] if isinstance(data, list) else []


@pytest.mark.parametrize(("pattern", "attack"), redos_lists())
def test_patterns_that_hang_other_engines_do_not_hang_this_one(pattern: str, attack: str) -> None:
    raw = {
        "teams": TEAMS,
        "fallback": "support",
        "rules": [{"name": "evil", "any": [f"/{pattern}/"], "team": "support"}],
    }
    try:
        rules = Ruleset.from_json(raw)
    except ValueError:
        return  # RE2 has no such construct, and says so when the rule is saved
    start = time.process_time()
    decide(Facts(text=str(attack) * 20), rules).to_json()
    assert time.process_time() - start < 1
