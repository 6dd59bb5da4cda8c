"""Queries that the ORM writes once: for the few that are asked so often that writing them costs more than answering.

A `Compiled` is a function that makes a query out of a shape and some ids. It is called once for each shape, with
numbers that stand for the ids; afterwards only these change in the SQL. So the function remains the one place that says
what is asked, and what a person may see. Whatever else makes a difference to the SQL belongs to the shape; a moment,
which would be that of the first call, comes from the database.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from copy import copy
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Generic, TypeVar, cast

from django.core.exceptions import EmptyResultSet
from django.db import connections, models, router, transaction
from django.db.models.query import ModelIterable
from django.db.models.sql import Query, UpdateQuery
from django.db.models.sql.compiler import SQLCompiler
from django.db.models.sql.constants import ROW_COUNT

Row = TypeVar("Row", bound=models.Model)
MOST = 100  # shapes of one query; a program has a handful
STAND_IN = -7_777_777_777_000_000_000  # fits a bigint, and no id is near it


def rewriting(rows: models.QuerySet[Row], **changes: Any) -> UpdateQuery:
    """What `rows.update(**changes)` would ask."""
    query = cast("UpdateQuery", rows.query.chain(UpdateQuery))
    query.add_update_values(changes)
    query.clear_select_clause()
    return query


@dataclass(frozen=True, slots=True)
class _Written:
    """A compiler that has done its work, its SQL, and where in the parameters the ids go."""

    compiler: SQLCompiler
    sql: str
    params: tuple[Any, ...]
    places: tuple[tuple[int, str], ...]

    @classmethod
    def of(cls, query: Query, using: str, stand_ins: dict[int, str]) -> _Written:
        compiler = query.get_compiler(using)
        sql, params = compiler.as_sql()
        compiler.connection = cast("Any", None)  # each thread has its own
        places = {n: stand_ins[value] for n, value in enumerate(params) if _is_one(value, stand_ins)}
        rest = sql + repr([value for n, value in enumerate(params) if n not in places])
        if hidden := [name for number, name in stand_ins.items() if str(number) in rest]:
            raise LookupError(f"The query hides {', '.join(hidden)} where no other id can take its place.")
        return cls(compiler, sql, tuple(params), tuple(places.items()))

    def filled(self, using: str, ids: dict[str, int]) -> SQLCompiler:
        params = list(self.params)
        for place, name in self.places:
            params[place] = type(params[place])(ids[name])  # psycopg's own kinds of integer stay what they are
        ready: Any = copy(self.compiler)
        ready.connection, ready.as_sql = connections[using], lambda: (self.sql, tuple(params))
        return cast("SQLCompiler", ready)


def _is_one(value: Any, stand_ins: dict[int, str]) -> bool:
    return isinstance(value, int) and value in stand_ins


class Compiled(Generic[Row]):
    def __init__(self, model: type[Row], make: Callable[..., models.QuerySet[Row] | UpdateQuery]) -> None:
        self._model, self._make = model, make
        self._written: dict[Hashable, _Written | None] = {}

    def rows(self, *shape: Hashable, **ids: int) -> list[Row]:
        """The rows, with all that the queryset reads along, as it would give them itself."""
        using = router.db_for_read(self._model)
        ready = self._ready(using, shape, ids)
        if ready is None:
            return []
        query = SimpleNamespace(get_compiler=lambda using: ready)
        return list(ModelIterable(cast("Any", SimpleNamespace(db=using, query=query, _known_related_objects={}))))

    def first(self, *shape: Hashable, **ids: int) -> Row | None:
        return next(iter(self.rows(*shape, **ids)), None)

    def change(self, *shape: Hashable, **ids: int) -> int:
        """Make the change. How many rows it concerned."""
        using = router.db_for_write(self._model)
        ready = self._ready(using, shape, ids)
        with transaction.mark_for_rollback_on_error(using=using):
            return cast("Any", ready).execute_sql(ROW_COUNT) if ready else 0

    def _ready(self, using: str, shape: tuple[Hashable, ...], ids: dict[str, int]) -> SQLCompiler | None:
        """None for a query that can find nothing, such as what somebody who was deactivated may see."""
        try:
            written = self._written[shape]
        except KeyError:
            written = self._write(using, shape, ids)
            if len(self._written) < MOST:
                self._written[shape] = written
        return written.filled(using, ids) if written else None

    def _write(self, using: str, shape: tuple[Hashable, ...], ids: dict[str, int]) -> _Written | None:
        names = {STAND_IN - n: name for n, name in enumerate(ids)}
        made = self._make(*shape, **{name: number for number, name in names.items()})
        try:
            return _Written.of(made if isinstance(made, Query) else made.query, using, names)
        except EmptyResultSet:
            return None
