"""Regular expressions of users: always RE2, so that no pattern and no text takes more than linear time."""

import unicodedata
from functools import lru_cache
from typing import Any

import re2

from routing.engine.alphabet import SYMBOLS
from routing.engine.errors import gettext_noop as _
from routing.engine.errors import wrong
from routing.engine.limits import REGEX_LENGTH, REGEX_PROGRAM


def options(memory: int = 8 << 20) -> Any:
    chosen = re2.Options()
    chosen.case_sensitive = False
    chosen.log_errors = False
    chosen.max_mem = memory
    return chosen


def folded_pattern(pattern: str) -> str:
    """The pattern with its letters folded as texts are, its syntax untouched."""
    return "".join(_folded(char) for char in pattern)


def _folded(char: str) -> str:
    if char.isascii():
        return char
    folded = SYMBOLS.text(char) if unicodedata.category(char)[0] in "LMN" else char
    folded = unicodedata.normalize("NFKC", folded).replace("\x01", "").replace("\u2019", "'")
    return folded if folded.isalnum() or not folded.isascii() or folded == "'" else char


@lru_cache(maxsize=2_000)
def compiled(pattern: str) -> Any:
    return re2.compile(folded_pattern(pattern), options())


def check(field: str, pattern: str) -> None:
    """Refuse what does not compile, is too big, or matches everything."""
    if len(pattern) > REGEX_LENGTH:
        raise wrong(
            field,
            _("A regular expression may have %(most)s characters; this one has %(many)s."),
            most=REGEX_LENGTH,
            many=len(pattern),
        )
    try:
        program = compiled(pattern)
    except re2.error as error:
        reason = error.args[0].decode(errors="replace") if isinstance(error.args[0], bytes) else error.args[0]
        raise wrong(
            field, _("/%(pattern)s/ is no regular expression (RE2): %(reason)s."), pattern=pattern, reason=reason
        ) from None
    if program.programsize > REGEX_PROGRAM:
        raise wrong(
            field,
            _("/%(pattern)s/ is too big: %(many)s steps, %(most)s are allowed."),
            pattern=pattern,
            many=program.programsize,
            most=REGEX_PROGRAM,
        )
    if program.search("") is not None:
        raise wrong(field, _("/%(pattern)s/ matches the empty text, so it would match every message."), pattern=pattern)


class RegexSet:
    """All patterns of a ruleset, tried in one pass."""

    def __init__(self, patterns: list[str]) -> None:
        self._set = re2.Set.SearchSet(options(64 << 20))
        for pattern in patterns:
            self._set.Add(folded_pattern(pattern))
        self._set.Compile()

    def matches(self, text: str) -> list[int]:
        found: list[int] | None = self._set.Match(text)
        return found or []
