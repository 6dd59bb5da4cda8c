"""One Relaybox per data folder: a lock that ends with its holder, and a note of who that is."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO

from config.services import private
from config.services.processes import born
from config.services.trouble import AlreadyRunning

RUN, MANAGE = "bin/run", "bin/manage"


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds the data folder, and how to reach the services there."""

    role: str
    pid: int
    born: str
    url: str = ""
    services: Mapping[str, str] = field(default_factory=dict)

    @property
    def alive(self) -> bool:
        return bool(self.born) and born(self.pid) == self.born


@dataclass(slots=True)
class Instance:
    """The lock on one data folder."""

    data: Path
    role: str
    lock: IO[str] | None = None

    def try_to_take(self) -> bool:
        handle = (self.data / "lock").open("a")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            handle.close()
            return False
        self.lock = handle
        self.announce()
        return True

    def take(self, patience: float = 30.0) -> None:
        """Wait for a passing holder (a `bin/manage`, one that is just ending); refuse beside a `bin/run`."""
        deadline = time.monotonic() + patience
        while not self.try_to_take():
            holder = read(self.data)
            if (holder and holder.role == RUN) or time.monotonic() > deadline:
                raise AlreadyRunning(describe(self.data, holder))
            time.sleep(0.1)

    def announce(self, url: str = "", services: Mapping[str, str] | None = None) -> None:
        holder = Holder(self.role, os.getpid(), born(os.getpid()), url, dict(services or {}))
        unfinished = self.data / f"running.json.{os.getpid()}"
        private.write_private(unfinished, json.dumps(asdict(holder)))
        unfinished.replace(self.data / "running.json")

    def withdraw(self) -> None:
        """Nobody new may use the services from here on."""
        (self.data / "running.json").unlink(missing_ok=True)

    def release(self) -> None:
        self.withdraw()
        if self.lock:
            self.lock.close()
            self.lock = None


def read(data: Path) -> Holder | None:
    """The living holder, if it has said who it is."""
    try:
        holder = Holder(**json.loads((data / "running.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None
    return holder if holder.alive else None


def describe(data: Path, holder: Holder | None) -> str:
    if holder is None:
        return f"Another Relaybox is starting or stopping on {data}; try again in a moment."
    at = f" at {holder.url}" if holder.url else ""
    return (
        f"Relaybox already runs on {data}{at} ({holder.role}, process {holder.pid}). "
        "Stop it first, or give this one a data folder and a port of its own: "
        "RELAYBOX_DATA=… PORT=… bin/run"
    )


@contextmanager
def guest(data: Path) -> Iterator[Holder | None]:
    """Use the services of the holder; a `bin/manage` that owns them waits for its guests to leave."""
    with (data / "guests.lock").open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_SH)
        holder = read(data)
        yield holder if holder and holder.services else None


def wait_for_guests(data: Path) -> None:
    with (data / "guests.lock").open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
