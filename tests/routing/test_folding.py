"""The word text of a message, by whichever way it is folded, and where each of its words stood."""

from __future__ import annotations

import re

import pytest

from routing.engine import wordbook
from routing.engine.fold import folded_keyword, folded_symbols, letters_word, plain_symbols, symbols
from routing.engine.wordbook import ThoroughTrace, Wordbook, WordTrace, fold, trace

BARRIER = "\x05"


def originals(text: str) -> str:
    """Each word of the word text as it was written, barriers aside."""
    traced = trace(text)
    found = re.finditer(f"[^ {BARRIER}]+", traced.text)
    return "·".join(text[slice(*traced.span(*each.span()))] for each in found)


# A text, its word text with "|" for what is masked and "‖" where the handles begin, and its words as written.
FOLDED = [
    ("", "", ""),
    (" ", "", ""),
    ("...", "", ""),
    ("Hello, World!", "hello world", "Hello·World"),
    ("...Hello... (World)", "hello world", "Hello·World"),
    ("a\x05b\x05 \x05", "a b", "a·b"),
    ("é\x05", "e", "é"),
    ("help\x05me out now", "help me out now", "help·me·out·now"),
    ("#CantLogIn @Bob_1 #x2 hi @ann.", "cant log in | x 2 hi | # cantlogin # x2‖@bob_1 @ann",
     "Cant·Log·In·x·2·hi·#·CantLogIn·#·x2·@Bob_1·@ann"),
    ("#Go#Now hi @Ann@x.social,@bob", "go now hi | | # go # now‖@ann @bob", "Go·Now·hi·#·Go·#·Now·@Ann·@bob"),
    ("#Go @a #Up @b", "go | up | # go # up‖@a @b", "Go·Up·#·Go·#·Up·@a·@b"),
    ("#Straße @Ärger x", "strasse | x # strasse‖@arger", "Straße·x·#·Straße·@Ärger"),
    ("@bob,#Go x #Up", "| go x up # go # up‖@bob", "Go·x·Up·#·Go·#·Up·@bob"),
    ("#a", "a # a", "a·#·a"),
    ("@a", "|‖@a", "@a"),
    ("(@a)", "|‖@a", "@a"),
    ("see https://a.b/c now", "see | now", "see·now"),
    ("Ｈelp @bob #Tag me", "help | tag me # tag‖@bob", "Ｈelp·Tag·me·#·Tag·@bob"),
    ("Straße, ＨＥＬＰ ﬁsh", "strasse help fish", "Straße·ＨＥＬＰ·ﬁsh"),
    # scripts without spaces
    ("助けて、ください。はい", "助けて ください はい", "助けて·ください·はい"),
    ("请帮助我，帮助！help", "请帮助我 帮助 help", "请帮助我·帮助·help"),
    ("请。a.co/b，c", "请 |", "请"),
    ("ok。https://b，c", "ok |", "ok"),
    ("我，x", "我 x", "我·x"),
    ("x，我。y", "x 我 y", "x·我·y"),
    ("請x我", "請 x 我", "請·x·我"),
    ("請é我", "請 e 我", "請·é·我"),
    ("x 助けて。 ください", "x 助けて ください", "x·助けて·ください"),
    ("น้ำดี 😂 ok", "น้ําดี 😂 ok", "น้ำดี·😂·ok"),
    ("x น้ำ", "x น้ํา", "x·น้ำ"),
    ("x น้ำé", "x น้ํา e", "x·น้ำ·é"),
    # marks that NFKC puts in another order
    ("ก\u0e48\u0e38 x", "ก\u0e38\u0e48 x", "ก\u0e48\u0e38·x"),
    ("x ก\u0e48\u0e38", "x ก\u0e38\u0e48", "x·ก\u0e48\u0e38"),
    ("ｶﾞﾗｽ", "ガラス", "ｶﾞﾗｽ"),
    ("カ\u3099ラ x", "ガラ x", "カ\u3099ラ·x"),
    ("#帮助#x @帮", "帮助 x | # 帮助 # x‖@帮", "帮助·x·#·帮助·#·x·@帮"),
    # apostrophes
    ("I can't, l'Aide d'Ann's", "i can't l aide d ann", "I·can't·l·Aide·d·Ann"),
    ("can`t 'x' rock'n'roll é'", "can't x rock'n'roll e", "can`t·x·rock'n'roll·é"),
    ("İSTANBUL'da İ ı", "istanbul da i i", "İSTANBUL·da·İ·ı"),
    # of a word as long as a line nobody asks what its apostrophes are
    (f"{'a' * 97}'b", f"{'a' * 97}'b", f"{'a' * 97}'b"),
    (f"{'a' * 98}'b", f"{'a' * 98} b", f"{'a' * 98}·b"),
    (f"{'é' * 98}'b x", f"{'e' * 98} b x", f"{'é' * 98}·b·x"),
    # emoji, flags, marks
    ("👩🏾\u200d💻x👍🏽 🇩🇪🇫🇷🇪", "👩💻 x 👍 🇩🇪 🇫🇷 🇪", "👩🏾\u200d💻·x·👍🏽·🇩🇪·🇫🇷·🇪"),
    ("a\u200db 👩\u200d👩", "ab 👩👩", "a\u200db·👩\u200d👩"),
    ("x\u0301 \u0301x x\u0323\u0301", "x x x", "x\u0301·x·x\u0323\u0301"),
    ("☂\u0301 \u0301☂", "☂ ☂", "☂\u0301·☂"),
    ("a\u0600b", "ab", "a\u0600b"),
    ("ب\u0301 x", "ب\u0301 x", "ب\u0301·x"),
    ("☂\u200d x\u200d", "☂ x", "☂\u200d·x\u200d"),
    ("ー\u200d☂ \u0301", "ー ☂", "ー\u200d·☂"),
    ("1\ufe0f\u20e3 a", "1 a", "1\ufe0f\u20e3·a"),
    ("™x x™ ½", "x x 1 ⁄ 2", "x·x·½·½·½"),
    ("Ångström Ωmega", "angstrom ωmega", "Ångström·Ωmega"),
    # what somebody else wrote
    ("help me RT @bob: old", "help me |", "help·me"),
    ("a\n> b #x @y\nc #Tag @me", "a | c tag | # tag‖@me", "a·c·Tag·#·Tag·@me"),
    ("é\n> b\nﬁx @me", "e | fix |‖@me", "é·ﬁx·@me"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "folded", "written"), FOLDED)
