"""What one character becomes when a text is folded, and which characters belong to which kind of script.

Two tables are kept. `WORDS` turns everything that is no part of a word into a space and pads symbols and
emoji, so that a whole word is what stands between two spaces. `SYMBOLS` keeps punctuation, for keywords
such as `c++` and for regular expressions.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from unicodedata import normalize

# Characters that the tables give a meaning of their own; the same characters in a text become spaces first.
MARK = "\x01"  # before a combining mark that may have to go, depending on its letter
JOIN = "\x03"  # zero-width joiner: glues emoji into one
FLAG = "\x04"  # before a regional indicator: two make a flag
RISK = "\x02"  # in a text folded the fast way: it has to be folded the thorough way
BARRIER = "\x05"  # where something was masked: no phrase reaches across it

APOSTROPHES = "'`\u00b4\u02b9\u02bb\u02bc\u2018\u2019\u201b\u2032\uff07"
# Compatibility spellings that NFKC would tear apart ("can\u00b4t" would become two words).
BEFORE_NFKC = {0xB4: "'", 0x1FBD: "'", 0x1FFD: "'", 0x2122: " ", 0x2120: " "}

# Compatibility characters so common, and so plain, that the tables fold them one by one as NFKC would.
PLAIN_COMPATIBILITY = (
    "\u00a0\u2002\u2003\u2009\u200a\u2026\u3000\u0e33\u0eb3\uff01\uff05\uff08\uff09\uff0c\uff1b\uff1f\uff5e"
)

# A common Thai vowel that NFKC takes apart.
SARA_AM, SARA_AM_PARTS = "\u0e33", "\u0e4d\u0e32"

# Letters after which combining marks are dropped: Latin, Greek, Cyrillic.
MARKLESS = (
    "a-z\u00aa\u00ba\u00df-\u02af\u0370-\u052f\u1c80-\u1c8f\u1d00-\u1dbf\u1e00-\u1fff\u2c60-\u2c7f"
    "\u2de0-\u2dff\ua640-\ua69f\ua720-\ua7ff\uab30-\uab6f"
)
HAN = (
    "\u2e80-\u2fdf\u3005\u3007\u3021-\u3029\u3038-\u303b\u3100-\u312f\u31a0-\u31bf"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
# Scripts written without spaces whose words only a dictionary finds.
SEGMENTED = (
    "\u0e01-\u0e3e\u0e40-\u0e4e\u0e50-\u0e59\u0e81-\u0edf\u1000-\u1049\u1050-\u109f\u1780-\u17d3\u17d7\u17dc-\u17e9"
    "\ua9e0-\ua9fe\uaa60-\uaa7f\u3041-\u3096\u3099\u309a\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"
    "\U0001aff0-\U0001b16f"
)
UNSPACED = HAN + SEGMENTED

_GENERIC_MARK = re.compile("[\u0300-\u034e\u0350-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]")
# Vowel points that readers leave out: Arabic harakat and tatweel, Hebrew points.
_OPTIONAL = re.compile(
    "[\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\u08d3-\u08ff"
    "\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7]"
)
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U0001f3fb-\U0001f3ff"
    "\U000e0000-\U000e0fff]"
)
_MARKLESS_LETTER = re.compile(f"[{MARKLESS}]")
_FLAG_LETTER = re.compile("[\U0001f1e6-\U0001f1ff]")
# Planned emoji of later Unicode versions are emoji already.
_EMOJI_PLANE = re.compile("[\U0001f000-\U0001faff]")


def letter(char: str) -> str:
    """A letter, digit or mark, case and (for Latin, Greek, Cyrillic) accents aside."""
    parts = unicodedata.normalize("NFD", char.casefold())
    if not _MARKLESS_LETTER.match(parts[0]):
        return unicodedata.normalize("NFC", parts)
    bare = "".join(part for part in parts if not unicodedata.category(part).startswith("M"))
    return unicodedata.normalize("NFC", bare).replace("\u0131", "i")


def _unseen(char: str) -> str | None:
    """What a character becomes that is not seen as one, or None for all others."""
    if char == "\u200d":
        return JOIN
    if _INVISIBLE.match(char) or _OPTIONAL.match(char) or unicodedata.category(char) == "Cf":
        return ""
    if _GENERIC_MARK.match(char):
        return "" if char == "\u20e3" else MARK + char
    return None


def _needs_nfkc(code: int) -> bool:
    char = chr(code)
    return char not in PLAIN_COMPATIBILITY and unicodedata.normalize("NFKC", char) != char


def _ranges(codes: Iterable[int]) -> str:
    """The codes as the inside of a character class."""
    spans: list[list[int]] = []
    for code in codes:
        if spans and spans[-1][1] == code - 1:
            spans[-1][1] = code
        else:
            spans.append([code, code])
    return "".join(f"{re.escape(chr(first))}-{re.escape(chr(last))}" for first, last in spans)


# Text without any of these, in canonical order, is folded alike with and without NFKC. Composed Hangul is no part
# of it; the parts that compose are. Above U+FFFF rough ranges do: canonical order is checked besides.
_RISKY = re.compile(
    f"[{_ranges(code for code in range(0x80, 0x10000) if _needs_nfkc(code))}\u1160-\u11ff\u3099\u309a"
    "\U00010780-\U0001f1e5\U0001f200-\U0001f2ff\U0001fbf0-\U0001fbf9]"
)


def fast_form(char: str) -> str:
    """The character in the word text, or RISK where only the whole text normalised would tell."""
    return RISK if _RISKY.match(char) else word_form(char)


def word_form(char: str) -> str:
    """The character in the word text."""
    if char == BARRIER:
        return char
    if char in APOSTROPHES:
        return "'"
    unseen = _unseen(char)
    if unseen is not None:
        return unseen
    if _FLAG_LETTER.match(char):
        return FLAG + char
    kind = unicodedata.category(char)
    if kind[0] in "LMN":
        return letter(char)
    if (kind[0] == "S" and not char.isascii()) or _EMOJI_PLANE.match(char):
        return f" {char} "
    return " "


def symbol_form(char: str) -> str:
    """The character in the symbol text: as in the word text, but punctuation stays."""
    if char in APOSTROPHES:
        return "'"
    unseen = _unseen(char)
    if unseen is not None:
        return "" if unseen == JOIN else unseen
    kind = unicodedata.category(char)
    if kind[0] in "LMN":
        return letter(char)
    return char if kind[0] in "PS" or char == BARRIER or _EMOJI_PLANE.match(char) else " "


class Table(dict[int, int | str]):
    """A translation table that fills itself with the characters it meets.

    One character stands in it as its number: `str.translate` takes numbers at half the cost of strings.
    """

    def __init__(self, form: Callable[[str], str]) -> None:
        super().__init__()
        self._form = form

    def __missing__(self, code: int) -> int | str:
        char = chr(code)
        text = (
            self._form(char) if char not in PLAIN_COMPATIBILITY else "".join(map(self._form, normalize("NFKC", char)))
        )
        form = ord(text) if len(text) == 1 else text
        # Remembering a million unassigned and private characters would only cost memory.
        if unicodedata.category(chr(code)) not in ("Cn", "Co", "Cs"):
            self[code] = form
        return form

    def text(self, char: str) -> str:
        form = self[ord(char)]
        return form if isinstance(form, str) else chr(form)


# Between these two are the common characters of scripts without spaces.
DENSE_FIRST, DENSE_LAST = "\u0e00", "\u9fff"


def _dense_alphabet() -> str:
    """The common characters of scripts without spaces that fold to themselves, with and without NFKC."""
    chars = map(chr, range(ord(DENSE_FIRST), ord(DENSE_LAST) + 1))
    own = (char for char in chars if _UNSPACED(char) and fast_form(char) == char == normalize("NFKC", char))
    return _ranges(map(ord, own))


_UNSPACED = re.compile(f"[{UNSPACED}]").match
DENSE = re.compile(f"[{_dense_alphabet()}]+\\Z")
# The same with signs that end a sentence or a clause there, and fold to a space.
DENSE_STOPS = "\u3001\u3002\uff01\uff0c\uff1f"
DENSE_CLAUSES = re.compile(f"[{_dense_alphabet()}{DENSE_STOPS}]+\\Z")
DENSE_ENDS = f" {DENSE_STOPS}"
DENSE_TEXT = re.compile(f"[{_dense_alphabet()}{DENSE_ENDS}{SARA_AM}]+")

WORDS = Table(word_form)
FAST_WORDS = Table(fast_form)
SYMBOLS = Table(symbol_form)
# The same for plain ASCII, one byte to one byte.
ASCII_WORDS = bytes(ord(word_form(chr(code))) if code < 128 else 32 for code in range(256))
ASCII_SYMBOLS = bytes(ord(symbol_form(chr(code))) if code < 128 else 32 for code in range(256))
