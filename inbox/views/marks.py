"""Words marked in a text: where a rule found them. The text itself stays what its author wrote."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple


class Part(NamedTuple):
    text: str
    marked: bool


def at(text: str, hits: Iterable[dict[str, Any]]) -> list[Part]:
    """Mark the spans of a decision's hits; a span that no longer fits the text is looked for by its words."""
    spans: list[tuple[int, int]] = []
    lost: list[str] = []
    for hit in hits:
        start, end, words = hit.get("start", 0), hit.get("end", 0), str(hit.get("text", ""))
        if 0 <= start < end <= len(text) and text[start:end] == words:
            spans.append((start, end))
        else:
            lost.append(words)
    return _cut(text, [*spans, *_look(text, lost)])


def find(text: str, words: Sequence[str], *, any_case: bool = False) -> list[Part]:
    """Mark words where they stand."""
    return _cut(text, _look(text, words, any_case=any_case))


def around(text: str, words: Sequence[str], *, before: int = 16, length: int = 200) -> list[Part]:
    """A stretch of a text that begins shortly before the first of these words, with the words marked."""
    first = next(iter(_look(text, words, any_case=True)), (0, 0))[0]
    start = max(first - before, 0)
    if start:
        start = text.find(" ", start, first) + 1 or start
    cut = " ".join(text[start : start + length].split())
    return find(f"…{cut}" if start else cut, words, any_case=True)


def names(text: str, mentions: Iterable[dict[str, Any]]) -> list[Part]:
    """Mark the colleagues and teams that a note names, where they stood when it was written."""
    return _cut(text, [(each["start"], each["end"]) for each in mentions])


def _look(text: str, words: Iterable[str], *, any_case: bool = False) -> list[tuple[int, int]]:
    wanted = sorted({word for word in words if word.strip()}, key=len, reverse=True)
    if not wanted:
        return []
    return [match.span() for match in re.finditer("|".join(map(re.escape, wanted)), text, re.IGNORECASE * any_case)]


def _cut(text: str, spans: Iterable[tuple[int, int]]) -> list[Part]:
    """The text in pieces; overlapping spans become one."""
    parts: list[Part] = []
    done = 0
    for start, end in _joined(spans):
        parts += [Part(text[done:start], marked=False), Part(text[start:end], marked=True)]
        done = end
    return [part for part in [*parts, Part(text[done:], marked=False)] if part.text]


def _joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
