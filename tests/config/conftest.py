"""A small checkout with the real supervisor and a tiny application, run as real processes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from config.services import environment, ports
from config.services.processes import all_pids, born, end_pids, supervised_for

ROOT = Path(__file__).resolve().parents[2]
READY = "Ctrl-C stops everything."


@dataclass
class Checkout:
    """`bin/run` and `bin/manage` of a checkout of its own."""

    root: Path
    port: int
    extra: dict[str, str] = field(default_factory=dict)
    runs: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def data(self) -> Path:
        return Path(self.extra.get("RELAYBOX_DATA", self.root / ".relaybox"))

    def env(self, **more: str) -> dict[str, str]:
        outside = {name: value for name, value in os.environ.items() if not foreign(name)}
        ours = {"RELAYBOX_VENV": str(self.root / "venv"), "RELAYBOX_PYTHON": sys.executable}
        return {**outside, **ours, "PORT": str(self.port), **self.extra, **more}

    def run(self, **more: str) -> subprocess.Popen[str]:
        """Started, not waited for. Its output is in `said`."""
        with self.output.open("w") as out:
            process = subprocess.Popen(
                [str(self.root / "bin" / "run")],
                env=self.env(**more), stdout=out, stderr=subprocess.STDOUT, text=True, start_new_session=True,
            )  # fmt: skip
        self.runs.append(process)
        return process

    @property
    def output(self) -> Path:
        return self.root / "said.txt"

    def said(self) -> str:
        return self.output.read_text()

    def ready(self, **more: str) -> subprocess.Popen[str]:
        process = self.run(**more)
        until(lambda: READY in self.said() or process.poll() is not None, 60)
        assert READY in self.said(), self.said()
        return process

    def manage(self, *args: str, **more: str) -> subprocess.CompletedProcess[str]:
        command = [str(self.root / "bin" / "manage"), *args]
        return subprocess.run(command, env=self.env(**more), capture_output=True, text=True, check=False)

    def pids(self) -> list[int]:
        """Everything that belongs to this checkout: by its mark, or by working in its folder."""
        return sorted({*supervised_for(self.data), *(pid for pid in all_pids() if inside(pid, self.root))})

    def pid_of(self, name: str) -> int:
        """The main process of one member."""
        parent = self.runs[-1].pid
        (pid,) = [pid for pid in children(parent) if name in command_line(pid)]
        return pid

    def state(self) -> dict[str, object]:
        return dict(json.loads((self.data / "running.json").read_text()))


def foreign(name: str) -> bool:
    return name in {"DATABASE_URL", "REDIS_URL", "PORT"} or name.startswith("RELAYBOX_")


def until(good: object, patience: float) -> float:
    """Wait until `good()`; how long it took."""
    began = time.monotonic()
    while not good():  # type: ignore[operator]
        assert time.monotonic() - began < patience, "it did not happen in time"
        time.sleep(0.02)
    return time.monotonic() - began


def children(parent: int) -> list[int]:
    return [pid for pid in all_pids() if parent_of(pid) == parent]


def parent_of(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


def inside(pid: int, folder: Path) -> bool:
    try:
        here = Path(f"/proc/{pid}/cwd").readlink()
    except OSError:
        return False
    return here.is_relative_to(folder) and bool(born(pid))


def lay_out(root: Path) -> None:
    shutil.copytree(Path(__file__).parent / "tiny", root, dirs_exist_ok=True)
    for folder in ("bin", "config/services"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    (root / "requirements.txt").write_text("# nothing: the environment is borrowed\n")
    borrow_environment(root)


def borrow_environment(root: Path) -> None:
    """The environment of this very test run under another path, stamped as up to date."""
    venv = root / "venv"
    venv.mkdir()
    for name in ("bin", "lib", "pyvenv.cfg"):
        (venv / name).symlink_to(Path(sys.prefix) / name)
    mark = environment.fingerprint(root / "requirements.txt")
    (venv / environment.STAMP).write_text(json.dumps({environment.PRODUCT: mark}))


@pytest.fixture
def checkout() -> Iterator[Checkout]:
    """In a folder that everybody may enter, as a checkout usually is."""
    root = Path(tempfile.mkdtemp(prefix="relaybox-checkout-")).resolve()
    root.chmod(0o755)
    lay_out(root)
    small = Checkout(root, ports.any_free())
    try:
        yield small
    finally:
        put_away(small)


def put_away(small: Checkout) -> None:
    for process in small.runs:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait()
    end_pids(small.pids(), signal.SIGKILL, 5.0)
    shutil.rmtree(small.root)
