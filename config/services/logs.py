"""The log files of the children, and the lines of them that a person at the terminal should see.

Children write to their files themselves, so that a slow terminal never holds them up and their
last words survive a killed supervisor.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

LARGE = 20 * 1024 * 1024
CHUNK = 256 * 1024
LOUD = re.compile(r"\b(WARNING|ERROR|CRITICAL|FATAL|PANIC)\b|\"level\": ?\"(warning|error|critical)\"")
SERVERS_LOUD = re.compile(r"\b(PANIC|could not|No space left|# (Bad|Fatal))\b")


@dataclass(slots=True)
class Tail:
    """Reads what was added to a log since the last look."""

    path: Path
    loud: re.Pattern[str] = LOUD
    offset: int = field(init=False)
    begin: int = field(init=False)
    tracing: bool = False

    def __post_init__(self) -> None:
        keep_small(self.path)
        self.begin = self.offset = size(self.path)

    def new_lines(self) -> list[str]:
        """Whole lines only; the rest waits for its line break."""
        now = size(self.path)
        if now == self.offset:
            return []
        if now < self.offset:
            self.offset = 0
        with self.path.open("rb") as file:
            file.seek(self.offset)
            block = file.read(CHUNK)
        whole = block[: block.rfind(b"\n") + 1] or (block if len(block) == CHUNK else b"")
        self.offset += len(whole)
        return whole.decode("utf-8", "replace").splitlines()

    def loud_lines(self) -> list[str]:
        return [line for line in self.new_lines() if self.is_loud(line)]

    def is_loud(self, line: str) -> bool:
        """A warning or worse; of a traceback its last line, which says what happened."""
        if line.startswith("Traceback "):
            self.tracing = True
            return False
        if self.tracing:
            self.tracing = line.startswith((" ", "\t")) or not line.strip()
            return not self.tracing
        return bool(self.loud.search(line))

    def has_said(self, text: str) -> bool:
        """Since we began to listen."""
        with self.path.open("rb") as file:
            file.seek(self.begin)
            return text.encode() in file.read(CHUNK)


def size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def keep_small(path: Path) -> None:
    """Keep one old file. The child goes on writing into the emptied one: it appends."""
    if size(path) > LARGE:
        path.with_suffix(".1.log").write_bytes(path.read_bytes())
        with path.open("r+b") as file:
            file.truncate()


def last_lines(path: Path, count: int = 15) -> list[str]:
    try:
        return path.read_text("utf-8", "replace").splitlines()[-count:]
    except OSError:
        return []
