"""Pages of rows that are simply in the order of their numbers, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import F, QuerySet

from inbox.selectors import keyset
from inbox.selectors.keyset import Cursor, Order

NEWEST = Order("number", (F("id"),), (int,), descending=True)


@dataclass(frozen=True, slots=True)
class NumberedPage:
    rows: list[Any]
    onward: str | None
    back: str | None


def page_by_number(rows: QuerySet[Any], cursor: str | None, size: int) -> NumberedPage:
    start = keyset.read(cursor, NEWEST)
    backwards = bool(start and start.backwards)
    if start:
        rows = rows.filter(keyset.beyond(NEWEST, start))
    found = list(rows.order_by(*keyset.ordering(NEWEST, backwards=backwards))[: size + 1])
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    onward, back = (True, more) if backwards else (more, start is not None)
    return NumberedPage(
        found,
        Cursor((found[-1].pk,)).text(NEWEST) if found and onward else None,
        Cursor((found[0].pk,), backwards=True).text(NEWEST) if found and back else None,
    )
