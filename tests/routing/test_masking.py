"""What is set aside word by word, and in a whole text: links, addresses, handles, hashtags; and contractions."""

from __future__ import annotations

import pytest

from routing.engine.apostrophes import settled, spellings
from routing.engine.masks import mask, mask_words, may_mask

MASKED = [
    ("see https://a.b/c now", "see | now", [], []),
    ("see x.com/help, www.help.org. a.b", "see | | a.b", [], []),
    ("hi @ann. me@example.com @bob, x", "hi | . | | , x", [], ["@ann", "@bob"]),
    ("#Tag #two #Go#Now! x#y", "Tag two Go Now ! x#y", ["#Tag", "#two", "#Go", "#Now"], []),
    ("@a #b, @c! #dD?", "| b , | ! d D ?", ["#b", "#dD"], ["@a", "@c"]),
    ("a.b.com e.g. v1.5 x...y .Net node.js", "| e.g. v1.5 x...y .Net node.js", [], []),
    ("@Ann@x.social,@bob (#x) (@y)", "| , | ( x ) ( | )", ["#x"], ["@Ann", "@bob", "@y"]),
    ("HTTPS://X.Y/Z, http:// http://x", "| http:// |", [], []),
    ("ftp://x/y a://b", "ftp://x/y a://b", [], []),
    ("http://例 https://x", "http://例 |", [], []),
    ("#1 #1a &#38; # @ a@ @!", "#1 1a &#38; # @ a@ @!", ["#1a"], []),
    ("", "", [], []),
]


@pytest.mark.parametrize(("text", "masked", "hashtags", "handles"), MASKED)
def test_what_is_set_aside(text: str, masked: str, hashtags: list[str], handles: list[str]) -> None:
    for found in (mask_words(text), mask(text)):
        assert found.text.replace("\x05", "|").split() == masked.split()
        assert (found.hashtags, found.handles) == (hashtags, handles)
    assert may_mask(text) or masked == text


@pytest.mark.parametrize("text", ["plain", "e. g.", "1.5", "a:/b", "..."])
def test_most_words_need_no_closer_look(text: str) -> None:
    assert not may_mask(text)


@pytest.mark.parametrize(
    ("word", "forms"),
    [
        ("can't", ["can't", "cant", "cannot", "can not"]),
        ("won't", ["won't", "wont", "will not"]),
        ("shan't", ["shan't", "shant", "shall not"]),
        ("ain't", ["ain't", "aint"]),
        ("wouldn't", ["wouldn't", "wouldnt", "would not"]),
        ("they're", ["they're", "theyre", "they are"]),
        ("we're", ["we're", "we are"]),
        ("i've", ["i've", "ive", "i have"]),
        ("they'll", ["they'll", "theyll", "they will"]),
        ("she'll", ["she'll", "she will"]),
        ("i'm", ["i'm", "im", "i am"]),
        ("that's", ["that's", "thats", "that is"]),
        ("it's", ["it's", "it is"]),
        ("let's", ["let's", "let us"]),
        ("i'd", ["i'd"]),
        ("can", ["can"]),
    ],
)
def test_a_contraction_and_its_spellings(word: str, forms: list[str]) -> None:
    assert {tuple(spellings(form.split())) for form in forms} == {tuple(forms)}


def test_spellings_of_a_phrase() -> None:
    assert spellings(["can", "not", "log"]) == ["can't log", "cant log", "cannot log", "can not log"]
    assert spellings(["i", "do", "not"]) == ["i don't", "i dont", "i do not"]
    assert spellings(["log", "can't"]) == ["log can't", "log cant", "log cannot", "log can not"]
    # A phrase of four would have 256.
    assert len(spellings(["can't"] * 4)) == 64


@pytest.mark.parametrize(
    ("word", "words"),
    [
        ("'it's'", " it's "), ("it's", "it's"), ("ann's", "ann  "), ("l'aide", "l aide"), ("qu'il's", "qu il  "),
        ("istanbul'da", "istanbul da"), ("rock'n'roll", "rock'n'roll"), ("1'000", "1 000"), ("'", " "),
        ("a''b", "a  b"),
        ("d'ann'da", "d ann da"), ("o'clock", "o'clock"), ("i'd", "i'd"), ("dogs'", "dogs "),
    ],
)  # fmt: skip
def test_an_apostrophe_that_is_no_letter_becomes_a_space(word: str, words: str) -> None:
    assert settled(word) == words
