"""Figures beside what they have to be."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

MISSED = 3  # the exit code of a benchmark that did not reach what it had to


@dataclass(frozen=True, slots=True)
class Target:
    """`measured` may be `most` at most. `work` is the same without what other programs took of the machine."""

    what: str
    measured: float
    most: float
    work: float | None = None

    @property
    def reached(self) -> bool:
        return self.measured <= self.most

    @property
    def verdict(self) -> str:
        if self.reached:
            return "reached"
        fits = self.work is not None and self.work <= self.most
        return "not reached on a machine this busy; the work alone would fit" if fits else "not reached"

    def told(self) -> dict[str, Any]:
        return {**asdict(self), "verdict": self.verdict}


def told(targets: list[Target]) -> dict[str, Any]:
    """All of them, and by name those that are not reached: `python -m bench` then ends with MISSED."""
    return {
        "targets": [target.told() for target in targets],
        "not_reached": [target.what for target in targets if not target.reached],
    }
