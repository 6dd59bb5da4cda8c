from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import ParseError
from connectors.jsonload import MAX_DEPTH, Repeated, load
from connectors.text import clean, from_html


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not JSON"),
        (b"\xff", "not UTF-8 at byte 0"),
        ('{"a":1}'.encode("utf-16"), "not UTF-8"),
        (b'{"a":NaN}', "NaN is not a number"),
        (b'{"a":-Infinity}', "Infinity"),
        (b'{"a":1e400}', "too large"),
        (b'{"a":' + b"1" * 5000 + b"}", "not JSON we can hold"),
        (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), "nested deeper"),
        (b'{"a":' * 200_000, "nested deeper"),
        (b'{"a":1', "not JSON"),
        (b"{'a':1}", "not JSON"),
    ],
)
def test_what_cannot_be_read_says_why(body: bytes, reason: str) -> None:
    with pytest.raises(ParseError, match=reason):
        load(body)


def test_depth_counts_no_brackets_in_texts() -> None:
    assert load(json.dumps(["[" * 500, '\\"' + "{" * 500]).encode())[0] == "[" * 500
    deep = b"[" * MAX_DEPTH + b"]" * MAX_DEPTH
    assert load(b"[" + b",".join([deep[1:-1]] * 50) + b"]")


def test_a_byte_order_mark_is_passed_over() -> None:
    assert load(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


def test_nul_and_half_pairs_are_mended_in_texts_and_keys() -> None:
    assert load(rb'{"a\u0000": ["x\u0000y", "\ud83d", "\ud83d\ude00"]}') == {"a": ["xy", "\ufffd", "😀"]}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"\ud83d\ude00", "😀"),
        (r"\ud83d\ud83d\ude00", "\ufffd😀"),
        (r"\ude00\ud83d", "\ufffd\ufffd"),
        (r"\ud83d\ude00\ude00", "😀\ufffd"),
        (r"\\ud83d\ude00", "\\ud83d\ufffd"),
        (r"\\\ud83d", "\\\ufffd"),
        (r"\ud83dx\ude00", "\ufffdx\ufffd"),
        (r"\uD83D\uDE00", "😀"),
        (r"\\u0000", "\\u0000"),
    ],
)
def test_whole_pairs_stay_and_halves_do_not(written: str, read: str) -> None:
    assert load(f'["{written}"]'.encode()) == [read]


@given(st.lists(st.sampled_from([r"\ud83d", r"\ude00", r"\uD83D", r"\\", "x", r"\u0000", r"\udfff", r"\udc00"])))
def test_no_order_of_escapes_lets_a_half_pair_through(pieces: list[str]) -> None:
    (text,) = load(f'["{"".join(pieces)}"]'.encode())
    text.encode()
    assert "\0" not in text


def test_a_key_given_twice_is_known() -> None:
    value = load(b'{"x": {"id": 1, "id": 2}, "y": {"id": 1}}')
    assert isinstance(value["x"], Repeated)
    assert (value["x"].key, value["x"]) == ("id", {"id": 2})
    assert not isinstance(value["y"], Repeated)


def test_a_key_given_twice_is_known_behind_a_half_pair_too() -> None:
    value = load(rb'{"x": {"id": "\ud83d", "id": 2}}')
    assert isinstance(value["x"], Repeated)
    assert value["x"].key == "id"


@given(st.binary())
def test_any_bytes_are_a_value_or_a_parse_error(body: bytes) -> None:
    with suppress(ParseError):
        load(body)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(json_values)
def test_whatever_is_read_can_be_stored(value: Any) -> None:
    found = json.dumps(load(json.dumps(value).encode()), ensure_ascii=False)
    assert "\\u0000" not in found
    found.encode()


@given(st.text(st.characters()))
def test_a_clean_text_stays_and_is_clean_only_once(text: str) -> None:
    assert clean(clean(text)) == clean(text)
    clean(text).encode()
    if "\0" not in text:
        assert len(clean(text)) == len(text)


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        ("<p>Hello <b>you</b></p><p>Bye</p>", "Hello you\n\nBye"),
        ("one<br>two<br />three", "one\ntwo\nthree"),
        ("a &lt;b&gt; &amp;amp;", "a <b> &amp;"),
        ("<script>alert(1)</script>seen<style>p{}</style>", "seen"),
        ('<a href="javascript:alert(1)">click</a>', "click"),
        ("broken <b <i>x", "broken x"),
        ("<ul><li>x</li><li>y</li></ul>", "x\ny"),
    ],
)
def test_html_is_read_as_a_reader_would(markup: str, words: str) -> None:
    assert from_html(markup) == words
