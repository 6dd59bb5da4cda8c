"""Migrations, left out when our own database says that nothing happened since the last start.

Asking Django costs seconds of every start. The note in the data folder holds the fingerprint of all
migrations and libraries, and what the table of applied migrations looked like after them.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from config.services.application import Application
from config.services.console import Console
from config.services.postgres import Postgres
from config.services.trouble import Trouble

NOTE = "migrated.json"
APPLIED = "select count(*) || ' to ' || coalesce(max(id), 0) from django_migrations"


def migrate(application: Application, postgres: Postgres | None, console: Console) -> None:
    """A database that is not our own is always asked."""
    note = application.places.data / NOTE
    wanted = fingerprint(application.places.root)
    if postgres and read(note) == {"files": wanted, "applied": applied(postgres)}:
        return
    console.step("Bringing the database up to date")
    application.manage("migrate", "--noinput", "--verbosity", "1")
    if postgres:
        note.write_text(json.dumps({"files": wanted, "applied": applied(postgres)}))


def fingerprint(root: Path) -> str:
    """Changes with any migration of ours and with any library."""
    files = [*sorted(root.glob("*/migrations/*.py")), root / "requirements.txt"]
    rows = [f"{path.relative_to(root)} {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in files]
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()


def applied(postgres: Postgres) -> str:
    """Differs after any migration forwards or backwards, and in another database; "" before the first."""
    try:
        return postgres.ask(APPLIED)
    except Trouble:
        return ""


def read(note: Path) -> dict[str, str]:
    try:
        return dict(json.loads(note.read_text()))
    except (OSError, ValueError):
        return {}
