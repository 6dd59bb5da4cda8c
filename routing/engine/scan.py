"""Find all atoms of a ruleset in a text: one pass of an automaton, and a closer look only where an atom asks for it."""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from typing import NamedTuple
from unicodedata import category

from daachorse import CharwiseDoubleArrayAhoCorasick as Automaton

from routing.engine.alphabet import UNSPACED
from routing.engine.breaks import Stretches, breaks_around
from routing.engine.fold import nfkc, plain_symbols, symbols, trace_symbols
from routing.engine.keywords import LEFT, NAME, RIGHT, STEM, SYMBOL, WORD, Atom
from routing.engine.regexes import RegexSet, compiled
from routing.engine.stems import WORD as STEM_WORD
from routing.engine.stems import authored, stem, stems
from routing.engine.traced import Traced
from routing.engine.wordbook import fold, trace

_number_of = itemgetter(2)
# What stands before or behind a word where no word breaks need to be known.
_NO_WORD = ("", " ")
_unspaced = re.compile(f"[{UNSPACED}]").match
# Start, end, number.
Hit = tuple[int, int, int]
Hits = Sequence[Hit]
# The numbers of all atoms that a text may hold, from the least to the greatest, one perhaps twice; the hits of words
# and names in the folded text, and that text.
Seen = tuple[list[int], Hits, str]
NOTHING: Seen = ([], (), " ")


class Found(NamedTuple):
    """An atom's number, and where it stands in the original text."""

    number: int
    start: int
    end: int


