"""Many new rows of one table, by COPY. It is what `bulk_create` would do, at a fraction of the cost: there is no
statement of thousands of values for Django and psycopg to build and for PostgreSQL to parse.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection, models, transaction
from django.db.models.expressions import DatabaseDefault

NUMBERS = "SELECT nextval(name) FROM pg_get_serial_sequence(%s, %s) AS name, generate_series(1, %s)"


def insert_numbered(rows: Sequence[models.Model]) -> None:
    """Insert rows that others will name: they get their primary keys first."""
    if not rows:
        return
    meta = rows[0]._meta
    with connection.cursor() as cursor:
        cursor.execute(NUMBERS, [meta.db_table, meta.pk.column, len(rows)])
        for row, (key,) in zip(rows, cursor.fetchall(), strict=True):
            row.pk = key
    insert(rows)


def insert(rows: Sequence[models.Model]) -> None:
    """Insert rows of one model. Raises IntegrityError and DataError as a statement would."""
    if not rows:
        return
    fields = _given(rows)
    database = transaction.get_connection()  # itself: `django.db.connection` looks it up anew for every value
    quoted = database.ops.quote_name
    columns = ", ".join(quoted(field.column) for field in fields)
    statement = f"COPY {quoted(rows[0]._meta.db_table)} ({columns}) FROM STDIN"
    with database.cursor() as cursor, database.wrap_database_errors, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row([field.get_db_prep_save(field.pre_save(row, add=True), database) for field in fields])
    for row in rows:
        row._state.adding, row._state.db = False, database.alias


def _given(rows: Sequence[models.Model]) -> list[models.Field[Any, Any]]:
    """The columns that these rows fill; the database fills the others, and they must be the same for all."""
    return [field for field in rows[0]._meta.concrete_fields if not _is_left_out(rows, field)]


def _is_left_out(rows: Sequence[models.Model], field: models.Field[Any, Any]) -> bool:
    if not field.primary_key and not field.has_db_default():
        return False
    left_out = {isinstance(value := getattr(row, field.attname), DatabaseDefault) or value is None for row in rows}
    if len(left_out) > 1:
        raise ValueError(f"{field}: some rows have a value, others leave it to the database")
    return left_out.pop()
