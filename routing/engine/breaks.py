"""Word breaks in scripts without spaces, by ICU's dictionaries. Asked only when a keyword of such a script hits."""

from functools import lru_cache
from itertools import chain

from icu4py.breakers import WordBreaker


def breaks_around(text: str, first: int, last: int) -> tuple[frozenset[int], int]:
    """Where words begin and end between the spaces around a first and a last place, and where that begins."""
    offset = text.rfind(" ", 0, first + 1) + 1
    # A folded text ends in a space.
    return word_breaks(text[offset : text.index(" ", last)]), offset


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
