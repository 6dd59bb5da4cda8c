"""Fold a whole text, word by word: each word's form is remembered, since most words of a day come again and again.

No step of folding reaches across white space, quotes aside, so a text is its words' forms one after another. Only where
a character needs its whole text normalised (a rare compatibility form, loose marks) are all steps taken over all of it.
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from functools import lru_cache
from unicodedata import is_normalized

from routing.engine.alphabet import BARRIER, DENSE, DENSE_FIRST, DENSE_LAST, RISK
from routing.engine.fold import (
    dense_words,
    fast_words,
    fold_masked,
    fold_thoroughly,
    letters_word,
    nfkc,
    normalized,
    set_aside,
    unspaced,
    whole_tag,
)
from routing.engine.masks import Masked, mask_word, may_mask
from routing.engine.quotes import may_quote, may_quote_unfolded, without_quotes
from routing.engine.traced import Traced

# Around the hashtags and handles of a word in its form, and between the two.
ASIDE = "\x06"
AND = "\x07"
MANY = 30_000
LONGEST = 40
# Punctuation that ends a word, and is nothing else behind a word of letters.
ENDS = ".,:;!?\u2026"
# What is written without spaces is a clause rather than a word: longer than this, it will hardly be seen again.
LONGEST_UNSPACED = 8


class Wordbook(dict[str, str]):
    """From a word as written to its form, with a space before it. It forgets everything when it is full."""

    def __missing__(self, word: str) -> str:
        longest = LONGEST
        if DENSE_FIRST <= word[0] <= DENSE_LAST and DENSE.match(word) and is_normalized("NFKC", word):
            form, longest = f" {word}", LONGEST_UNSPACED
        elif letters := _letters(word):
            form = f" {letters}"
        else:
            form = word_form(word)
            if not word.isascii() and unspaced(form):
                longest = LONGEST_UNSPACED
        if len(word) <= longest:
            if len(self) >= MANY:
                self.clear()
            self[word] = form
        return form


def _letters(word: str) -> str | None:
    """The form of a word of letters alone, perhaps with punctuation that ends a sentence behind it."""
    if not word.isalpha():
        word = word.rstrip(ENDS)
        if not word.isalpha():
            return None
    return word.lower() if word.isascii() else letters_word(word)


def word_form(word: str) -> str:
    """The word folded; RISK where only the thorough way is sure; tags and handles set aside behind it."""
    seen = None
    if may_mask(word):
        seen = Masked(word)
        word = mask_word(normalized(word), seen)
    words = fast_words(word)
    if words is None:
        return RISK
    form = f" {words}" if words else ""
    return form + _aside(seen) if seen and (seen.hashtags or seen.handles) else form


def _aside(seen: Masked[str]) -> str:
    tags = "".join(f"# {whole_tag(tag[1:])} " for tag in seen.hashtags)
    names = "".join(f"{whole_tag(name)} " for name in seen.handles)
    return f"{ASIDE}{tags}{AND}{names}{ASIDE}"


BOOK = Wordbook()
_form_of = BOOK.__getitem__


def fold(text: str) -> tuple[str, int]:
    """The word text, and where its handles begin."""
    if BARRIER in text:
        text = text.replace(BARRIER, " ")
    # Where a handle begins the text, nothing is quoted by it.
    if (text.rfind("@") > 0 or "\n" in text) and may_quote_unfolded(text):
        folded = "".join(map(_form_of, _words(_own_words(text))))
    elif text.isascii():
        folded = "".join(map(_form_of, text.split()))
    elif DENSE_FIRST <= text[0] <= DENSE_LAST:
        folded = _dense_first(text)
    else:
        folded = "".join(map(_form_of, _words(text)))
    if RISK in folded:
        return fold_thoroughly(nfkc(text))
    if ASIDE in folded:
        return _with_aside(folded)
    return f"{folded} ", len(folded) + 1


def _dense_first(text: str) -> str:
    """A text that begins in a script without spaces, where nearly all folds to itself: that part in one go."""
    dense, rest = dense_words(text)
    folded = "".join(map(_form_of, _words(rest))) if rest else ""
    return f" {dense}{folded}" if dense else folded


def _words(written: str) -> list[str]:
    """Cut at white space, and where Chinese clauses end, which no white space follows."""
    if "。" in written:
        written = written.replace("。", " ")
    # Within a link this comma is one.
    if "，" in written and "." not in written and "://" not in written:
        written = written.replace("，", " ")
    return written.split()


def _own_words(text: str) -> str:
    """The text without what it quotes."""
    normal = normalized(text)
    return without_quotes(normal) if may_quote(normal) else text


def _with_aside(folded: str) -> tuple[str, int]:
    pieces = folded.split(ASIDE)
    if len(pieces) == 3:
        before, one, after = pieces
        tags, _and, names = one.partition(AND)
        tagged = f"{before}{after} {tags}"
        return tagged + names, len(tagged)
    aside = [each.partition(AND) for each in pieces[1::2]]
    words = "".join(pieces[::2])
    tagged = f"{words} {''.join([tags for tags, _and, _names in aside])}"
    return tagged + "".join([names for _tags, _and, names in aside]), len(tagged)


def trace(text: str) -> "ThoroughTrace | WordTrace":
    """The same fold, knowing where every character came from."""
    folded, limit = fold(text)
    plain = text.replace(BARRIER, " ")
    written = _own_words(plain)
    words = _words(written)
    if RISK in map(_form_of, words):
        return ThoroughTrace.of(text)
    origin = None if written == plain else without_quotes(normalized(Traced.of(plain)))
    return WordTrace(folded, limit, _pieces(written, words, limit), origin)


@dataclass(frozen=True, slots=True)
class ThoroughTrace:
    """Every character of the text traced through every step."""

    text: str
    limit: int
    traced: Traced

    @classmethod
    def of(cls, text: str) -> "ThoroughTrace":
        traced, limit = fold_thoroughly(nfkc(Traced.of(text)))
        return cls(str(traced), limit, traced)

    def span(self, start: int, end: int) -> tuple[int, int]:
        return self.traced.span(start, end)


# Where a piece begins in the folded text, its word, where that begins in the text, where the piece begins in its fold.
Piece = tuple[int, str, int, int]


@dataclass(slots=True)
class WordTrace:
    """Only the words in which somebody looks are traced through the steps."""

    text: str
    limit: int
    pieces: list[Piece]
    # The text without its quotes, if it has any, and where it stood.
    origin: Traced | None
    starts: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.starts = [piece[0] for piece in self.pieces]

    def span(self, start: int, end: int) -> tuple[int, int]:
        first, last = bisect_right(self.starts, start) - 1, bisect_right(self.starts, end - 1) - 1
        if first == last:
            return self._place(first, start, end)
        begin = self._place(first, start, self.starts[first + 1])[0]
        return begin, self._place(last, self.starts[last], end)[1]

    def _place(self, at: int, start: int, end: int) -> tuple[int, int]:
        begins, word, stood, offset = self.pieces[at]
        first, last = traced_word(word).span(start - begins + offset, end - begins + offset)
        if self.origin is None:
            return stood + first, stood + last
        return self.origin.span(stood + first, stood + max(last, first + 1))


def _pieces(written: str, words: list[str], limit: int) -> list[Piece]:
    """The pieces in the order of the folded text: all words, then the tags, then the handles."""
    spoken: list[Piece] = []
    tagged: list[tuple[int, str, int, int]] = []
    named: list[tuple[int, str, int, int]] = []
    at = place = 0
    for word in words:
        at = written.index(word, at)
        form, _aside, rest = _form_of(word).partition(ASIDE)
        if form:
            spoken.append((place, word, at, 0))
        tags, _and, names = rest[:-1].partition(AND)
        # A form alone has a space at both ends.
        behind = max(len(form), 1) + 1
        if tags:
            tagged.append((len(tags), word, at, behind))
        if names:
            named.append((len(names), word, at, behind + len(tags)))
        place += len(form)
        at += len(word)
    return [*spoken, *_lined_up(tagged, place + 1), *_lined_up(named, limit)]


def _lined_up(pieces: list[tuple[int, str, int, int]], place: int) -> list[Piece]:
    found: list[Piece] = []
    for length, word, stood, offset in pieces:
        found.append((place, word, stood, offset))
        place += length
    return found


@lru_cache(maxsize=5_000)
def traced_word(word: str) -> Traced:
    return fold_masked(set_aside(normalized(Traced.of(word))))[0]
