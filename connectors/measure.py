"""How long a text is, counted the way a platform counts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace

from icu4py.breakers import CharacterBreaker

from connectors.base import Limits, Refused, Reply, TooLong
from connectors.files import File, FileLimits

X_URL_LENGTH = 23  # every link is wrapped by t.co, whatever its length
_X_URL = re.compile(r"(?i)\bhttps?://[^\s<>\"']+|\bwww\.[^\s<>\"']+\.[a-z]{2,}[^\s<>\"']*")
_X_LIGHT = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))
_X_ASCII = 0x80
_EMOJI = re.compile("[\u2600-\u27bf\U0001f000-\U0001faff\u20e3]|[#*0-9]\ufe0f")


def length(text: str, unit: str) -> int:
    return _UNITS[unit](text)


def check(text: str, limits: Limits) -> None:
    """Raise TooLong when the platform would not take the text."""
    if limits.length is not None and (found := length(text, limits.unit)) > limits.length:
        raise TooLong(f"{found} {limits.unit}, and {limits.length} is the most the platform takes")


def check_files(reply: Reply, limits: Limits) -> None:
    """Raise a Refused when the platform would not take these files, or not so long a text beside them."""
    taken = limits.files
    if not reply.files:
        return
    if taken is None:
        raise Refused("the platform takes no files with a reply")
    if len(reply.files) > taken.most:
        raise Refused(f"{len(reply.files)} files, and {taken.most} are the most the platform takes")
    for file in reply.files:
        _check_file(file, taken, with_words=bool(reply.text))
    if sum(file.size for file in reply.files) > taken.whole:
        raise Refused(f"the files are larger than {taken.whole} bytes, the most the platform takes together")
    check(reply.text, replace(limits, length=taken.text or limits.length))


def _check_file(file: File, taken: FileLimits, *, with_words: bool) -> None:
    if not file.path.is_file():
        raise Refused(f"the file {file.name!r} is not in our store any more")
    if taken.fetched and not file.url:
        raise Refused("the platform fetches files, and Relaybox has no public address (https://) to fetch them from")
    if taken.types and file.type not in taken.types:
        raise Refused(f"the platform takes no file of type {file.type}")
    if file.size > taken.largest(file.type):
        raise Refused(f"the file {file.name!r} is larger than {taken.largest(file.type)} bytes")
    if with_words and file.type in taken.wordless:
        raise Refused(f"the platform has no place for a text beside a file of type {file.type}")


def graphemes(text: str) -> int:
    """What a person would call characters: extended grapheme clusters (UAX #29), by ICU."""
    if text.isascii() and "\r" not in text:
        return len(text)
    return len(_clusters(text))


def x_weight(text: str) -> int:
    """X's weighted length (twitter-text, config v3): most alphabets 1, CJK and emoji 2, a link 23."""
    text = unicodedata.normalize("NFC", text)
    links = _X_URL.findall(text)
    rest = _X_URL.sub("", text)
    weight = len(rest) if rest.isascii() else sum(map(_x_cluster, _clusters(rest)))
    return weight + X_URL_LENGTH * len(links)


def _x_cluster(cluster: str) -> int:
    if _EMOJI.search(cluster):
        return 2  # a family of five is one emoji
    return sum(1 if _x_light(ord(char)) else 2 for char in cluster)


def _x_light(point: int) -> bool:
    return point < _X_ASCII or any(first <= point <= last for first, last in _X_LIGHT)


def _clusters(text: str) -> list[str]:
    whole = text.encode("utf-8", "replace").decode()  # ICU takes no lone surrogates
    return list(CharacterBreaker(whole, "und"))


_UNITS: dict[str, Callable[[str], int]] = {
    "characters": len,
    "bytes": lambda text: len(text.encode()),
    "utf16": lambda text: len(text.encode("utf-16-le")) // 2,
    "graphemes": graphemes,
    "x_weight": x_weight,
}
