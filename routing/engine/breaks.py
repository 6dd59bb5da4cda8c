"""Word breaks in scripts without spaces, by ICU's dictionaries. Asked only when a keyword of such a script hits."""

from functools import lru_cache
from itertools import chain

from icu4py.breakers import WordBreaker


class Breaks:
    """Where words begin and end around the places where somebody will ask, between a first and a last one."""

    __slots__ = ("_breaks", "_offset", "_text")

    def __init__(self, text: str, first: int, last: int) -> None:
        self._text = text
        self._offset = text.rfind(" ", 0, first + 1) + 1
        end = text.find(" ", last)
        self._breaks = word_breaks(text[self._offset :] if end < 0 else text[self._offset : end])

    def begins(self, at: int) -> bool:
        """Whether a word may begin at this character."""
        return at - self._offset in self._breaks or self._text[at - 1 : at] in ("", " ")

    def ends(self, at: int) -> bool:
        """Whether a word may end before this character."""
        return at - self._offset in self._breaks or self._text[at : at + 1] in ("", " ")


@lru_cache(maxsize=1_000)
def word_breaks(text: str) -> frozenset[int]:
    """Positions in a text between which words stand."""
    found = frozenset(chain.from_iterable(WordBreaker(text, "en").segments()))
    return found if len(text) in found else _code_points(text, found)


def _code_points(text: str, units: frozenset[int]) -> frozenset[int]:
    """ICU counts in UTF-16 units; we count characters."""
    found = {len(text)}
    unit = 0
    for at, char in enumerate(text):
        if unit in units:
            found.add(at)
        unit += 2 if ord(char) > 0xFFFF else 1
    return frozenset(found)
