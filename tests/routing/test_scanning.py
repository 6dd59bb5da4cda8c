"""Hits in doubt, signs, word forms and expressions, where one is easily taken for another."""

from __future__ import annotations

from typing import Any

import pytest

from tests.routing.asking import ask, ruleset, words

# ยาก stands as a word in the first text alone; อยาก is another word.
WHOLE, PART = "มันยากมาก", "อยาก"


def outcome(text: str, *rules: dict[str, Any], **facts: Any) -> tuple[str | None, list[str]]:
    """The rule that decides, and the others that match."""
    decision = ask(text, *rules, **facts)
    return decision.rule.name if decision.rule else None, [rule.name for rule in decision.matched]


@pytest.mark.parametrize(
    ("rule", "whole", "part"),
    [
        ({"any": ["ยาก"]}, True, False),
        ({"any": ["help"], "none": ["ยาก"]}, False, True),
        ({"all": ["help", "ยาก"]}, True, False),
        ({"all": [{"any": ["ยาก"]}, "help"]}, True, False),
        ({"any": ["help"], "none": [{"all": ["ยาก", "help"]}]}, False, True),
        ({"none": ["ยาก"]}, False, True),
        ({"any": ["ยาก", "absent"], "when": {"platform": "x"}}, True, False),
        ({"any": ["help"], "when": {"platform": "x"}}, True, True),
        ({"any": ["help"], "none": ["absent"]}, True, True),
        ({"all": ["help", "absent"]}, False, False),
        ({"when": {"platform": "x"}}, True, True),
    ],
)
def test_a_hit_inside_a_word_neither_decides_nor_refuses_nor_adds(
    rule: dict[str, Any], whole: bool, part: bool
) -> None:
    for text, holds in ((f"help {WHOLE}", whole), (f"help {PART}", part)):
        expected = "rule 1" if holds else None
        assert outcome(text, {**rule, "team": "marketing"}, platform="x") == (expected, [])
        # The same behind another rule that decides, and twice, with another rule between that settles the matter.
        last = {"any": ["help"], "team": "support"}
        first = {"any": ["help"], "none": ["ยาก", "absent"], "labels": ["l"]}
        noted = [f"rule {at}" for at, is_so in ((1, text.endswith(PART)), (2, holds)) if is_so]
        assert outcome(text, first, {**rule, "labels": ["m"]}, last, platform="x") == ("rule 3", noted)
        labels = tuple(label for label, is_so in (("l", text.endswith(PART)), ("m", holds)) if is_so)
        assert ask(text, first, {**rule, "labels": ["m"]}, last, platform="x").labels == labels


def test_what_matches_besides_has_to_stand_between_word_breaks_too() -> None:
    rules = [{"any": ["help"], "team": "support"}, {"any": ["ยาก"], "team": "marketing"}, {"any": ["me"]}]
    assert outcome(f"help me {WHOLE}", *rules) == ("rule 1", ["rule 2", "rule 3"])
    assert outcome(f"help me {PART}", *rules) == ("rule 1", ["rule 3"])


def test_a_keyword_in_doubt_beside_more_of_other_kinds() -> None:
    others = [{"any": ["run~", "/gr+eat/", ":)", "€"], "labels": ["l"]}]
    assert outcome(PART, {"any": ["ยาก"], "team": "marketing"}, *others) == (None, [])
    assert outcome(WHOLE, {"any": ["ยาก"], "team": "marketing"}, *others) == ("rule 1", [])
    assert outcome(f"{PART} :)", {"any": [":)", "/x/"], "team": "marketing"}, {"any": ["ยาก"]}) == ("rule 1", [])
    assert outcome(f"{PART} :) runs", {"any": ["ยาก"], "team": "marketing"}, *others) == (None, ["rule 2"])


def test_one_hit_of_two_stands() -> None:
    both = {"any": ["ยาก"], "team": "marketing"}
    for text in (f"{PART} {WHOLE}", f"{WHOLE} {PART}", f"{PART} x {WHOLE} y {PART}"):
        assert outcome(text, both) == ("rule 1", [])
        assert [hit.text for hit in ask(text, both).hits] == ["ยาก"]
    assert outcome(f"{PART} x {PART}", both) == (None, [])


def test_a_keyword_may_begin_with_a_vowel_sign_that_hangs_on_a_space() -> None:
    # ICU sees no word break between the space and the sign.
    assert words("ัก", "x ัก") == ["ัก"]
    assert words("ัก", "มัก x ัก") == ["ัก"]
    assert words("ัก", "มัก x ักษ") == []


