"""Read JSON that a stranger wrote. Whatever the bytes are, the only error is ParseError."""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

from connectors.base import ParseError
from connectors.text import clean

MAX_DEPTH = 64  # the deepest real payload has 14 levels; Python's own parser gives up near 1,000

_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_BRACKET = re.compile(r"[\[\]{}]")
# A NUL, half of a pair without its other half, or a backslash that was itself escaped before what looks like a half:
# only then is every text looked at, which takes longer than reading the JSON.
_SUSPECT = re.compile(
    r"""\\u0000
      | \\u[dD][89aAbB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])
      | (?<!\\u[dD][89aAbB][0-9a-fA-F]{2})\\u[dD][c-fC-F]
      | \\\\u[dD][89a-fA-F]
      | [\0\ud800-\udfff]""",
    re.VERBOSE,
)


class Repeated(dict[str, Any]):
    """An object in which a key came twice. It holds the last value; `key` names the offender."""

    key = ""


def load(body: bytes) -> Any:
    """The value in `body`, with every text in it fit to be stored. Raises ParseError."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ParseError(f"not UTF-8 at byte {error.start}") from None
    return loads(text)


def loads(text: str) -> Any:
    _refuse_depth(text)
    try:
        value = json.loads(text, parse_float=_finite, parse_constant=_no_constant, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        raise ParseError(f"not JSON: {error.msg} at character {error.pos}") from None
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits, for one
        raise ParseError(f"not JSON we can hold: {error}") from None
    return scrub(value) if _SUSPECT.search(text) else value


def scrub(value: Any) -> Any:
    """The same value with NUL and half surrogate pairs out of every text and key."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [scrub(each) for each in value]
    if isinstance(value, dict):
        return _scrub_object(value)
    return value


def _scrub_object(value: dict[str, Any]) -> dict[str, Any]:
    scrubbed = _object([(clean(key), scrub(each)) for key, each in value.items()])
    if isinstance(value, Repeated):
        scrubbed = Repeated(scrubbed)
        scrubbed.key = clean(value.key)
    return scrubbed


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) == len(pairs):
        return value
    seen: set[str] = set()
    repeated = Repeated(value)
    repeated.key = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
    return repeated


def _finite(number: str) -> float:
    value = float(number)
    if math.isinf(value):
        raise ValueError(f"the number {number[:20]} is too large")
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")


def _refuse_depth(text: str) -> None:
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    depth = 0
    for bracket in _BRACKET.findall(_STRING.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        if depth > MAX_DEPTH:
            raise ParseError(f"nested deeper than {MAX_DEPTH} levels")
