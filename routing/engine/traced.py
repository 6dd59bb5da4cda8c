"""A string that remembers, through every rewriting, where each of its characters came from.

Folding runs on plain strings when only matches matter, and on `Traced` ones when somebody wants to see
the words in the original text. Both take the same steps, so they cannot disagree.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Self, TypeVar

from routing.engine.alphabet import Table

Replacement = str | Callable[[re.Match[str]], str]


class Traced:
    """A text with the start and end, in the original text, of each of its characters."""

    __slots__ = ("ends", "starts", "text")

    def __init__(self, text: str, starts: list[int], ends: list[int]) -> None:
        self.text = text
        self.starts = starts
        self.ends = ends

    @classmethod
    def of(cls, text: str) -> Self:
        return cls(text, list(range(len(text))), list(range(1, len(text) + 1)))

    def __len__(self) -> int:
        return len(self.text)

    def __str__(self) -> str:
        return self.text

    def __contains__(self, part: str) -> bool:
        return part in self.text

    def __getitem__(self, cut: slice) -> "Traced":
        return Traced(self.text[cut], self.starts[cut], self.ends[cut])

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where the characters from start to end stood in the original text."""
        return min(self.starts[start:end]), max(self.ends[start:end])

    def translate(self, table: Table) -> "Traced":
        return self._rebuild((table.text(char), at, at + 1) for at, char in enumerate(self.text))

    def replace(self, old: str, new: str) -> "Traced":
        return self.sub(re.compile(re.escape(old)), lambda _: new)

    def sub(self, pattern: re.Pattern[str], new: Replacement) -> "Traced":
        return self._rebuild(self._substituted(pattern, new))

    def nfkc(self) -> "Traced":
        return self._rebuild(
            (unicodedata.normalize("NFKC", self.text[start:end]), start, end) for start, end in _segments(self.text)
        )

    def _substituted(self, pattern: re.Pattern[str], new: Replacement) -> Iterator[tuple[str, int, int]]:
        done = 0
        for match in pattern.finditer(self.text):
            yield from _unchanged(self.text, done, match.start())
            result = new(match) if callable(new) else match.expand(new)
            yield from _aligned(result, match.group(), match.start())
            done = match.end()
        yield from _unchanged(self.text, done, len(self.text))

    def _rebuild(self, pieces: Iterator[tuple[str, int, int]]) -> "Traced":
        """Put pieces together, each with the range of this text that it replaces."""
        chars: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        for piece, start, end in pieces:
            if piece:
                self._place(piece, start, end, starts, ends)
                chars.append(piece)
            elif ends and end > start and not self.text[start:end].isspace():
                # What vanishes belongs to the character before it: an accent, a joiner, a skin tone.
                seen = next((at for at in range(len(ends) - 1, -1, -1) if starts[at] < ends[at]), 0)
                ends[seen] = max(ends[seen], self.ends[end - 1])
        return Traced("".join(chars), starts, ends)

    def _place(self, piece: str, start: int, end: int, starts: list[int], ends: list[int]) -> None:
        if start == end:
            where = self.starts[start] if start < len(self.starts) else (self.ends[-1] if self.ends else 0)
            first, last = where, where
        else:
            first, last = self.starts[start], self.ends[end - 1]
        core = piece.strip() if len(piece) > 1 and piece != piece.strip() else piece
        lead = piece.index(core)
        tail = len(piece) - lead - len(core)
        starts += [first] * (lead + len(core)) + [last] * tail
        ends += [first] * lead + [last] * (len(core) + tail)


def _unchanged(text: str, start: int, end: int) -> Iterator[tuple[str, int, int]]:
    for at in range(start, end):
        yield text[at], at, at + 1


def _aligned(result: str, source: str, at: int) -> Iterator[tuple[str, int, int]]:
    """Pieces of a replacement, character by character where it keeps the source's characters."""
    kept = result.find(source)
    if kept >= 0:
        yield result[:kept], at, at
        yield from ((char, at + offset, at + offset + 1) for offset, char in enumerate(source))
        yield result[kept + len(source) :], at + len(source), at + len(source)
    elif len(result) == len(source):
        yield from ((char, at + offset, at + offset + 1) for offset, char in enumerate(result))
    else:
        yield from _in_order(result, source, at)


def _in_order(result: str, source: str, at: int) -> Iterator[tuple[str, int, int]]:
    """Characters found again, in order, keep their place; what lies between vanishes or is inserted."""
    done = 0
    for char in result:
        found = source.find(char, done) if not char.isspace() else -1
        if found < 0:
            yield char, at + done, at + done
            continue
        yield "", at + done, at + found
        yield char, at + found, at + found + 1
        done = found + 1
    yield "", at + done, at + len(source)


def _segments(text: str) -> Iterator[tuple[int, int]]:
    """Ranges that NFKC treats independently of each other."""
    start = 0
    for at in range(1, len(text) + 1):
        if at == len(text) or _starts_afresh(text[at]):
            yield start, at
            start = at


def _starts_afresh(char: str) -> bool:
    first = unicodedata.normalize("NFKD", char)[0]
    return unicodedata.combining(first) == 0 and first not in _COMPOSES_BACKWARD


def _second_halves() -> Iterator[str]:
    for code in range(0x110000):
        halves = unicodedata.decomposition(chr(code)).split()
        if len(halves) == 2 and not halves[0].startswith("<"):
            yield chr(int(halves[1], 16))


# Starters that join the character before them: Hangul vowels and tails, some Indic vowel signs.
_COMPOSES_BACKWARD = frozenset({*_second_halves(), *map(chr, range(0x1161, 0x1176)), *map(chr, range(0x11A8, 0x11C3))})


Text = TypeVar("Text", str, Traced)


def sub(pattern: re.Pattern[str], new: Replacement, text: Text) -> Text:
    return pattern.sub(new, text) if isinstance(text, str) else text.sub(pattern, new)


def join(pieces: Sequence[Any], like: Text) -> Text:
    """Put pieces together; plain strings among traced ones stand for nothing in the original."""
    if isinstance(like, str):
        return "".join(map(str, pieces))
    text, starts, ends = [], list[int](), list[int]()
    for piece in pieces:
        text.append(str(piece))
        if isinstance(piece, Traced):
            starts += piece.starts
            ends += piece.ends
        else:
            where = ends[-1] if ends else 0
            starts += [where] * len(piece)
            ends += [where] * len(piece)
    return Traced("".join(text), starts, ends)
