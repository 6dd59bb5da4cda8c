"""Take typed values out of loosely typed payloads, and say by name which field is wrong.

A missing field or null gives an empty value; a field of the wrong type raises `Malformed`
with its path, which `each` turns into one BROKEN entry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.base import Entry, ParseError, Verb

Object = Mapping[str, Any]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EMPTY: Object = {}
_NAMES = ("id", "uri", "name", "reviewId")


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a delivery, together with what the envelope around it says."""

    value: Any
    field: str = ""
    account: str = ""
    time: datetime | None = None
    around: Object = dataclass_field(default_factory=dict)


class Malformed(Exception):
    """One entry cannot be read. The text is the reason, the field's name in it."""


def string(piece: Object, *path: str) -> str:
    """A text, or a number that stands for an id; "" when it is missing. `jsonload` has cleaned it."""
    value = _walk(piece, path)
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise Malformed(f"{'.'.join(path)}: not a text")


def required(piece: Object, *path: str) -> str:
    value = string(piece, *path)
    if not value:
        raise Malformed(f"{'.'.join(path)}: missing")
    return value


def mapping(piece: Object, *path: str) -> Object:
    value = _walk(piece, path)
    if value is None:
        return _EMPTY
    if isinstance(value, dict):
        return value
    raise Malformed(f"{'.'.join(path)}: not an object")


def listing(piece: Object, *path: str) -> list[Any]:
    value = _walk(piece, path)
    if value is None:
        return []
    if isinstance(value, list):
        return value
    raise Malformed(f"{'.'.join(path)}: not a list")


def objects(piece: Object, *path: str) -> list[Object]:
    """A list of objects; strangers in it (null, numbers) are passed over."""
    return [each for each in listing(piece, *path) if isinstance(each, dict)]


def integer(piece: Object, *path: str) -> int | None:
    """A whole number, also when it is written as a text."""
    value = _walk(piece, path)
    if value is None or value == "":
        return None
    if isinstance(value, str) and value.removeprefix("-").isdecimal() and len(value) < 20:
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise Malformed(f"{'.'.join(path)}: not a whole number")


def boolean(piece: Object, *path: str) -> bool:
    """True only for a real true."""
    return _walk(piece, path) is True


def seconds(piece: Object, *path: str) -> datetime | None:
    return _since_epoch(_walk(piece, path), 1.0, path)


def millis(piece: Object, *path: str) -> datetime | None:
    return _since_epoch(_walk(piece, path), 1000.0, path)


def iso(piece: Object, *path: str) -> datetime | None:
    """An ISO 8601 time; one without an offset is taken as UTC, nanoseconds are cut to microseconds."""
    value = string(piece, *path)
    if not value:
        return None
    try:
        return parse_iso(value)
    except (ValueError, OverflowError):
        raise Malformed(f"{'.'.join(path)}: not a time") from None


def parse_iso(value: str) -> datetime:
    head, dot, tail = value.partition(".")
    if dot:
        digits = len(tail) - len(tail.lstrip("0123456789"))
        value = f"{head}.{tail[:digits][:6].ljust(6, '0')}{tail[digits:]}"
    when = datetime.fromisoformat(value)
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(UTC)


def after(when: datetime | None) -> datetime | None:
    """The next moment: an edit that bears the time of its creation still comes after it."""
    return when + timedelta(microseconds=1) if when else None


def each(pieces: Iterable[Any], read: Callable[[Any], Iterable[Entry]]) -> Iterator[Entry]:
    """Read every piece by itself, so that a bad one costs its neighbours nothing."""
    for piece in pieces:
        try:
            entries = list(read(piece))
        except Malformed as error:
            yield broken(piece, str(error))
        else:
            yield from entries


def name_of(thing: Any) -> str:
    """The id of something in a list; "" when it has none."""
    found = thing.get("id") if isinstance(thing, dict) else None
    return found if isinstance(found, str) else ""


def _own_name(piece: Object) -> str:
    """What the platform calls an entry that cannot be read, so that it is known when it comes again."""
    for around in (piece, piece.get("data")):
        if isinstance(around, dict):
            found = (around.get(name) for name in _NAMES)
            if name := next((each for each in found if isinstance(each, str) and each), ""):
                return name
    return ""


def seen_again(entry: Entry) -> list[Entry]:
    """What a poll finds may be new or changed, and does not say which: it is given as both."""
    edit = replace(entry, verb=Verb.EDIT, version=after(entry.version))
    return [entry, edit] if entry.verb is Verb.CREATE else [entry]


def broken(piece: Any, reason: str) -> Entry:
    piece = piece.value if isinstance(piece, Part) else piece
    raw = piece if isinstance(piece, dict) else {"value": piece}
    return Entry(Verb.BROKEN, external_id=_own_name(raw), reason=reason, raw=raw)


def ignored(piece: Object, reason: str) -> Entry:
    return Entry(Verb.IGNORED, reason=reason, raw=piece)


def an_object(piece: Any) -> Object:
    """`piece` itself when it is an object."""
    if isinstance(piece, dict):
        return piece
    raise Malformed("not an object")


def an_object_page(page: Any) -> Object:
    """A whole answer that has to be an object."""
    if isinstance(page, dict):
        return page
    raise ParseError("the answer is not an object")


def a_list_page(page: Any) -> list[Any]:
    """A whole answer that has to be a list."""
    if isinstance(page, list):
        return page
    raise ParseError("the answer is not a list")


def highest_number(names: Iterable[Any]) -> str:
    """The highest of ids that are numbers of up to 20 digits: compared as such, kept as texts; "" without any."""
    numbers = [int(name) for name in names if isinstance(name, str) and name.isdecimal()]
    return str(max(numbers)) if numbers else ""


def _walk(piece: Any, path: tuple[str, ...]) -> Any:
    for done, name in enumerate(path):
        if piece is None:
            return None
        if not isinstance(piece, dict):
            raise Malformed(f"{'.'.join(path[:done]) or 'entry'}: not an object")
        piece = piece.get(name)
    return piece


def _since_epoch(value: Any, unit: float, path: tuple[str, ...]) -> datetime | None:
    if value is None or value == "":
        return None
    try:
        if isinstance(value, bool):
            raise ValueError
        return _EPOCH + timedelta(seconds=float(value) / unit)
    except (TypeError, ValueError, OverflowError):
        raise Malformed(f"{'.'.join(path)}: not a time") from None
