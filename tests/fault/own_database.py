"""A PostgreSQL of a test's own, to be crashed, with a door before it. Redis is away the whole time."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString

import psycopg

from config.services import places
from config.services.console import Console
from config.services.postgres import Postgres
from tests import world as small_world
from tests.fault.machinery import ROOT, Machinery, machinery


@dataclass
class Elsewhere(Machinery):
    """The same processes, before another database."""

    database: str = ""

    def _env(self) -> dict[str, str]:
        return {**super()._env(), "DATABASE_URL": self.database}

    def manage(self, *argv: str) -> str:
        command = [sys.executable, "manage.py", *argv]
        return subprocess.run(command, cwd=ROOT, env=self._env(), check=True, stdout=subprocess.PIPE, text=True).stdout


@dataclass
class Ground:
    """The database's server and what is asked of it."""

    server: Postgres
    machines: Elsewhere
    key: str = ""

    def crash(self) -> None:
        """As `pg_ctl stop -m immediate`: no checkpoint, no word to anybody, recovery at the next start."""
        assert self.server.process is not None
        self.server.process.send_signal(signal.SIGQUIT)
        self.server.process.wait(30)
        self.server.start()

    def rows(self, statement: LiteralString) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.server.url) as connection:
            return connection.execute(statement).fetchall()

    def stored(self) -> dict[str, bytes]:
        return {key: bytes(body) for key, body in self.rows("SELECT delivery_key, body FROM inbox_event")}


@contextmanager
def ground(log: Path, disk: Callable[[Path], AbstractContextManager[None]] = nullcontext) -> Iterator[Ground]:
    """A migrated database with one connection, and a web process before it. `disk` is what its folder lies on."""
    data = Path(tempfile.mkdtemp(prefix="relaybox-ground-")).resolve()
    data.chmod(0o711)
    where = places.find(ROOT, data, Console(out=sys.stderr))
    # A process that dies needs no fsync; the door itself asks for commits that wait for the log.
    server = Postgres(where, Path(psycopg.__file__).parent.parent, durable=False)
    lies_on = ExitStack()
    try:
        lies_on.enter_context(disk(where.home))
        server.start()
        with machinery(log) as plain:
            machines = Elsewhere(log, alive=plain.alive, database=server.url)
            machines.manage("migrate", "--noinput", "--verbosity", "0")
            add = (
                "connection",
                "add",
                "--kind",
                "generic",
                "--name",
                "Books",
                "--secret",
                small_world.SECRET,
                "--json",
            )
            made = Ground(server, machines, key=json.loads(machines.manage(*add))["key"])
            machines.web()
            yield made
    finally:
        if server.process is not None and server.process.poll() is None:
            server.process.send_signal(signal.SIGQUIT)
            server.process.wait(30)
        lies_on.close()
        for folder in {data, where.home}:
            shutil.rmtree(folder, ignore_errors=True)
