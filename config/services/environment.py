"""The Python environment: made from the locked requirements when it is missing or out of date."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from config.services.console import Console
from config.services.trouble import Trouble

PRODUCT, TESTS, BENCH = "requirements.txt", "requirements-dev.txt", "requirements-bench.txt"
# Wheels only: a machine with nothing but Python has no compiler. Some rivals in bench/ come as sources alone.
WHEELS = ("--require-hashes", "--only-binary=:all:")
CAREFUL = {BENCH: ("--require-hashes",)}
STAMP, UNDER_WAY = "relaybox-installed.json", "relaybox-installing"


@dataclass(frozen=True, slots=True)
class Environment:
    root: Path
    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def packages(self) -> Path:
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        return self.folder / "lib" / version / "site-packages"

    def tool(self, name: str) -> Path:
        return self.folder / "bin" / name


def prepare(root: Path, console: Console, *locks: str) -> Environment:
    """The environment with these locks installed. Two starts at once: the second waits for the first."""
    environment = Environment(root, Path(os.environ.get("RELAYBOX_VENV") or root / ".venv").absolute())
    environment.folder.mkdir(parents=True, exist_ok=True)
    wanted = {name: fingerprint(root / name) for name in locks}
    if not is_current(environment, wanted):
        with (environment.folder / "relaybox.lock").open("a") as lock:
            take(lock.fileno(), console)
            if not is_current(environment, wanted):
                make(environment, console, wanted)
    return environment


def take(handle: int, console: Console) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        console.step("Waiting for another start that is installing libraries")
        fcntl.flock(handle, fcntl.LOCK_EX)


def fingerprint(lock: Path) -> str:
    """Changes with the locked versions, with Python and with the machine."""
    text = lock.read_bytes() + f"{sys.version_info[:2]}{sysconfig.get_platform()}".encode()
    return hashlib.sha256(text).hexdigest()


def installed(environment: Environment) -> dict[str, str]:
    try:
        return dict(json.loads((environment.folder / STAMP).read_text()))
    except (OSError, ValueError):
        return {}


def is_current(environment: Environment, wanted: dict[str, str]) -> bool:
    have = installed(environment)
    return all(have.get(name) == mark for name, mark in wanted.items()) and environment.python.exists()


def make(environment: Environment, console: Console, wanted: dict[str, str]) -> None:
    """Install what is missing; an interrupted installation is begun again from nothing."""
    under_way = environment.folder / UNDER_WAY
    have = {} if under_way.exists() else installed(environment)
    if not have or not environment.python.exists():
        shutil.rmtree(environment.folder / "lib", ignore_errors=True)
        shutil.rmtree(environment.folder / "bin", ignore_errors=True)
    under_way.touch()
    (environment.folder / STAMP).unlink(missing_ok=True)
    installer = find_installer(environment, console)
    for name in wanted:
        console.step(f"Installing libraries from {name}")
        run([*installer, *CAREFUL.get(name, WHEELS), "-r", str(environment.root / name)], console)
    (environment.folder / STAMP).write_text(json.dumps({**have, **wanted}))
    under_way.unlink()
    console.step("Libraries are installed")


def find_installer(environment: Environment, console: Console) -> list[str]:
    """Make the bare environment by whatever this machine has, and say how to install into it.
    In this order: uv, Python's own venv, and (a bare Debian has neither) a uv of our own fetched by pip.
    """
    uv = shutil.which("uv")
    if uv and works([uv, "--version"]):
        return with_uv(uv, environment, console)
    if works([sys.executable, "-c", "import ensurepip, venv"]):
        console.step(f"Making an environment in {environment.folder}")
        run([sys.executable, "-m", "venv", str(environment.folder)], console)
        return [str(environment.python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    return with_uv(fetch_uv(environment, console), environment, console)


def with_uv(uv: str, environment: Environment, console: Console) -> list[str]:
    console.step(f"Making an environment in {environment.folder} with uv")
    run(
        [uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, str(environment.folder)],
        console,
    )
    return [uv, "pip", "install", "--quiet", "--python", str(environment.python)]


def fetch_uv(environment: Environment, console: Console) -> str:
    """Into a folder of its own: the system's Python stays as it is."""
    folder = environment.folder / "installer"
    if not works([str(folder / "bin" / "uv"), "--version"]):
        if not works([sys.executable, "-m", "pip", "--version"]):
            raise Trouble("This Python has neither venv nor pip, and there is no uv. Install one, e.g. python3-venv.")
        console.step("This Python cannot make environments: fetching uv")
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        run([*pip, "--upgrade", "--target", str(folder), "uv"], console)
    return str(folder / "bin" / "uv")


def works(command: Sequence[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def run(command: Sequence[str], console: Console, cwd: Path | None = None) -> None:
    """What an installer says goes where our own steps go; stdout may belong to the caller."""
    done = subprocess.run(command, stdout=console.out, stderr=subprocess.STDOUT, cwd=cwd, check=False)
    if done.returncode:
        raise Trouble(f"{Path(command[0]).name} failed with code {done.returncode}: {' '.join(command)}")
