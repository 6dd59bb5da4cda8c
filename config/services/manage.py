"""bin/manage: manage.py against the same services, whether or not bin/run is running."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from config.services import environment, instance, places
from config.services.application import Address, Application
from config.services.console import Console
from config.services.crew import Crew
from config.services.environment import Environment
from config.services.instance import Instance
from config.services.places import Places
from config.services.processes import die_with
from config.services.servers import Servers
from config.services.trouble import AlreadyRunning

PATIENCE = 120.0


def main(root: Path, args: list[str]) -> int:
    """stdout is the command's alone; what we have to say goes to stderr."""
    console = Console(out=sys.stderr, quiet=True)
    for which in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(which, end)
    installed = environment.prepare(root, Console(out=sys.stderr), environment.PRODUCT)
    where = places.find(root, places.data_folder(root), console)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        for way in (as_owner, as_guest):
            code = way(where, installed, args)
            if code is not None:
                return code
        time.sleep(0.1)
    raise AlreadyRunning(instance.describe(where.data, instance.read(where.data)))


def as_guest(where: Places, installed: Environment, args: list[str]) -> int | None:
    """With the services of whoever runs them now; None when nobody offers any."""
    with instance.guest(where.data) as holder:
        if holder is None:
            return None
        return command(Application(where, installed, holder.services, Address.given()), args)


def as_owner(where: Places, installed: Environment, args: list[str]) -> int | None:
    """With services started for this command alone; None when somebody else holds the data folder."""
    holding = Instance(where.data, instance.MANAGE)
    if not holding.try_to_take():
        return None
    crew = Crew(Console(out=sys.stderr, quiet=True))
    servers = Servers(where, installed, crew, crew.console)
    try:
        servers.clear_orphans()
        servers.start()
        application = Application(where, installed, servers.urls, Address.given())
        holding.announce(services=application.services)
        return command(application, args)
    finally:
        holding.withdraw()
        instance.wait_for_guests(where.data)
        servers.stop()
        holding.release()


def command(application: Application, args: list[str]) -> int:
    """In the foreground, with our terminal: a Ctrl-C is for the command, and its exit code is ours."""
    before = {which: signal.signal(which, signal.SIG_IGN) for which in (signal.SIGINT, signal.SIGQUIT)}
    try:
        process = subprocess.Popen(
            (str(application.environment.python), str(application.places.root / "manage.py"), *args),
            env=application.env(),
            preexec_fn=in_the_foreground(os.getpid()),
        )
        code = wait(process)
    finally:
        for which, handler in before.items():
            signal.signal(which, handler)
    return 128 - code if code < 0 else code


def in_the_foreground(parent: int) -> Callable[[], None]:
    """Undo for the child that we ignore the keyboard; ignored signals are inherited."""
    ask_the_kernel = die_with(parent, signal.SIGTERM)

    def prepare() -> None:
        for which in (signal.SIGINT, signal.SIGQUIT):
            signal.signal(which, signal.SIG_DFL)
        ask_the_kernel()

    return prepare


def wait(process: subprocess.Popen[bytes]) -> int:
    """Until it ends; when we are told to end, so is it, and the services wait for it."""
    try:
        return process.wait()
    except SystemExit:
        process.terminate()
        process.wait()
        raise


def end(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)
