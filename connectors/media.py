"""Fetch a picture or a file that somebody sent, with limits, through the guarded client.

What a file is decides its first bytes, never its name or the sender's word: types that a
browser would run (HTML, SVG, XML) are not on the list and cannot be smuggled in as another.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

import httpx

from connectors.base import Media, Refused, SendError, TryLater
from connectors.guard import Blocked
from connectors.http import verdict
from connectors.text import clean

MEGABYTE = 1024 * 1024
LONGEST_NAME = 120
_NAME_IN_HEADER = re.compile(r"filename\*?=(?:UTF-8'')?\"?([^\";]+)", re.IGNORECASE)
_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (0, b"%PDF-", "application/pdf"),
    (4, b"ftypM4A", "audio/mp4"),
    (4, b"ftyp", "video/mp4"),
    (0, b"OggS", "audio/ogg"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"\xff\xf3", "audio/mpeg"),
    (8, b"WAVE", "audio/wav"),
    (0, b"\x1a\x45\xdf\xa3", "video/webm"),
)
KNOWN_TYPES = frozenset(kind for _, _, kind in _MAGIC)


@dataclass(frozen=True, slots=True)
class FetchLimits:
    size: int = 20 * MEGABYTE
    types: frozenset[str] = KNOWN_TYPES
    redirects: int = 3


@dataclass(frozen=True, slots=True)
class Fetched:
    bytes: bytes
    type: str
    name: str


@dataclass(frozen=True, slots=True)
class Source:
    """Where a file is to be had now, and what has to be shown there."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)


def fetch(
    url: str,
    http: httpx.Client,
    limits: FetchLimits,
    *,
    headers: Mapping[str, str] | None = None,
    name: str = "",
) -> Fetched:
    """Download one file. Raises Refused (too large, wrong type, forbidden address) or TryLater."""
    try:
        return _follow(httpx.URL(url), http, limits, dict(headers or {}), name)
    except (Blocked, httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise Refused(f"not an address we may fetch: {error}") from error
    except httpx.HTTPError as error:
        raise TryLater(f"not fetched: {error or type(error).__name__}") from error


def _follow(url: httpx.URL, http: httpx.Client, limits: FetchLimits, headers: dict[str, str], name: str) -> Fetched:
    for _ in range(limits.redirects + 1):
        with http.stream("GET", url, headers=headers, follow_redirects=False) as response:
            if response.next_request is None:
                return _take(response, limits, name)
            target = response.next_request.url
        if target.host != url.host or target.scheme != url.scheme:
            headers = {}  # a token is shown to its own platform and to nobody it points at
        url = target
    raise Refused(f"more than {limits.redirects} redirects")


def _take(response: httpx.Response, limits: FetchLimits, name: str) -> Fetched:
    if not response.is_success:
        raise _as_fetch(verdict(_closed(response)))
    body = _read(response, limits.size)
    kind = sniff(body)
    if kind not in limits.types:
        raise Refused(f"a file of type {kind or 'unknown'} is not kept")
    return Fetched(body, kind, safe_name(name or _name_of(response)))


def _closed(response: httpx.Response) -> httpx.Response:
    return httpx.Response(response.status_code, headers={"retry-after": response.headers.get("retry-after", "")})


def _as_fetch(problem: SendError) -> SendError:
    """A missing or forbidden file is refused for good; every other failure may pass."""
    if isinstance(problem, TryLater | Refused):
        return problem
    return TryLater(problem.reason, status=problem.status)


def _read(response: httpx.Response, size: int) -> bytes:
    body = bytearray()
    for chunk in response.iter_bytes(64 * 1024):
        body += chunk
        if len(body) > size:
            raise Refused(f"larger than {size} bytes")
    return bytes(body)


def sniff(body: bytes) -> str:
    """The MIME type that the first bytes prove, or ""."""
    for offset, magic, kind in _MAGIC:
        if body.startswith(magic, offset):
            return kind
    return ""


def _name_of(response: httpx.Response) -> str:
    found = _NAME_IN_HEADER.search(response.headers.get("content-disposition", ""))
    return unquote(found[1] if found else response.url.path.rpartition("/")[2])


def safe_name(name: str) -> str:
    """A name that is only a name: no folders, no control or direction characters, no leading dot."""
    bare = clean(name).replace("\\", "/").rpartition("/")[2]
    seen = "".join(char for char in bare if unicodedata.category(char)[0] != "C")
    return seen.strip(" .")[-LONGEST_NAME:]


def plain(media: Media) -> Source:
    """The source of a file that needs no token."""
    return Source(media.url)
