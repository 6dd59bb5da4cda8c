"""Starting, recognising and ending operating-system processes.

Children are started by the main thread of the supervisor and ask the kernel to be ended when it
dies (PR_SET_PDEATHSIG; Celery does the same for its pool), so that even `kill -9` of the supervisor
leaves nothing behind.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

PR_SET_PDEATHSIG = 1
MARK = "RELAYBOX_SUPERVISED"
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class ServiceUser:
    """Whom PostgreSQL and Valkey run as when Relaybox itself was started by root."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Program:
    """One process to keep running: what, as whom, and how it is asked to end."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: Path
    log: Path
    user: ServiceUser | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    kill_signal: signal.Signals = signal.SIGKILL
    before: Callable[[], None] | None = None
    ready_line: str = ""  # what its log says when it has started; "" when nothing does


def spawn(program: Program) -> subprocess.Popen[bytes]:
    """Start it in a session of its own (a Ctrl-C of the terminal is for the supervisor alone)."""
    if program.before:
        program.before()
    program.log.parent.mkdir(parents=True, exist_ok=True)
    with program.log.open("ab") as log:
        return subprocess.Popen(
            program.argv,
            env=dict(program.env),
            cwd=program.cwd,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with(os.getpid(), program.kill_signal),
            **as_user(program.user),
        )


class Identity(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


def as_user(user: ServiceUser | None) -> Identity:
    """For Popen; nothing at all when the process stays who we are."""
    return {"user": user.uid, "group": user.gid, "extra_groups": []} if user else {}


def die_with(parent: int, death_signal: signal.Signals = signal.SIGKILL) -> Callable[[], None]:
    """A hook for the child. It runs after the change of user, which would clear the setting again."""

    def ask_the_kernel() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != parent:  # it died while we were being forked
            os._exit(1)

    return ask_the_kernel


def stop_all(running: Iterable[tuple[Program, subprocess.Popen[bytes]]], patience: float) -> list[str]:
    """Ask all of them to end, end those that do not; returns the names of the unwilling."""
    running = list(running)
    for program, process in running:
        send(process, program.stop_signal)
    wait_all([process for _, process in running], patience)
    late = [(program, process) for program, process in running if process.poll() is None]
    for program, process in late:
        send(process, program.kill_signal)
    wait_all([process for _, process in late], 3.0)
    for _, process in running:
        end_group(process.pid)
    return [program.name for program, _ in late]


def wait_all(processes: Iterable[subprocess.Popen[bytes]], patience: float) -> None:
    deadline = time.monotonic() + patience
    for process in processes:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            continue


def send(process: subprocess.Popen[bytes], which: signal.Signals) -> None:
    if process.poll() is None:
        process.send_signal(which)


def end_group(leader: int) -> None:
    """Kill whatever a dead child left in its process group."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def born(pid: int) -> str:
    """When the process began, in clock ticks since boot; "" when there is none. Tells a reused pid."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] == "Z" else fields[19]


def all_pids() -> Iterator[int]:
    return (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())


def working_in(folder: Path, executable: str) -> list[int]:
    """Processes of that program with that working directory: for PostgreSQL, its data folder."""
    return [pid for pid in all_pids() if _link(pid, "cwd") == str(folder) and is_named(pid, executable)]


def is_named(pid: int, executable: str) -> bool:
    return Path(_link(pid, "exe").removesuffix(" (deleted)")).name == executable


def supervised_for(data: Path) -> list[int]:
    """Processes that some supervisor of this data folder started, and that outlived it."""
    wanted = f"{MARK}={data}".encode()
    return [pid for pid in all_pids() if pid != os.getpid() and wanted in _environment(pid)]


def end_pids(pids: Iterable[int], which: signal.Signals, patience: float) -> bool:
    """Signal processes that are not our children; True when all are gone in time."""
    known = {pid: born(pid) for pid in pids}
    for pid in known:
        try:
            os.kill(pid, which)
        except ProcessLookupError:
            continue
    deadline = time.monotonic() + patience
    while any(started and born(pid) == started for pid, started in known.items()):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _link(pid: int, name: str) -> str:
    try:
        return str(Path(f"/proc/{pid}/{name}").readlink())
    except OSError:
        return ""


def _environment(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return []
