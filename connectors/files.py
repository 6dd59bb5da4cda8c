"""Files that go out with a reply, and which of them a platform takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from connectors.guide import gettext_noop

PICTURES = frozenset({"image/jpeg", "image/png", "image/webp"})  # still ones
NONE_TAKEN = gettext_noop("%(platform)s takes no files with a reply.")
NO_ADDRESS = gettext_noop(
    "%(platform)s fetches the files of a reply from Relaybox, whose address does not begin with https://: no files."
)


@dataclass(frozen=True, slots=True)
class File:
    """A file that goes out with a reply. Its bytes are read when it is sent."""

    path: Path
    type: str  # MIME type, as its first bytes prove
    name: str
    alt: str = ""  # what a picture shows, in words
    url: str = ""  # where a platform can fetch it for a while, if Relaybox has a public address
    preview: str = ""  # where it can fetch a small copy of a picture

    @property
    def body(self) -> bytes:
        return self.path.read_bytes()

    @property
    def size(self) -> int:
        return self.path.stat().st_size

    @property
    def part(self) -> tuple[str, bytes, str]:
        """It as a part of a multipart form."""
        return (self.name, self.body, self.type)


@dataclass(frozen=True, slots=True)
class FileLimits:
    """Which files a platform takes with a reply. Sizes are in bytes."""

    most: int
    size: int  # of one
    whole: int  # of all together
    types: frozenset[str] = frozenset()  # empty: every type that we keep
    text: int | None = None  # how long the text beside them may be, where that is shorter
    alt: bool = False  # whether the other person gets `File.alt`
    sizes: Mapping[str, int] = field(default_factory=dict)  # of one of a type, where that is smaller
    wordless: frozenset[str] = frozenset()  # types beside which there is no place for a text
    fetched: bool = False  # by the platform, from `File.url`

    def largest(self, type_: str) -> int:
        """How large one file of this type may be."""
        return self.sizes.get(type_, self.size)
