"""How the database is asked to work for us."""

from __future__ import annotations

from django.db import connection


def test_no_statement_is_compiled_before_it_is_run(db: None):
    """What a page asks is over in milliseconds; PostgreSQL's compiler takes hundreds for some of it."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW jit")
        assert cursor.fetchone() == ("off",)
