"""Word breaks in scripts without spaces, by ICU's dictionaries. Asked only when a keyword of such a script hits."""

from icu4py.breakers import WordBreaker


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
