"""The steps by which spellings of one word become one: the same for texts and for keywords.

They make the word text: one space between words, at both ends, and nothing else that is no word.
Hashtags stand in it twice: as their words where they were written, and whole (`# cantlogin`) behind the text.
Handles stand whole at the very end (`@amazonhelp`), from where only a handle keyword may match.
"""

import re
from functools import lru_cache
from unicodedata import is_normalized, normalize

from routing.engine.alphabet import (
    ASCII_WORDS,
    BARRIER,
    BEFORE_NFKC,
    DENSE_CLAUSES,
    DENSE_ENDS,
    DENSE_STOPS,
    DENSE_TEXT,
    FAST_WORDS,
    FLAG,
    JOIN,
    MARK,
    MARKLESS,
    RISK,
    SARA_AM,
    SARA_AM_PARTS,
    SYMBOLS,
    UNSPACED,
    WORDS,
)
from routing.engine.apostrophes import APOSTROPHE_WORD, settle, settled_words
from routing.engine.masks import Masked, mask, mask_words, may_mask
from routing.engine.quotes import may_quote, without_quotes
from routing.engine.traced import Text, Traced, join, sub

# Raise this number whenever a text folds differently: compiled rulesets carry it.
FOLD_VERSION = 4

_FOR_NFKC = re.compile("[" + "".join(map(chr, BEFORE_NFKC)) + "]")
_MARKS_OF_LETTERS = re.compile(f"(?<=[{MARKLESS}])(?:{MARK}.)+")
_ORPHAN_MARKS = re.compile(f"(?:^|(?<= ))(?:{MARK}.)+")
_FLAG_PAIR = re.compile(f"{FLAG}(.)(?:{FLAG}(.))?")
_GLUE = re.compile(f" {JOIN} ")
_LEFT_OVER = re.compile(f"[{MARK}{JOIN}]")
_UNSPACED_RUN = re.compile(f"([{UNSPACED}]+)")
_UNSPACED = re.compile(f"[{UNSPACED}]")
_SPACED = re.compile(f"[^{UNSPACED} ]")
_DENSE_STOP = re.compile(f"[{DENSE_STOPS}]+")
_SPACES = re.compile(" +")
_EDGES = re.compile("^ +| +$")


def fast_words(text: str) -> str | None:
    """The words, or None when only the thorough way is sure to find them."""
    if text.isascii():
        words = text.encode().translate(ASCII_WORDS).decode()
        return " ".join((settled_words(words.split()) if "'" in words else words).split())
    if SARA_AM in text:
        text = text.replace(SARA_AM, SARA_AM_PARTS)
    if DENSE_CLAUSES.match(text):
        return " ".join(_DENSE_STOP.sub(" ", text).split()) if is_normalized("NFC", text) else None
    words = text.translate(FAST_WORDS)
    if RISK in words or not is_normalized("NFC", text):
        return None
    if MARK in words or JOIN in words or FLAG in words:
        words = _rare(words)
    if "'" in words:
        words = settled_words(words.split())
    if not words.isascii() and _UNSPACED.search(words) and _SPACED.search(words):
        words = " ".join(_UNSPACED_RUN.split(words))
    return " ".join(words.split())


def letters_word(word: str) -> str | None:
    """The form of a word of letters alone, in a script that puts spaces between words; None where more may be in it."""
    form = word.translate(FAST_WORDS)
    if form.isascii():
        return form if form.isalpha() and is_normalized("NFC", word) else None
    return form if form.isalpha() and not _UNSPACED.search(form) and is_normalized("NFC", word) else None


def dense_words(text: str) -> tuple[str, str]:
    """The words in scripts without spaces that a text begins with, and the rest of the text, cut where words end."""
    found = DENSE_TEXT.match(text)
    end = found.end() if found else 0
    if end < len(text):
        end = max([text.rfind(char, 0, end) for char in DENSE_ENDS]) + 1
    dense, rest = text[:end], text[end:]
    for stop in DENSE_STOPS:
        if stop in dense:
            dense = dense.replace(stop, " ")
    if SARA_AM in dense:
        dense = dense.replace(SARA_AM, SARA_AM_PARTS)
    words = " ".join(dense.split())
    return (words, rest) if is_normalized("NFKC", words) else ("", text)


