"""Make the indexes for half words once the database allows them; see docs/operations.md."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from inbox import trigrams


class Command(BaseCommand):
    help = "Makes the search find half words, where the database allows the extension pg_trgm."

    def handle(self, *args: Any, **options: Any) -> None:
        if not trigrams.allow(connection):
            raise CommandError("This database does not allow pg_trgm. Ask its administrator: CREATE EXTENSION pg_trgm;")
        trigrams.make(connection)
        self.stdout.write("Half words are found.")
