"""bin/run: everything, from nothing to a URL, until Ctrl-C."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from config.services import environment, instance, places, ports
from config.services.application import Address, Application, collect_static
from config.services.console import Console
from config.services.crew import Crew
from config.services.instance import Instance
from config.services.migrating import migrate
from config.services.servers import Servers
from config.services.trouble import Trouble

TURN = 0.2
USAGE = """bin/run starts Relaybox and keeps it running until Ctrl-C. Your data stays.

  PORT             the web server's port (8000)
  RELAYBOX_HOST    the address it listens on (127.0.0.1)
  RELAYBOX_DATA    the data folder (.relaybox in this checkout)
  RELAYBOX_DEMO    0: no demo, an empty Relaybox
  RELAYBOX_WORKERS worker processes (2)
  DATABASE_URL     a PostgreSQL of yours instead of our own
  REDIS_URL        a Redis or Valkey of yours instead of our own

docs/operations.md has the rest. Exit codes: 0 stopped as asked, 1 could not start,
2 a wrong argument, 3 already running on this data folder, 4 the port is taken.
"""


class Stop(Exception):
    """Somebody asked us to end."""


@dataclass(slots=True)
class Signals:
    """Ctrl-C, a closed terminal and SIGTERM end us in order; the second one ends us at once."""

    asked: int = 0
    crew: Crew | None = None

    def listen(self) -> None:
        for which in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(which, self.heard)

    def heard(self, _number: int, _frame: FrameType | None) -> None:
        self.asked += 1
        if self.asked == 1:
            raise Stop
        if self.asked == 2 and self.crew:
            self.crew.hurry()


def main(root: Path, args: list[str]) -> int:
    if args:
        print(USAGE)
        return 0 if args[0] in {"-h", "--help"} else 2
    console, signals = Console(), Signals()
    signals.listen()
    try:
        return start(root, console, signals)
    except Stop:
        return 0


def start(root: Path, console: Console, signals: Signals) -> int:
    address = Address.given()
    console.title("Relaybox")
    installed = environment.prepare(root, console, environment.PRODUCT)
    where = places.find(root, places.data_folder(root), console)
    holding = Instance(where.data, instance.RUN)
    holding.take()
    crew = Crew(console)
    signals.crew = crew
    servers = Servers(where, installed, crew, console)
    with ending(crew, holding, console):
        servers.clear_orphans()
        ports.require_free(address.port, address.host)
        servers.start()
        application = Application(where, installed, servers.urls, address)
        holding.announce(address.url, application.shared())
        migrate(application, servers.postgres, console)
        open_up(application, crew, console)
        welcome(application, crew, console)
        while True:
            crew.look_after()
            time.sleep(TURN)


def open_up(application: Application, crew: Crew, console: Console) -> None:
    """Start what a person waits for, and wait until it says that it is ready."""
    collect_static(application, console)
    console.step("Starting web and worker")
    for program in (application.web(), application.worker()):
        crew.start(program)
    crew.wait_until(application.is_ready, 90, f"Relaybox at {application.address.url}", ["web", "worker"])
    if not crew.hope(crew.all_started, 15):
        console.warn("The worker is not ready; is Redis reachable? The sweeper does its work meanwhile.")


def welcome(application: Application, crew: Crew, console: Console) -> None:
    """The URL first; then the demo, which on the first start comes in through the open door.

    Sweeper and scheduler find what was left behind. They come last, so that nobody waits for them.
    """
    console.step("Ready")
    console.title(f"\n  {application.address.url}\n")
    crew.start(application.sweeper())
    if os.environ.get("RELAYBOX_DEMO", "1") != "0":
        demo(application, crew, console)
    else:
        console.write("Without the demo: `bin/manage createsuperuser` makes an admin.")
    crew.start(application.scheduler())
    console.write(f"Data and logs: {application.places.data}. Ctrl-C stops everything.\n")


def demo(application: Application, crew: Crew, console: Console) -> None:
    """What goes wrong with it is said; Relaybox itself is fine and stays."""
    try:
        logins = application.manage("demo", "--if-empty", meanwhile=crew.look_after).strip()
    except Trouble as trouble:
        console.fail(str(trouble))
    else:
        console.write(f"{logins}\n" if logins else "")


@contextmanager
def ending(crew: Crew, holding: Instance, console: Console) -> Iterator[None]:
    """Whatever ends us, end what we started: first what writes, then what it writes to."""
    try:
        yield
    finally:
        if crew.members:
            console.step("Stopping")
        holding.withdraw()
        crew.stop([name for name in crew.members if name not in {"postgres", "valkey"}], patience=5.0)
        crew.stop(["valkey", "postgres"], patience=4.0)
        holding.release()
        console.step("Stopped")
