"""The processes that make up a running Relaybox: started in order, watched, brought back, ended in order."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from config.services.console import Console
from config.services.logs import LOUD, SERVERS_LOUD, Tail, keep_small, last_lines
from config.services.processes import Program, end_group, send, spawn, stop_all
from config.services.trouble import Trouble

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
STEADY = 30.0  # seconds after which earlier deaths are forgiven
LOOK_AT_SIZES = 30.0


@dataclass(slots=True)
class Member:
    program: Program
    process: subprocess.Popen[bytes]
    tail: Tail
    since: float = field(default_factory=time.monotonic)
    deaths: int = 0
    back_at: float = 0.0

    @property
    def alive(self) -> bool:
        return self.process.poll() is None


@dataclass(slots=True)
class Crew:
    console: Console
    members: dict[str, Member] = field(default_factory=dict)
    leaving: list[Member] = field(default_factory=list)
    sizes_seen: float = field(default_factory=time.monotonic)

    def adopt(self, program: Program, process: subprocess.Popen[bytes], *, server: bool = True) -> None:
        """Watch a process that is already running."""
        tail = Tail(program.log, SERVERS_LOUD if server else LOUD)
        self.members[program.name] = Member(program, process, tail)

    def start(self, program: Program) -> None:
        tail = Tail(program.log)
        self.members[program.name] = Member(program, spawn(program), tail)

    def look_after(self) -> None:
        """Once: pass on what the logs warn of, bring back who died."""
        for name, member in self.members.items():
            for line in member.tail.loud_lines():
                self.console.warn(f"{name:9} │ {line}")
            if not member.alive:
                self.bring_back(name, member)
        if time.monotonic() - self.sizes_seen > LOOK_AT_SIZES:
            self.sizes_seen = time.monotonic()
            for member in self.members.values():
                keep_small(member.program.log)

    def bring_back(self, name: str, member: Member) -> None:
        """First notice the death and set the pause, then start again when the pause is over."""
        now = time.monotonic()
        if not member.back_at:
            end_group(member.process.pid)
            member.deaths = 1 if now - member.since > STEADY else member.deaths + 1
            pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (member.deaths - 1))
            member.back_at = now + pause
            how = how_it_ended(member.process.returncode)
            self.console.warn(f"{name} {how}; it comes back in {pause:g} s (log: {member.program.log})")
        elif now >= member.back_at:
            member.back_at, member.since = 0.0, now
            member.process = spawn(member.program)
            self.console.step(f"{name} was started again")

    def wait_until(self, good: Callable[[], bool], patience: float, what: str, names: Iterable[str]) -> None:
        """Wait for a sign of readiness; the death of one who is needed for it ends the wait."""
        deadline = time.monotonic() + patience
        while not good():
            for name in names:
                self.require_alive(name, what)
            if time.monotonic() > deadline:
                raise Trouble(f"{what} is not ready after {patience:g} s.\n{self.last_words(names)}")
            time.sleep(0.05)

    def hope(self, good: Callable[[], bool], patience: float) -> bool:
        """Wait for something that is not needed; whether it came."""
        deadline = time.monotonic() + patience
        while not good() and time.monotonic() < deadline:
            self.look_after()
            time.sleep(0.05)
        return good()

    def all_started(self) -> bool:
        """Everybody whose log tells has told that it has started."""
        waiting = [member for member in self.members.values() if member.program.ready_line]
        return all(member.tail.has_said(member.program.ready_line) for member in waiting)

    def require_alive(self, name: str, what: str) -> None:
        member = self.members[name]
        if not member.alive:
            how = how_it_ended(member.process.returncode)
            raise Trouble(f"{what} cannot start: {name} {how}.\n{self.last_words([name])}")

    def last_words(self, names: Iterable[str]) -> str:
        return "\n".join(f"  {name} │ {line}" for name in names for line in last_lines(self.members[name].program.log))

    def stop(self, names: Iterable[str], patience: float) -> None:
        """End these together; whoever does not end in time is made to."""
        self.leaving = [self.members.pop(name) for name in list(names) if name in self.members]
        late = stop_all([(member.program, member.process) for member in self.leaving], patience)
        if late:
            self.console.warn(f"{', '.join(late)} did not end within {patience:g} s and had to be killed")

    def hurry(self) -> None:
        """The second Ctrl-C: no more patience with anybody."""
        for member in (*self.leaving, *self.members.values()):
            send(member.process, member.program.kill_signal)


def how_it_ended(code: int | None) -> str:
    if code is not None and code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with code {code}"
