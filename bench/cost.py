"""What one page costs: the time on the wall, and the work that other programs on the machine do not lengthen."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import connection as database


@dataclass(frozen=True, slots=True)
class Cost:
    """`cpu` is the work of Python and of PostgreSQL's process together; None where the system does not tell."""

    wall: float  # all in milliseconds
    sql: float
    cpu: float | None
    queries: int


@dataclass(slots=True)
class _Statements:
    """Counts what is asked of the database, and how long the answers take."""

    number: int = 0
    spent: float = 0.0
    texts: list[tuple[str, Any]] = field(default_factory=list)

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        start = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.spent += time.perf_counter() - start
            self.number += 1
            self.texts.append((sql, params))


def of(work: Callable[[], object]) -> Cost:
    asked = _Statements()
    backend = _backend()
    with database.execute_wrapper(asked):
        behind, own, start = _spent_by(backend), time.process_time(), time.perf_counter()
        work()
        wall, own, there = time.perf_counter() - start, time.process_time() - own, _spent_by(backend)
    cpu = None if behind is None or there is None else (own + there - behind) * 1000
    return Cost(wall * 1000, asked.spent * 1000, cpu, asked.number)


def statements(work: Callable[[], object]) -> list[tuple[str, Any]]:
    """What a piece of work asks of the database."""
    asked = _Statements()
    with database.execute_wrapper(asked):
        work()
    return asked.texts


def _backend() -> int:
    """The process of PostgreSQL that answers us."""
    with database.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def _spent_by(process: int) -> float | None:
    """Seconds it has been at work; None where it runs on another machine, or the system is not Linux."""
    try:
        return int(Path(f"/proc/{process}/schedstat").read_text().split()[0]) / 1e9
    except (OSError, ValueError, IndexError):
        return None


def p95(values: Iterable[float]) -> float:
    some = sorted(values)
    return round(some[min(int(len(some) * 0.95), len(some) - 1)], 1)


def median(values: Iterable[float]) -> float:
    return round(statistics.median(values), 1)


def walls(costs: Iterable[Cost]) -> list[float]:
    return [each.wall for each in costs]


def works(costs: Iterable[Cost]) -> list[float]:
    return [each.wall if each.cpu is None else each.cpu for each in costs]
