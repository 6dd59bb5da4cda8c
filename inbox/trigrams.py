"""The indexes that find half words. They need the extension pg_trgm, which a given database may not let us have."""

from __future__ import annotations

from typing import Any

from django.db import DatabaseError, transaction

# name: table, what is searched, which rows
SEARCHED = {
    "message_words": ("inbox_message", "text", "deleted_at IS NULL"),
    "note_words": ("inbox_activity", "text", "verb = 'noted'"),
    "contact_words": ("inbox_contact", "name", "name <> ''"),
    "identity_handle_words": ("inbox_identity", "handle", "handle <> ''"),
    "identity_name_words": ("inbox_identity", "name", "name <> ''"),
}

THERE = "EXISTS (SELECT 1 FROM pg_class WHERE relname = 'message_words_parts')"


def allow(connection: Any) -> bool:
    """Whether the extension is there, after trying to get it."""
    try:
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except DatabaseError:
        return False
    return True


def make(connection: Any) -> None:
    with connection.cursor() as cursor:
        for name, (table, column, rows) in SEARCHED.items():
            cursor.execute(
                f"CREATE INDEX IF NOT EXISTS {name}_parts ON {table} USING gin ({column} gin_trgm_ops) WHERE {rows}"
            )
