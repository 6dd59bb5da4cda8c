"""How many items the counting query reads, as EXPLAIN (ANALYZE) says of each scan, and how many of them are done."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from django.db import connection as database

from bench import cost

Node = dict[str, Any]


def closed(work: Callable[[], object]) -> int:
    """How many items were read that are done: at most those that were thrown away by a scan whose index may hold such.
    What somebody finished today is counted, and read for that."""
    unfinished = _of_the_unfinished()
    scans = [scan for plan in _plans(work) for scan in _scans(plan)]
    return sum(_thrown(scan) for scan in scans if not any(_leaves_out(part, unfinished) for part in _parts(scan)))


def read(work: Callable[[], object]) -> int:
    """Items read in all."""
    return sum(_rows(scan) for plan in _plans(work) for scan in _scans(plan))


def _of_the_unfinished() -> set[str]:
    """The indexes that hold nothing that is done."""
    with database.cursor() as cursor:
        cursor.execute("SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'inbox_item'")
        parted = [(name, definition.partition(" WHERE ")[2]) for name, definition in cursor.fetchall()]
    return {name for name, condition in parted if "'open'" in condition and "'resolved'" not in condition}


def _leaves_out(part: Node, unfinished: set[str]) -> bool:
    """Whether this walk along an index goes past what is done."""
    asked = part.get("Index Cond", "")
    return part.get("Index Name") in unfinished or ("state" in asked and "resolved" not in asked)


def _plans(work: Callable[[], object]) -> Iterator[Node]:
    asked = [(sql, params) for sql, params in cost.statements(work) if '"inbox_item"' in sql]
    with database.cursor() as cursor:
        for sql, params in asked:
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT json) {sql}", params)
            (found,) = cursor.fetchone()
            yield (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]


def _scans(node: Node) -> Iterator[Node]:
    if node.get("Relation Name") == "inbox_item":
        yield node
    for child in node.get("Plans", []):
        yield from _scans(child)


def _parts(scan: Node) -> Iterator[Node]:
    """The scan, and the walks along indexes that led it."""
    yield scan
    for child in scan.get("Plans", []):
        yield from _parts(child)


def _thrown(scan: Node) -> int:
    lost = [float(scan.get(f"Rows Removed by {why}", 0)) for why in ("Filter", "Index Recheck")]
    return round(_loops(scan) * sum(lost))


def _rows(scan: Node) -> int:
    return round(_loops(scan) * float(scan["Actual Rows"])) + _thrown(scan)


def _loops(scan: Node) -> int:
    return max(int(scan["Actual Loops"]), 1)