@pytest.mark.parametrize("between", ["\U00010000", "😂", "\uffff", "x"])
def test_characters_of_two_units_between_hits_in_doubt(between: str) -> None:
    assert words("ยาก", f"{WHOLE} {between} {WHOLE}") == ["ยาก", "ยาก"]
    assert words("ยาก", f"{PART} {between} {PART}") == []


def test_of_several_signs_each_keeps_its_own_boundaries() -> None:
    signs = {"name": "s", "any": [":)", "50%", "at&t", "c++", "€"], "team": "marketing"}
    beside = {"name": "w", "any": ["a", "b", "c", "d"], "labels": ["l"]}
    for text in ("150%", "xat&t", "at&tx", "abc++"):
        assert ask(text, beside, signs).rule is None
        assert ask(text, beside, signs).hits == ()
    for text in ("x:)", "50%", "at&t", "c++x", "5€5"):
        assert ask(text, beside, signs).rule is not None


def test_a_whole_hashtag_right_before_the_handles() -> None:
    decision = ask("@bob #CantLogIn", {"any": ["cantlogin", "@bob"], "team": "marketing"})
    assert [hit.text for hit in decision.hits] == ["@bob", "CantLogIn"]
    assert ask("@bob #CantLogIn", {"any": ["bob"]}, {"any": ["@bob"]}, {"any": ["cantlogin*"]}).hits == ()
    assert outcome("@bob #x", {"any": ["bob*"], "team": "marketing"}, {"any": ["@bob"]}) == (None, ["rule 2"])


@pytest.mark.parametrize(
    ("keyword", "text", "found"),
    [
        ("/booking\\.com/", "see Booking.com now", ["Booking.com"]),
        ("/@bob/", "hi @Bob", ["@Bob"]),
        ("/#tag/", "so #Tag", ["#Tag"]),
        ("/gr+eat/", "grreat\n> grreaat greeat great", ["grreat"]),
        ("/gr+eat/", "RT @bob: great", []),
        ("/old/", "see RT @bob: old\nold", []),
        ("/a b/", "a \n b", ["a \n b"]),
        ("/x|b/", "b x", ["b", "x"]),
        ("/d'aide/", "d’Aide", ["d’Aide"]),
        ("/straße/", "STRASSE", ["STRASSE"]),
        ("/ＧＲ+eat/", "great", ["great"]),
        ("/GR[A-E]+T/", "Great", ["Great"]),
        ("/d’aide/", "d'Aide", ["d'Aide"]),
        ("/é+/", "ÉÉ", ["ÉÉ"]),
    ],
)
def test_an_expression_sees_what_the_author_wrote(keyword: str, text: str, found: list[str]) -> None:
    assert words(keyword, text) == found


def test_an_expression_may_find_a_place_rather_than_words() -> None:
    decision = ask("ab", {"any": ["/\\b/"], "team": "marketing"})
    assert (decision.team, decision.hits) == ("marketing", ())
    assert ask("...", {"any": ["/\\b/"], "team": "marketing"}).team == "support"


def test_word_forms_are_of_words_shorter_than_sixty() -> None:
    longest = "x" * 59
    assert words(f"{longest}~", f"{longest} x{longest}") == [longest]
    assert words(f"x{longest}~", f"x{longest}") == []
    assert ruleset({"any": [f"x{longest}~"]}).scanner.found(f"x{longest}") == []


def test_word_forms_of_several_languages() -> None:
    rules = [{"any": ["laufen~de"], "labels": ["de"]}, {"any": ["run~en"], "labels": ["en"]}, {"any": ["help~"]}]
    assert ask("er laufe", *rules).labels == ("de",)
    assert ask("she runs", *rules).labels == ("en",)
    decision = ask("laufe, runs, helped", *rules)
    assert [rule.name for rule in decision.matched] == ["rule 1", "rule 2", "rule 3"]
    assert [[hit.text for hit in decision.hits_of(rule)] for rule in decision.matched] == [
        ["laufe"],
        ["runs"],
        ["helped"],
    ]


def test_everything_is_found_in_the_order_of_the_text() -> None:
    scanner = ruleset({"any": ["a", "b c", "c++", "/d+/", "run~", "b"]}).scanner
    found = scanner.found("dd runs c++ b c a")
    assert [(each.start, each.end) for each in found] == [(0, 2), (3, 7), (8, 11), (12, 13), (12, 15), (16, 17)]
    assert [scanner.atoms[each.number].pattern.strip() for each in found] == ["d+", "en run", "c++", "b", "b c", "a"]
