"""What the person at the terminal reads: one line per step, with the seconds since the start."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass, field
from typing import TextIO

BOLD, YELLOW, RED, PLAIN = "\033[1m", "\033[33m", "\033[31m", "\033[0m"


@dataclass(slots=True)
class Console:
    """Writes steps to `out`. A quiet one keeps steps to itself and lets only trouble through."""

    out: TextIO = field(default_factory=lambda: sys.stdout)
    quiet: bool = False
    began: float = field(default_factory=time.monotonic)

    def step(self, text: str) -> None:
        if not self.quiet:
            self.write(f"{self.seconds():6.1f} s  {text}")

    def warn(self, text: str) -> None:
        self.write(self.paint(f"{self.seconds():6.1f} s  {text}", YELLOW))

    def fail(self, text: str) -> None:
        self.write(self.paint(text, RED))

    def title(self, text: str) -> None:
        self.write(self.paint(text, BOLD))

    def write(self, text: str) -> None:
        """One line out; a terminal that went away must not stop what is running."""
        try:
            print(text, file=self.out, flush=True)
        except OSError:
            self.quiet = True

    def seconds(self) -> float:
        return time.monotonic() - self.began

    def paint(self, text: str, colour: str) -> str:
        if self.out.isatty() and not os.environ.get("NO_COLOR"):
            return f"{colour}{text}{PLAIN}"
        return text
