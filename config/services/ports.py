"""Ports on the loopback address: free ones, remembered ones, and who holds a taken one."""

from __future__ import annotations

import json
import socket
from pathlib import Path

from config.services.processes import all_pids
from config.services.trouble import PortTaken

LOOPBACK = "127.0.0.1"
LISTENING = "0A"


def is_free(port: int, host: str = LOOPBACK) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen()
        except OSError:
            return False
    return True


def any_free() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def remembered(folder: Path, name: str) -> int:
    """The port used last time when it is still free, else another; kept for the next start."""
    path = folder / "ports.json"
    known = read(path)
    if name not in known or not is_free(known[name]):
        known[name] = any_free()
        unfinished = path.with_suffix(".new")
        unfinished.write_text(json.dumps(known))
        unfinished.replace(path)
    return known[name]


def read(path: Path) -> dict[str, int]:
    try:
        return {str(name): int(port) for name, port in json.loads(path.read_text()).items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def require_free(port: int, host: str) -> None:
    if not is_free(port, host):
        raise PortTaken(f"Port {port} is already in use{by_whom(port)}. Choose another one: PORT={port + 1} bin/run")


def by_whom(port: int) -> str:
    """ " by NAME (process N)" when the system tells us, else ""."""
    for pid in holders(port):
        name = Path(f"/proc/{pid}/comm").read_text().strip()
        return f" by {name} (process {pid})"
    return ""


def holders(port: int) -> list[int]:
    wanted = {f"socket:[{inode}]" for inode in listening_inodes(port)}
    return [pid for pid in all_pids() if wanted & set(open_files(pid))] if wanted else []


def listening_inodes(port: int) -> set[str]:
    rows = [line.split() for name in ("tcp", "tcp6") for line in lines(Path(f"/proc/net/{name}"))[1:]]
    return {row[9] for row in rows if row[3] == LISTENING and row[1].endswith(f":{port:04X}")}


def lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError:
        return []


def open_files(pid: int) -> list[str]:
    try:
        return [link(entry) for entry in Path(f"/proc/{pid}/fd").iterdir()]
    except OSError:
        return []


def link(entry: Path) -> str:
    try:
        return str(entry.readlink())
    except OSError:  # closed since we listed it
        return ""
