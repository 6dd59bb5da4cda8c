"""Of what the language of a text is judged: its main script, how much it says, whether its halves agree."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from routing.engine import RuleError, language, regexes
from routing.engine.language import detect
from routing.engine.regexes import check, folded_pattern

GERMAN = "Ich kann mich seit dem Update nicht mehr anmelden und brauche dringend Hilfe"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("abc d1!", "abc d1!"),
        ("é1-ß 😂", "é1-ß 😂"),
        # One sign of a dense script weighs as much as four letters.
        ("abcdefgh 無", "abcdefgh  "),
        ("abcdefg 無", ""),
        ("ab 無", "   無"),
        ("abc 無", ""),
        ("ありカ漢 x", "ありカ漢  "),
        ("приветмир abcd", "приветмир     "),
        ("приветми abcd", "приветми     "),
        ("привет abcd", ""),
        ("😂，１", "😂，１"),
    ],
)
def test_only_the_main_script_is_judged(text: str, kept: str) -> None:
    assert language._in_main_script(text) == kept


def test_the_script_of_a_sign() -> None:
    signs = {
        "a": "LATIN",
        "я": "CYRILLIC",
        "助": "CJK",
        "あ": "CJK",
        "カ": "CJK",
        "한": "HANGUL",
        "1": "",
        "😂": "",
        " ": "",
    }
    assert {sign: language._script.__wrapped__(sign) for sign in signs} == signs


@pytest.mark.parametrize(
    ("text", "says_enough"),
    [("a" * 10, True), ("a" * 9, False), ("助助ab", True), ("助助a", False), ("a1 " * 9, False), ("😂" * 20, False)],
)
def test_how_much_a_text_says(text: str, says_enough: bool) -> None:
    assert language._weighs(text, 10) is says_enough


@pytest.mark.parametrize(
    ("text", "halves"),
    [("ab cd ef", ("ab cd", " ef")), ("abcdef", ("abc", "def")), ("abc defg", ("abc ", "defg")), ("", ("", ""))],
)
def test_halves_are_cut_between_words(text: str, halves: tuple[str, str]) -> None:
    assert language._halves(text) == halves


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (("de", "de", "de"), "de"),
        (("de", "de", "unknown"), "de"),
        (("de", "unknown", "unknown"), "de"),
        (("de", "unknown", "en"), "unknown"),
        (("de", "de", "en"), "unknown"),
        (("unknown", "de", "de"), "unknown"),
    ],
)
def test_neither_half_may_speak_another_language(
    answers: tuple[str, str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = dict(zip((GERMAN, *language._halves(GERMAN)), answers, strict=True))
    asked: list[tuple[str, float]] = []

    def surely(text: str, sure: float) -> str:
        asked.append((text, sure))
        return said[text]

    monkeypatch.setattr(language, "_surely", surely)
    assert detect.__wrapped__(GERMAN) == expected
    assert asked[0] == (GERMAN, language.SURE)
    assert asked[1:] in ([], [(half, language.SURE_OF_HALF) for half in language._halves(GERMAN)])


def test_what_says_little_is_not_taken_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(language, "_surely", lambda text, sure: (asked.append(text), "de")[1])
    for letters, times in ((29, 1), (30, 3)):
        asked.clear()
        assert detect.__wrapped__("a" * letters) == "de"
        assert len(asked) == times


@pytest.mark.parametrize(("value", "said"), [(0.75, "de"), (0.76, "de"), (0.74, "unknown")])
def test_a_language_is_said_if_the_detector_is_sure(value: float, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    german = SimpleNamespace(language=SimpleNamespace(iso_code_639_1=SimpleNamespace(name="DE")), value=value)
    other = SimpleNamespace(language=SimpleNamespace(iso_code_639_1=SimpleNamespace(name="EN")), value=0.2)
    answer = SimpleNamespace(compute_language_confidence_values=lambda _text: [german, other])
    monkeypatch.setattr(language, "detector", lambda: answer)
    assert language._surely("a" * 10, 0.75) == said
    assert language._surely("a" * 9, 0.75) == "unknown"


def test_what_is_judged_is_what_the_author_wrote(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(language, "_surely", lambda text, sure: (asked.append(text), language.UNKNOWN)[1])
    for text in ("@bob Hallo https://a.b/c du\ud800 da", "ｈ RT @bob: help", "é" * 5_000):
        detect.__wrapped__(text)
    assert [" ".join(each.split()) for each in asked] == ["Hallo du da", "h", "é" * 400]


@pytest.mark.parametrize(
    ("pattern", "folded"),
    [
        ("A[B-Z]+\\d", "A[B-Z]+\\d"), ("é", "e"), ("ß", "ss"), ("Ｇ", "g"), ("İ", "i"), ("’", "'"), ("助", "助"),
        ("ｶ", "カ"), ("①", "1"), ("Σς", "σσ"), ("…–“", "…–“"), ("\u0301", "\u0301"), ("½", "1⁄2"),
    ],
)  # fmt: skip
def test_letters_of_an_expression_are_folded_and_its_signs_are_not(pattern: str, folded: str) -> None:
    assert folded_pattern(pattern) == folded


def test_an_expression_may_have_so_many_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = regexes.compiled("ab+c").programsize
    monkeypatch.setattr(regexes, "REGEX_PROGRAM", steps)
    check("any[0]", "ab+c")
    monkeypatch.setattr(regexes, "REGEX_PROGRAM", steps - 1)
    with pytest.raises(RuleError) as refused:
        check("any[0]", "ab+c")
    assert refused.value.errors == {"any[0]": f"/ab+c/ is too big: {steps} steps, {steps - 1} are allowed."}
