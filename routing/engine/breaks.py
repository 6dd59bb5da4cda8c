"""Word breaks in scripts without spaces, by ICU's dictionaries. Asked only when a keyword of such a script hits."""

from itertools import chain

from icu4py.breakers import WordBreaker
from icu4py.locale import Locale

# By where a stretch without spaces begins and ends in a text: between which of its characters words stand.
Stretches = dict[tuple[int, int], frozenset[int]]

# The dictionaries go by script. Naming the language once spares looking it up for each text.
_ANY_LANGUAGE = Locale("und")


def breaks_around(text: str, first: int, last: int, known: Stretches) -> tuple[int, frozenset[int]]:
    """Where the stretch between the spaces around a first and a last place begins, and where in it words do."""
    # A folded text ends in a space.
    start, end = text.rfind(" ", 0, first + 1) + 1, text.index(" ", last)
    breaks = known.get((start, end))
    if breaks is None:
        breaks = known[start, end] = word_breaks(text[start:end])
    return start, breaks


def word_breaks(text: str) -> frozenset[int]:
    """Positions in a text between which words stand."""
    found = frozenset(chain.from_iterable(WordBreaker(text, _ANY_LANGUAGE).segments()))
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