def test_a_text_is_folded_and_each_word_knows_where_it_stood(text: str, folded: str, written: str) -> None:
    words, _, names = folded.partition("‖")
    spoken = "".join(f" {word}" for word in words.replace("|", BARRIER).split()) + " "
    whole = spoken + "".join(f"{name} " for name in names.split())
    assert fold(text) == (whole, len(spoken))
    assert (trace(text).text, trace(text).limit) == (whole, len(spoken))
    assert originals(text) == written
    for at, char in enumerate(whole):
        if char != " ":
            start, end = trace(text).span(at, at + 1)
            assert 0 <= start <= end <= len(text)


def test_only_what_needs_it_is_folded_the_thorough_way() -> None:
    assert isinstance(trace("Straße\x05 #Tag @bob 助けて 👍🏽 x\u0301"), WordTrace)
    assert isinstance(trace("Straße ½"), ThoroughTrace)
    # Where something is quoted, the text is under NFKC already.
    assert isinstance(trace("½\n> x"), WordTrace)


def test_a_span_may_reach_over_several_words() -> None:
    text = "Log  İN, #CantLogIn now\n> old\n@Bob"
    unquoted = text.replace("\n>", "")
    for whole in (text, f"½ {text}", unquoted, f"½ {unquoted}"):
        for words, written in [("log in", "Log  İN"), ("in cant log", "İN, #CantLog"), ("# cantlogin", "#CantLogIn")]:
            traced = trace(whole)
            start = traced.text.index(words)
            assert whole[slice(*traced.span(start, start + len(words)))] == written