def fold_thoroughly(text: Text) -> tuple[Text, int]:
    """Step by step over the whole text, after NFKC."""
    return fold_masked(masked_text(text))


def fold_masked(masked: Masked[Text]) -> tuple[Text, int]:
    text = masked.text
    folded = join([" ", _words(text), " "], like=text)
    if masked.hashtags:
        folded = join([folded, *(piece for tag in masked.hashtags for piece in _hashtag(tag))], like=text)
    limit = len(folded)
    if masked.handles:
        folded = join([folded, *(piece for name in masked.handles for piece in (_symbols(name), " "))], like=text)
    return folded, limit


def masked_text(text: Text) -> Masked[Text]:
    return set_aside(without_quotes(text) if may_quote(str(text)) else text)


def set_aside(text: Text) -> Masked[Text]:
    """The text without links, addresses and handles, its hashtags as words."""
    if not may_mask(str(text)):
        return Masked(text)
    return mask_words(text) if isinstance(text, str) else mask(text)


def nfkc(text: Text) -> Text:
    """Compatibility forms made one, in a text that has no barrier of its own."""
    return normalized(text.replace(BARRIER, " ") if BARRIER in text else text)


def normalized(text: Text) -> Text:
    """NFKC; apostrophe-like accents become apostrophes before they fall apart."""
    if isinstance(text, str):
        if text.isascii():
            return text
        return normalize("NFKC", text.translate(BEFORE_NFKC) if _FOR_NFKC.search(text) else text)
    return text.sub(_FOR_NFKC, lambda found: BEFORE_NFKC[ord(found.group())]).nfkc()


def _words(text: Text) -> Text:
    words = _rare(text.translate(WORDS))
    if "'" in words:
        words = sub(APOSTROPHE_WORD, settle, words)
    if _UNSPACED.search(str(words)):
        words = sub(_UNSPACED_RUN, lambda found: f" {found[0]} ", words)
    return _squeezed(words)


def _squeezed(words: Text) -> Text:
    if isinstance(words, str):
        return " ".join(words.split())
    return sub(_EDGES, "", sub(_SPACES, " ", words))


def _rare(words: Text) -> Text:
    """Loose combining marks, joined emoji, flags."""
    if FLAG in words:
        words = sub(_FLAG_PAIR, lambda found: f" {found[1]}{found[2] or ''} ", words)
    if JOIN in words:
        words = sub(_GLUE, "", words)
    if MARK in words:
        words = sub(_ORPHAN_MARKS, " ", sub(_MARKS_OF_LETTERS, "", words))
    return sub(_LEFT_OVER, "", words) if MARK in words or JOIN in words else words


def _hashtag(tag: Text) -> tuple[Text | str, ...]:
    """The sign stands apart, so that the whole tag can be a plain word too."""
    return tag[:1], " ", _symbols(tag[1:]), " "


def unspaced(text: str) -> bool:
    """Whether there are characters of a script that is written without spaces."""
    return _UNSPACED.search(text) is not None


@lru_cache(maxsize=20_000)
def whole_tag(tag: str) -> str:
    """A hashtag or handle as one word."""
    return _symbols(tag)


def symbols(text: str) -> str:
    """The symbol text of what is left after masking."""
    return _symbols(masked_text(nfkc(text)).text)


def plain_symbols(text: str) -> str:
    """The symbol text of everything that the author wrote: what a regular expression sees."""
    normal = nfkc(text)
    return _symbols(without_quotes(normal) if may_quote(normal) else normal)


def trace_symbols(text: str, *, masked: bool) -> Traced:
    traced = nfkc(Traced.of(text))
    if masked:
        traced = masked_text(traced).text
    elif may_quote(str(traced)):
        traced = without_quotes(traced)
    return _symbols(traced)


def folded_keyword(text: str) -> str:
    """The words of a keyword; nothing is masked in it."""
    if text.isascii() and text.isalpha():
        return text.lower()
    return _words(nfkc(text))


def _symbols(text: Text) -> Text:
    return _squeezed(_rare(text.translate(SYMBOLS)))


def folded_symbols(text: str) -> str:
    """A keyword with its signs; nothing is masked in it."""
    return _symbols(nfkc(text))
