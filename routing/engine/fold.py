"""Fold a text so that spellings of one word become one: the same steps for texts and for keywords.

`fold(text)` gives the word text: one space between words, at both ends, and nothing else that is no word.
Hashtags stand in it twice: as their words where they were written, and whole (`# cantlogin`) behind the text.
Handles stand whole at the very end (`@amazonhelp`), from where only a handle keyword may match.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from unicodedata import is_normalized, normalize

from routing.engine.alphabet import (
    ASCII_WORDS,
    BARRIER,
    BEFORE_NFKC,
    FAST_WORDS,
    FLAG,
    JOIN,
    MARK,
    MARKLESS,
    RISK,
    SYMBOLS,
    UNSPACED,
    WORDS,
)
from routing.engine.apostrophes import APOSTROPHE_WORD, settle, settled_words
from routing.engine.masks import Masked, mask, mask_words, may_mask
from routing.engine.quotes import may_quote, without_quotes
from routing.engine.traced import Text, Traced, join, sub

# Raise this number whenever a text folds differently: compiled rulesets carry it.
FOLD_VERSION = 1

_FOR_NFKC = re.compile("[" + "".join(map(chr, BEFORE_NFKC)) + "]")
_MARKS_OF_LETTERS = re.compile(f"(?<=[{MARKLESS}])(?:{MARK}.)+")
_ORPHAN_MARKS = re.compile(f"(?:^|(?<= ))(?:{MARK}.)+")
_FLAG_PAIR = re.compile(f"{FLAG}(.)(?:{FLAG}(.))?")
_GLUE = re.compile(f" {JOIN} ")
_LEFT_OVER = re.compile(f"[{MARK}{JOIN}]")
_UNSPACED_RUN = re.compile(f"([{UNSPACED}]+)")
_UNSPACED = re.compile(f"[{UNSPACED}]")
_SPACED = re.compile(f"[^{UNSPACED} ]")
_SPACES = re.compile(" +")
_EDGES = re.compile("^ +| +$")


@dataclass(frozen=True, slots=True)
class Trace:
    """A folded text that knows where its characters stood."""

    text: str
    limit: int
    traced: Traced

    def span(self, start: int, end: int) -> tuple[int, int]:
        return self.traced.span(start, end)


def fold(text: str) -> tuple[str, int]:
    """The word text, and where its handles begin. Spelled out for speed; `trace` takes the same steps one by one."""
    if "\n" in text or BARRIER in text:
        return _fold(nfkc(text))
    masked = None
    if may_mask(text):
        text = nfkc(text)
        if may_quote(text):
            return _fold(text)
        masked = mask_words(text)
        words = _fast_words(masked.text)
    else:
        words = _fast_words(text)
    if words is None:
        return _fold(nfkc(text))
    folded = f" {words} "
    limit = len(folded)
    if masked and (masked.hashtags or masked.handles):
        for tag in masked.hashtags:
            folded += f"# {whole_tag(tag[1:])} "
        limit = len(folded)
        for name in masked.handles:
            folded += f"{whole_tag(name)} "
    return folded, limit


def _fast_words(text: str) -> str | None:
    """The words, or None when only the thorough way is sure to find them."""
    if text.isascii():
        words = text.encode().translate(ASCII_WORDS).decode()
        return " ".join((settled_words(words.split()) if "'" in words else words).split())
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


def trace(text: str) -> Trace:
    """The same fold, remembering where every character came from."""
    traced, limit = _fold(nfkc(Traced.of(text)))
    return Trace(str(traced), limit, traced)


def _fold(text: Text) -> tuple[Text, int]:
    masked: Masked[Text] = masked_text(text)
    folded = join([" ", _words(masked.text), " "], like=text)
    if masked.hashtags:
        folded = join([folded, *(piece for tag in masked.hashtags for piece in _hashtag(tag))], like=text)
    limit = len(folded)
    if masked.handles:
        folded = join([folded, *(piece for name in masked.handles for piece in (_symbols(name), " "))], like=text)
    return folded, limit


def masked_text(text: Text) -> Masked[Text]:
    if may_quote(str(text)):
        text = without_quotes(text)
    if not may_mask(str(text)):
        return Masked(text)
    return mask_words(text) if isinstance(text, str) else mask(text)


def nfkc(text: Text) -> Text:
    """Compatibility forms made one; apostrophe-like accents become apostrophes before they fall apart."""
    if isinstance(text, str):
        if BARRIER in text:
            text = text.replace(BARRIER, " ")
        if text.isascii():
            return text
        return normalize("NFKC", text.translate(BEFORE_NFKC) if _FOR_NFKC.search(text) else text)
    return text.replace(BARRIER, " ").sub(_FOR_NFKC, lambda found: BEFORE_NFKC[ord(found.group())]).nfkc()


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


def trace_symbols(text: str, *, masked: bool) -> Trace:
    traced = nfkc(Traced.of(text))
    if masked:
        traced = masked_text(traced).text
    elif may_quote(str(traced)):
        traced = without_quotes(traced)
    traced = _symbols(traced)
    return Trace(str(traced), len(traced), traced)


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
