"""Files that go out with a reply, and which of them a platform takes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class File:
    """A file that goes out with a reply. Its bytes are read when it is sent."""

    path: Path
    type: str  # MIME type, as its first bytes prove
    name: str
    alt: str = ""  # what a picture shows, in words

    @property
    def body(self) -> bytes:
        return self.path.read_bytes()


@dataclass(frozen=True, slots=True)
class FileLimits:
    """Which files a platform takes with a reply. Sizes are in bytes."""

    most: int
    size: int  # of one
    whole: int  # of all together
    types: frozenset[str] = frozenset()  # empty: every type that we keep
    text: int | None = None  # how long the text beside them may be, where that is shorter
    alt: bool = False  # whether the other person gets `File.alt`