@pytest.mark.parametrize(
    ("word", "form", "remembered"),
    [
        ("Help", " help", True),
        ("Help!?", " help", True),
        ("Ärger…", " arger", True),
        ("!", "", True),
        ("a-b", " a b", True),
        ("x" * 40, " " + "x" * 40, True),
        ("x" * 41, " " + "x" * 41, False),
        ("a-" * 20, " a" * 20, True),
        ("a-" * 21, " a" * 21, False),
        ("é" * 40, " " + "e" * 40, True),
        ("é" * 41, " " + "e" * 41, False),
        ("é-" * 20, " e" * 20, True),
        # clauses rather than words
        ("助けてください今", " 助けてください今", True),
        ("助けてください今日", " 助けてください今日", False),
        ("x助けてください", " x 助けてください", True),
        ("x助けてください今", " x 助けてください今", False),
    ],
)
def test_words_are_remembered_and_long_ones_are_not(word: str, form: str, remembered: bool) -> None:
    book = Wordbook()
    assert book[word] == form
    assert dict(book) == ({word: form} if remembered else {})


def test_a_full_book_forgets_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wordbook, "MANY", 3)
    book = Wordbook()
    assert [book[word] for word in ("a", "b", "c")] == [" a", " b", " c"]
    assert set(book) == {"a", "b", "c"}
    assert book["d"] == " d"
    assert set(book) == {"d"}


@pytest.mark.parametrize(
    ("word", "form"),
    [
        ("Ärger", "arger"), ("ЁЖ", "еж"), ("مُسَاعَدَة", "مساعدة"), ("ß", "ss"),
        # More may be in these: marks, signs of another script, a part that composes, nothing at all.
        ("助け", None), ("a助", None), ("é\u0301\u0323", None), ("ª", None), ("x™", None),
        ("", None), ("ـ", None), ("ﬁ", None),
    ],
)  # fmt: skip
def test_the_quick_form_of_a_word_of_letters(word: str, form: str | None) -> None:
    assert letters_word(word) == form


@pytest.mark.parametrize(
    ("text", "masked", "whole"),
    [
        ("C++ & #Tag @bob", "c++ & tag \x05", "c++ & #tag @bob"),
        ("ＡＴ＆Ｔ  50％", "at&t 50%", "at&t 50%"),
        ("see https://a.b", "see \x05", "see https://a.b"),
        ("a+b RT @c: d+e", "a+b \x05", "a+b \x05"),
        ("a\x05+b", "a +b", "a +b"),
        ("👩🏾\u200d💻, 🇩🇪!", "👩💻, 🇩🇪!", "👩💻, 🇩🇪!"),
        ("ب\u0301+", "ب\u0301+", "ب\u0301+"),
        ("can’t x\u0301 \u0301✓", "can't x ✓", "can't x ✓"),
        ("", "", ""),
    ],
)
def test_signs_are_kept_in_the_text_for_signs_and_expressions(text: str, masked: str, whole: str) -> None:
    assert symbols(text) == masked
    assert plain_symbols(text) == whole


@pytest.mark.parametrize(
    ("keyword", "words", "signs"),
    [
        ("Help", "help", "help"),
        ("Can’t", "can't", "can't"),
        ("log-in", "log in", "log-in"),
        ("请x", "请 x", "请x"),
        ("@Bob", "bob", "@bob"),
        ("C++", "c", "c++"),
        ("😂", "😂", "😂"),
        ("a\x05b", "a b", "a b"),
        ("> x", "x", "> x"),
    ],
)
def test_nothing_is_masked_in_a_keyword(keyword: str, words: str, signs: str) -> None:
    assert folded_keyword(keyword) == words
    assert folded_symbols(keyword) == signs
