"""Services for one run of the tests or the benchmarks, and nothing of them left afterwards."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.services import places, ports
from config.services.application import Address, Application
from config.services.console import Console
from config.services.crew import Crew
from config.services.environment import Environment
from config.services.instance import Instance
from config.services.servers import Servers

PREFIX = "relaybox-passing-"


@contextmanager
def services(installed: Environment, console: Console, role: str, *, durable: bool) -> Iterator[Application]:
    """PostgreSQL and Valkey in a folder that is removed at the end, unless URLs name others."""
    clear_leftovers()
    data = Path(tempfile.mkdtemp(prefix=PREFIX)).resolve()
    data.chmod(0o711)
    where = places.find(installed.root, data, console)
    holding = Instance(where.data, role)
    holding.take()
    servers = Servers(where, installed, Crew(console), console, durable)
    try:
        servers.start()
        yield Application(where, installed, servers.urls, Address("127.0.0.1", ports.any_free()))
    finally:
        servers.stop()
        holding.release()
        remove(data)


def clear_leftovers() -> None:
    """Folders of runs that were killed: nobody holds their locks any more."""
    for data in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        if data.stat().st_uid == os.geteuid() and (data / "lock").exists():
            left = Instance(data, "cleaning")
            if left.try_to_take():
                left.release()
                remove(data)


def remove(data: Path) -> None:
    pointer = data / places.POINTER
    if pointer.exists():
        shutil.rmtree(pointer.read_text().strip(), ignore_errors=True)
    shutil.rmtree(data, ignore_errors=True)
