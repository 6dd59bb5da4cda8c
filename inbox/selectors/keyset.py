"""Pages by key: a cursor names the last row seen, so page 1,000 costs what page 1 costs and no row shows twice."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import BooleanField, Expression, F, Func, IntegerField, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from inbox.models.item import NEVER
from teams.errors import Invalid

_LONGEST = 300  # characters of a cursor
_LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Order:
    """The columns that put rows in order, all in one direction, so that one row comparison finds a page."""

    name: str
    columns: tuple[Any, ...]
    types: tuple[type, ...]
    descending: bool


# What is due first; where no clock runs, by priority, and who has waited longest: as the index `item_team_due_first`.
URGENCY = (
    Coalesce(F("due_at"), Value(NEVER)),
    F("priority") * Value(-1, output_field=IntegerField()),
    Coalesce(F("waiting_since"), Value(NEVER)),
    F("id"),
)
ORDERS = {
    "newest": Order("newest", (F("last_message_at"), F("id")), (datetime, int), descending=True),
    "oldest": Order("oldest", (F("last_message_at"), F("id")), (datetime, int), descending=False),
    "urgent": Order("urgent", URGENCY, (datetime, int, datetime, int), descending=False),
}


@dataclass(frozen=True, slots=True)
class Cursor:
    """The row where a page begins, and which way to go from there."""

    key: tuple[Any, ...]
    backwards: bool = False

    def text(self, order: Order) -> str:
        values = [value.isoformat() if isinstance(value, datetime) else value for value in self.key]
        packed = json.dumps([order.name, int(self.backwards), *values], separators=(",", ":"))
        return base64.urlsafe_b64encode(packed.encode()).decode().rstrip("=")


def read(text: str | None, order: Order) -> Cursor | None:
    """The cursor behind its text. One of another order, or made up, is refused."""
    if not text:
        return None
    try:
        if len(text) > _LONGEST:
            raise ValueError(text)
        name, backwards, *values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if name != order.name or backwards not in (0, 1):
            raise ValueError(name)
        key = tuple(_value(kind, value) for kind, value in zip(order.types, values, strict=True))
        return Cursor(key, bool(backwards))
    except (ValueError, TypeError, OverflowError, RecursionError, binascii.Error):
        raise Invalid(cursor=_("This page does not exist. Start again from the first one.")) from None


def ordering(order: Order, *, backwards: bool) -> list[Any]:
    down = order.descending is not backwards
    columns = [column.copy() if hasattr(column, "copy") else column for column in order.columns]
    return [column.desc() if down else column.asc() for column in columns]


def beyond(order: Order, cursor: Cursor) -> Expression:
    """The rows after the cursor, as one row comparison that an index answers."""
    down = order.descending is not cursor.backwards
    return Beyond(*order.columns, *[Value(value) for value in cursor.key], operator="<" if down else ">")


class Beyond(Func):
    """`(a, b) < (x, y)`, which ORs and ANDs would say without the index understanding it."""

    output_field = BooleanField()
    conditional = True

    def as_sql(self, compiler: Any, connection: Any, **_extra: Any) -> tuple[str, tuple[Any, ...]]:  # type: ignore[override]
        parts = [compiler.compile(expression) for expression in self.get_source_expressions()]
        half = len(parts) // 2
        left, right = (", ".join(sql for sql, _params in side) for side in (parts[:half], parts[half:]))
        params = tuple(value for _sql, values in parts for value in values)
        return f"(({left}) {self.extra['operator']} ({right}))", params


def _value(kind: type, value: Any) -> Any:
    if kind is datetime:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError(value)
        return moment
    if type(value) is not int or abs(value) > _LARGEST:
        raise ValueError(value)
    return value
