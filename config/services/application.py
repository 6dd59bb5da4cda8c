"""The application as processes: their command lines and the environment they run in."""

from __future__ import annotations

import hashlib
import http.client
import os
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import IO
from urllib.parse import urlsplit

from config.services import private
from config.services.console import Console
from config.services.environment import Environment
from config.services.places import Places
from config.services.postgres import WHEEL
from config.services.processes import MARK, Program, die_with, end_group
from config.services.trouble import Trouble

# Compared with, never bound to.
EVERYWHERE = {"0.0.0.0", "::"}  # noqa: S104  # nosec B104
LOOPBACK = {"127.0.0.1", "::1", "localhost"}
QUEUES = "ingest,send,media,sweep"


@dataclass(frozen=True, slots=True)
class Address:
    """Where the web server listens, and the URL a person types."""

    host: str
    port: int

    @classmethod
    def given(cls) -> Address:
        port = os.environ.get("PORT") or "8000"
        if not port.isdigit() or not 0 < int(port) < 65536:
            raise Trouble(f"PORT is {port!r}; it has to be a number from 1 to 65535.")
        return cls(os.environ.get("RELAYBOX_HOST") or "127.0.0.1", int(port))

    @property
    def local(self) -> str:
        """Where this machine reaches it, also when it listens everywhere."""
        return "127.0.0.1" if self.host in EVERYWHERE else self.host

    @property
    def url(self) -> str:
        return os.environ.get("RELAYBOX_BASE_URL") or f"http://{self.local}:{self.port}"


@dataclass(frozen=True, slots=True)
class Application:
    places: Places
    environment: Environment
    services: Mapping[str, str]
    address: Address

    def env(self) -> dict[str, str]:
        """What config/settings.py reads, on top of what we were given."""
        tools = self.environment.packages / WHEEL.entry  # `manage.py dbshell` wants a psql
        path = [str(self.environment.folder / "bin"), os.environ.get("PATH", os.defpath), str(tools.parent)]
        made = {
            "RELAYBOX_SECRET_KEY": os.environ.get("RELAYBOX_SECRET_KEY")
            or private.secret(self.places.data, "secret-key"),
            "RELAYBOX_BASE_URL": self.address.url,
            "RELAYBOX_DATA": str(self.places.data),
            "RELAYBOX_ALLOW_PRIVATE": os.environ.get("RELAYBOX_ALLOW_PRIVATE", self.neighbours()),
            "PORT": str(self.address.port),
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "PYTHONUNBUFFERED": "1",
            "PATH": os.pathsep.join(path),
            **self.services,
        }
        return {**os.environ, **made}

    def neighbours(self) -> str:
        """Replies may go to apps on this machine as long as nobody else can reach us; the demo's own is one."""
        public = urlsplit(self.address.url).hostname not in LOOPBACK  # by a proxy in front of us
        return "" if public or self.address.host not in LOOPBACK else "127.0.0.0/8,::1/128"

    def shared(self) -> dict[str, str]:
        """What a `bin/manage` beside us needs to work on the same things under the same address."""
        return {**self.services, "RELAYBOX_BASE_URL": self.address.url, "PORT": str(self.address.port)}

    def programs(self) -> list[Program]:
        """All that run side by side."""
        return [self.web(), self.worker(), self.scheduler(), self.sweeper()]

    def web(self) -> Program:
        return self.program(
            "web", "-m", "uvicorn", "config.asgi:application",
            "--host", self.address.host, "--port", str(self.address.port),
            "--timeout-graceful-shutdown", "3", "--no-access-log", "--no-server-header", "--backlog", "4096",
            *self.side_by_side(),
        )  # fmt: skip

    def side_by_side(self) -> tuple[str, ...]:
        """One web process is enough for a small crew; each more can use another processor."""
        count = os.environ.get("RELAYBOX_WEB_PROCESSES") or "1"
        return ("--workers", count) if count != "1" else ()

    def worker(self) -> Program:
        count = os.environ.get("RELAYBOX_WORKERS") or "2"
        return self.program(
            "worker", *self.celery("worker"), "-Q", QUEUES, "--concurrency", count,
            "--without-gossip", "--without-mingle", "--without-heartbeat", ready_line=" ready.",
        )  # fmt: skip

    def scheduler(self) -> Program:
        schedule = self.places.data / "beat-schedule"
        return self.program("scheduler", *self.celery("beat"), "--schedule", str(schedule), "--pidfile=")

    def sweeper(self) -> Program:
        """Finishes what the broker forgot; needs neither Redis nor the scheduler."""
        return self.program("sweeper", "manage.py", "sweep")

    def celery(self, command: str) -> tuple[str, ...]:
        return "-m", "celery", "-A", "config", command, "--loglevel", "INFO"

    def program(self, name: str, *args: str, ready_line: str = "") -> Program:
        return Program(
            name=name,
            argv=(str(self.environment.python), *args),
            env={**self.env(), MARK: str(self.places.data)},
            cwd=self.places.root,
            log=self.places.log / f"{name}.log",
            ready_line=ready_line,
        )

    def manage(self, *args: str, meanwhile: Callable[[], None] = lambda: None) -> str:
        """Run one management command to its end, looking after the rest meanwhile; what it prints."""
        with TemporaryFile("w+") as out, TemporaryFile("w+") as err:
            process = subprocess.Popen(
                (str(self.environment.python), "manage.py", *args),
                cwd=self.places.root,
                env=self.env(),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
                preexec_fn=die_with(os.getpid()),
            )
            try:
                finish(process, meanwhile)
            finally:
                end_group(process.pid)
                said, complained = everything(out), everything(err)
                self.write_down(args, said + complained)
        if process.returncode:
            raise Trouble(f"manage.py {' '.join(args)} failed:\n{complained.strip() or said.strip()}")
        return said

    def write_down(self, args: tuple[str, ...], text: str) -> None:
        with (self.places.log / "manage.log").open("a") as log:
            log.write(f"$ manage.py {' '.join(args)}\n{text}")

    def is_ready(self) -> bool:
        """What /readyz says: database, broker and lag are fine."""
        return self.status("/readyz") == 200

    def status(self, path: str) -> int:
        line = http.client.HTTPConnection(self.address.local, self.address.port, timeout=5)
        try:
            line.request("GET", path)
            return line.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            line.close()


def collect_static(application: Application, console: Console) -> None:
    """Only when a file under static/, the application's or a library's, has changed."""
    stamp = application.places.data / "static-collected"
    mark = static_fingerprint(application)
    if stamp.exists() and stamp.read_text() == mark:
        return
    console.step("Collecting style sheets and scripts")
    application.manage("collectstatic", "--noinput", "--verbosity", "0")
    stamp.write_text(mark)


def static_fingerprint(application: Application) -> str:
    files = sorted(path for path in application.places.root.glob("static/**/*") if path.is_file())
    rows = [f"{path}{path.stat().st_mtime_ns}{path.stat().st_size}" for path in files]
    lock = application.places.root / "requirements.txt"
    return hashlib.sha256("".join(rows).encode() + lock.read_bytes()).hexdigest()


def finish(process: subprocess.Popen[bytes], meanwhile: Callable[[], None]) -> None:
    while process.poll() is None:
        meanwhile()
        time.sleep(0.05)


def everything(file: IO[str]) -> str:
    file.seek(0)
    return file.read()