class Scanner:
    """Finds the atoms of one ruleset: words and names by automaton, then signs, word forms and expressions."""

    def __init__(self, atoms: Sequence[Atom], automaton: bytes = b"") -> None:
        self.atoms = atoms
        kinds = [atom.kind for atom in atoms]
        self.many_words = kinds.count(WORD) + kinds.count(NAME)
        # Numbers below this one are hits as they come.
        self.sure = sum(atom.kind in (WORD, NAME) and not atom.edges for atom in atoms)
        self.edges = bytes(atom.edges for atom in atoms)
        self.names = frozenset(number for number, kind in enumerate(kinds) if kind == NAME)
        self.automaton = _automaton([atom.pattern for atom in atoms[: self.many_words]], automaton)
        self._find: Callable[[str], Hits] = self.automaton.find_overlapping if self.automaton else _nothing
        self.first_sign = self.many_words
        self.first_stem = self.first_sign + kinds.count(SYMBOL)
        self.first_regex = self.first_stem + kinds.count(STEM)
        self.signs = _automaton([atom.pattern for atom in atoms[self.first_sign : self.first_stem]])
        self.sign_chars = frozenset(
            char for atom in atoms[self.first_sign : self.first_stem] for char in atom.pattern if not char.isalnum()
        ) - {" "}
        self.stems = _by_language(atoms, self.first_stem, self.first_regex)
        expressions = [atom.pattern for atom in atoms[self.first_regex :]]
        self.regexes = RegexSet(expressions) if expressions else None
        self.only_words = len(atoms) == self.many_words

    def serialized(self) -> bytes:
        return self.automaton.serialize() if self.automaton else b""

    def look(self, text: str) -> Seen:
        """All atoms that the text may hold: whether words break around some of them is seen when it matters."""
        folded, limit = fold(text)
        hits: Hits = self._find(folded)
        if limit != len(folded):
            hits = self._before_handles(hits, limit)
        numbers = sorted(map(_number_of, hits))
        return numbers if self.only_words else self._with_others(text, numbers), hits, folded

    def is_unsure(self, numbers: list[int]) -> bool:
        """Whether word breaks may take some of them away."""
        return numbers[-1] >= self.sure and (
            self.only_words or numbers[bisect_left(numbers, self.sure)] < self.many_words
        )

    def settled(self, seen: Seen) -> list[int]:
        """The numbers of the atoms that the text does hold."""
        numbers, hits, folded = seen
        if not numbers or not self.is_unsure(numbers):
            return numbers
        standing = self._standing(hits, folded)
        fallen = {hit[2] for hit in hits}.difference(map(_number_of, standing))
        return [number for number in numbers if number not in fallen] if fallen else numbers

    def stands(self, number: int, seen: Seen, stretches: Stretches) -> bool:
        """Whether the text does hold an atom that has to stand between word breaks."""
        _numbers, hits, folded = seen
        for hit in hits:
            start, end, found = hit
            if found == number and (
                (folded[start - 1 : start] in _NO_WORD and folded[end : end + 1] in _NO_WORD)
                or self._is_whole(hit, folded, breaks_around(folded, start, end - 1, stretches))
            ):
                return True
        return False

    def _before_handles(self, hits: Hits, limit: int) -> Hits:
        """Where the handles stand, only names match."""
        if not hits or hits[-1][1] <= limit:
            return hits
        return [hit for hit in hits if hit[0] < limit or hit[2] in self.names]

    def _standing(self, hits: Hits, folded: str) -> Hits:
        """Without the hits that begin or end inside a word of a script without spaces."""
        unsure = [hit for hit in hits if hit[2] >= self.sure]
        if not unsure:
            return hits
        # Hits come in the order of their ends. Asking once about all of them costs less than asking about each.
        around = breaks_around(folded, min(unsure)[0], unsure[-1][1] - 1, {})
        return [hit for hit in hits if hit[2] < self.sure or self._is_whole(hit, folded, around)]

    def _is_whole(self, hit: Hit, folded: str, around: tuple[int, frozenset[int]]) -> bool:
        """Whether it begins and ends where words do, at the ends where it has to."""
        start, end, number = hit
        first, breaks = around
        edges = self.edges[number]
        if edges & LEFT and start - first not in breaks and folded[start - 1 : start] not in _NO_WORD:
            return False
        return not (edges & RIGHT and end - first not in breaks and folded[end : end + 1] not in _NO_WORD)

    def _with_others(self, text: str, words: list[int]) -> list[int]:
        found = set(words)
        if self.signs and self._has_sign(text):
            signed = symbols(text)
            found.update(number for _start, _end, number in self._sign_hits(signed))
        for language, numbers in self.stems.items():
            found.update(number for form in stems(language, text) if (number := numbers.get(form)) is not None)
        if self.regexes:
            found.update(self.first_regex + index for index in self.regexes.matches(plain_symbols(text)))
        return sorted(found)

    def _has_sign(self, text: str) -> bool:
        normal = nfkc(text)
        return any(sign in normal for sign in self.sign_chars)

    def _sign_hits(self, signed: str) -> Iterator[Hit]:
        if not self.signs:
            return
        for start, end, index in self.signs.find_overlapping(signed):
            edges = self.atoms[self.first_sign + index].edges
            if edges & LEFT and start and _in_word(signed[start - 1]):
                continue
            if edges & RIGHT and end < len(signed) and _in_word(signed[end]):
                continue
            yield start, end, self.first_sign + index

    def found(self, text: str) -> list[Found]:
        """Every atom with its span in the original text, in order; computed when somebody looks."""
        everything = {*self._found_words(text), *self._found_signs(text), *self._found_stems(text)}
        everything.update(self._found_regexes(text))
        return sorted(everything, key=lambda each: (each.start, each.end, each.number))

    def _found_words(self, text: str) -> Iterator[Found]:
        if not self.automaton:
            return
        traced = trace(text)
        hits = self._before_handles(self.automaton.find_overlapping(traced.text), traced.limit)
        for first, last, number in self._standing(hits, traced.text):
            pattern = self.atoms[number].pattern
            start = first + len(pattern) - len(pattern.lstrip(" "))
            end = last - len(pattern) + len(pattern.rstrip(" "))
            yield Found(number, *traced.span(start, end))

    def _found_signs(self, text: str) -> Iterator[Found]:
        if self.signs and self._has_sign(text):
            traced = trace_symbols(text, masked=True)
            for start, end, number in self._sign_hits(traced.text):
                yield Found(number, *traced.span(start, end))

    def _found_stems(self, text: str) -> Iterator[Found]:
        if not self.stems:
            return
        written = authored(Traced.of(text))
        for match in STEM_WORD.finditer(str(written)):
            for language, numbers in self.stems.items():
                number = numbers.get(stem(language, match.group())) if len(match.group()) < 60 else None
                if number is not None:
                    yield Found(number, *written.span(match.start(), match.end()))

    def _found_regexes(self, text: str) -> Iterator[Found]:
        if not self.regexes:
            return
        matching = self.regexes.matches(plain_symbols(text))
        traced = trace_symbols(text, masked=False) if matching else None
        for index in matching:
            number = self.first_regex + index
            for match in compiled(self.atoms[number].pattern).finditer(str(traced and traced.text)):
                if traced and match.end() > match.start():
                    yield Found(number, *traced.span(match.start(), match.end()))


def _nothing(_folded: str) -> Hits:
    return ()


def _automaton(patterns: list[str], ready: bytes = b"") -> Automaton | None:
    if not patterns:
        return None
    return Automaton.deserialize(ready) if ready else Automaton(patterns)


def _by_language(atoms: Sequence[Atom], first: int, last: int) -> dict[str, dict[str, int]]:
    languages: dict[str, dict[str, int]] = defaultdict(dict)
    for number in range(first, last):
        language, _, form = atoms[number].pattern.partition(" ")
        languages[language][form] = number
    return dict(languages)


def _in_word(char: str) -> bool:
    return category(char)[0] in "LMN" and not _unspaced(char)
