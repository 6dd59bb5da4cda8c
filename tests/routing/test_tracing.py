"""A text that remembers where its characters came from, through each kind of rewriting."""

from __future__ import annotations

import re

import pytest

from routing.engine.alphabet import SYMBOLS, WORDS
from routing.engine.traced import Traced, join, sub


def places(traced: Traced) -> list[tuple[str, int, int]]:
    return list(zip(traced.text, traced.starts, traced.ends, strict=True))


def test_a_text_at_first_stands_where_it_stands() -> None:
    traced = Traced.of("ab")
    assert places(traced) == [("a", 0, 1), ("b", 1, 2)]
    assert (str(traced), len(traced), "b" in traced, "c" in traced) == ("ab", 2, True, False)
    assert places(traced[1:]) == [("b", 1, 2)]
    assert traced.span(0, 2) == (0, 2)
    assert places(Traced.of("")) == []


@pytest.mark.parametrize(
    ("text", "pattern", "new", "expected"),
    [
        # What is put in stands between its neighbours, what vanishes belongs to the one before.
        ("ab", "b", "xbx", [("a", 0, 1), ("x", 1, 1), ("b", 1, 2), ("x", 2, 2)]),
        ("ab", "$", "x", [("a", 0, 1), ("b", 1, 2), ("x", 2, 2)]),
        ("", "^", "x", [("x", 0, 0)]),
        ("ab", "^", "x", [("x", 0, 0), ("a", 0, 1), ("b", 1, 2)]),
        ("abc", "b", "", [("a", 0, 2), ("c", 2, 3)]),
        ("abc", "a", "", [("b", 1, 2), ("c", 2, 3)]),
        ("a c", " ", "", [("a", 0, 1), ("c", 2, 3)]),
        ("abc", "bc", "xy", [("a", 0, 1), ("x", 1, 2), ("y", 2, 3)]),
        ("abcd", "bcd", " d ", [("a", 0, 1), (" ", 1, 2), ("d", 2, 3), (" ", 3, 4)]),
        ("abcd", "bcd", "c", [("a", 0, 2), ("c", 2, 4)]),
        ("abcd", "abcd", "b d", [("b", 1, 3), (" ", 2, 2), ("d", 3, 4)]),
        ("ab", "ab", "bab", [("b", 0, 0), ("a", 0, 1), ("b", 1, 2)]),
        ("a", "a", "aa", [("a", 0, 1), ("a", 1, 1)]),
        ("a b", "a b", "a  b", [("a", 0, 1), (" ", 1, 1), (" ", 1, 1), ("b", 2, 3)]),
        ("abca", "abca", "cab", [("c", 2, 3), ("a", 3, 4), ("b", 4, 4)]),
        ("zabca", "abca", "cab", [("z", 0, 3), ("c", 3, 4), ("a", 4, 5), ("b", 5, 5)]),
        ("abb", "abb", "ab", [("a", 0, 1), ("b", 1, 3)]),
        ("abc", "abc", "ac", [("a", 0, 2), ("c", 2, 3)]),
        ("abab", "a", "xa", [("x", 0, 0), ("a", 0, 1), ("b", 1, 2), ("x", 2, 2), ("a", 2, 3), ("b", 3, 4)]),
    ],
)
def test_what_is_replaced(text: str, pattern: str, new: str, expected: list[tuple[str, int, int]]) -> None:
    traced = sub(re.compile(pattern), new, Traced.of(text))
    assert places(traced) == expected
    assert sub(re.compile(pattern), lambda _: new, Traced.of(text)).text == re.sub(pattern, new, text)


def test_replacing_again_goes_back_to_the_first_text() -> None:
    traced = Traced.of("a-b-c").replace("-", "").replace("b", " b ")
    assert places(traced) == [("a", 0, 2), (" ", 2, 2), ("b", 2, 4), (" ", 4, 4), ("c", 4, 5)]
    assert places(Traced.of("a.b").replace(".", "x")) == [("a", 0, 1), ("x", 1, 2), ("b", 2, 3)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ﬁx", [("f", 0, 1), ("i", 0, 1), ("x", 1, 2)]),
        ("e\u0301x", [("é", 0, 2), ("x", 2, 3)]),
        ("\u1100\u1161\u11a8가", [("각", 0, 3), ("가", 3, 4)]),
        ("ｶﾞﾗ", [("ガ", 0, 2), ("ラ", 2, 3)]),
        ("a\u0301", [("á", 0, 2)]),
        ("\u0995\u09c7\u09be", [("\u0995", 0, 1), ("\u09cb", 1, 3)]),
        ("x¨", [("x", 0, 1), (" ", 1, 1), ("\u0308", 1, 2)]),
        ("x½", [("x", 0, 1), ("1", 1, 2), ("⁄", 1, 2), ("2", 1, 2)]),
    ],
)
def test_characters_that_become_one_or_fall_apart(text: str, expected: list[tuple[str, int, int]]) -> None:
    assert places(Traced.of(text).nfkc()) == expected


def test_translating_keeps_the_place_and_leaves_room_around_signs() -> None:
    assert places(Traced.of("Ä☂").translate(WORDS)) == [("a", 0, 1), (" ", 1, 1), ("☂", 1, 2), (" ", 2, 2)]
    assert places(Traced.of("ß").translate(SYMBOLS)) == [("s", 0, 1), ("s", 0, 1)]
    # Marks and invisible characters count as part of what stands before them.
    assert places(Traced.of("a\u200b\u200bb").translate(WORDS)) == [("a", 0, 3), ("b", 3, 4)]
    assert places(Traced.of("☂\ufe0fb").translate(WORDS))[1:] == [("☂", 0, 2), (" ", 1, 1), ("b", 2, 3)]
    assert places(Traced.of("\u200bb").translate(WORDS)) == [("b", 1, 2)]


def test_pieces_put_together() -> None:
    traced = Traced.of("ab")
    assert places(join(["x", traced[1:], "yz", traced[:1]], like=traced)) == [
        ("x", 0, 0), ("b", 1, 2), ("y", 2, 2), ("z", 2, 2), ("a", 0, 1),
    ]  # fmt: skip
    assert join(["x", "y"], like="") == "xy"
