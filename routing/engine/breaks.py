"""Word breaks in scripts without spaces, by ICU's dictionaries. Asked only when a keyword of such a script hits."""

from functools import lru_cache

from icu4py.breakers import WordBreaker


class Breaks:
    """Where words begin and end in a folded text; only the runs between spaces in which somebody asks are looked at."""

    __slots__ = ("_runs", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._runs: dict[int, frozenset[int]] = {}

    def begins(self, at: int) -> bool:
        """Whether a word may begin at this character."""
        return self._text[at - 1 : at] in ("", " ") or self._breaks(at, at)

    def ends(self, at: int) -> bool:
        """Whether a word may end before this character."""
        return self._text[at : at + 1] in ("", " ") or self._breaks(at - 1, at)

    def _breaks(self, inside: int, at: int) -> bool:
        start = self._text.rfind(" ", 0, inside + 1) + 1
        if start not in self._runs:
            end = self._text.find(" ", start)
            self._runs[start] = word_breaks(self._text[start:] if end < 0 else self._text[start:end])
        return at - start in self._runs[start]


@lru_cache(maxsize=1_000)
def word_breaks(text: str) -> frozenset[int]:
    """Positions in a text between which words stand."""
    found = {0}
    for segment in WordBreaker(text, "en").segments():
        found.update(segment)
    return frozenset(found) if max(found) == len(text) else _code_points(text, found)


def _code_points(text: str, units: set[int]) -> frozenset[int]:
    """ICU counts in UTF-16 units; we count characters."""
    found = {len(text)}
    unit = 0
    for at, char in enumerate(text):
        if unit in units:
            found.add(at)
        unit += 2 if ord(char) > 0xFFFF else 1
    return frozenset(found)
