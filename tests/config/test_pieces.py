"""The small pieces of the supervisor, each by itself."""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from config.services import instance, logs, ports, private, processes, testing
from config.services.application import Address, Application
from config.services.console import Console
from config.services.crew import LONGEST_PAUSE, Crew, Member, how_it_ended
from config.services.environment import Environment
from config.services.instance import Instance
from config.services.logs import SERVERS_LOUD, Tail
from config.services.places import Places
from config.services.processes import Program
from config.services.trouble import AlreadyRunning, PortTaken, Trouble
from tests.config.conftest import until


def program(tmp_path: Path, *argv: str, name: str = "child") -> Program:
    return Program(name, argv, {"PATH": os.defpath}, tmp_path, tmp_path / f"{name}.log")


def test_steps_have_seconds_and_no_colour_outside_a_terminal() -> None:
    out = io.StringIO()
    console = Console(out=out)
    console.step("One")
    console.warn("Two")
    console.title("Three")
    assert out.getvalue() == "   0.0 s  One\n   0.0 s  Two\nThree\n"


def test_a_quiet_console_still_lets_trouble_through() -> None:
    out = io.StringIO()
    console = Console(out=out, quiet=True)
    console.step("One")
    console.warn("Two")
    assert out.getvalue() == "   0.0 s  Two\n"


def test_a_terminal_that_went_away_stops_nothing() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    out = os.fdopen(writing, "w")
    console = Console(out=out)
    console.step("Nobody hears this")
    assert console.quiet
    with pytest.raises(BrokenPipeError):
        out.close()


def add(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("2026-01-01 10:00:00,1 INFO inbox Stored\n", []),
        ("2026-01-01 10:00:00,1 WARNING inbox Slow\nINFO next\n", ["2026-01-01 10:00:00,1 WARNING inbox Slow"]),
        ('Traceback (most recent call last):\n  File "a"\n    b\nValueError: c\nand on\n', ["ValueError: c"]),
        ('{"level": "error", "event": "x"}\n', ['{"level": "error", "event": "x"}']),
        ("ERROR without its line break", []),
    ],
)  # fmt: skip
def test_what_of_a_log_is_passed_on(tmp_path: Path, text: str, heard: list[str]) -> None:
    path = tmp_path / "web.log"
    add(path, "ERROR from an earlier start\n")
    tail = Tail(path)
    add(path, text)
    assert tail.loud_lines() == heard
    assert tail.loud_lines() == []


def test_a_line_is_passed_on_when_it_is_whole(tmp_path: Path) -> None:
    tail = Tail(tmp_path / "web.log")
    add(tail.path, "ERROR in two")
    assert tail.loud_lines() == []
    add(tail.path, " pieces\n")
    assert tail.loud_lines() == ["ERROR in two pieces"]


def test_of_the_servers_only_what_endangers_them_is_passed_on(tmp_path: Path) -> None:
    tail = Tail(tmp_path / "postgres.log", SERVERS_LOUD)
    add(tail.path, "ERROR:  duplicate key value\nPANIC:  could not write to file\n")
    assert tail.loud_lines() == ["PANIC:  could not write to file"]


def test_a_large_log_is_put_aside_while_its_writer_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "LARGE", 10)
    path = tmp_path / "web.log"
    with path.open("a") as writer:
        print("more than ten letters", file=writer, flush=True)
        tail = Tail(path)
        print("ERROR afterwards", file=writer, flush=True)
        assert tail.loud_lines() == ["ERROR afterwards"]
    assert (tmp_path / "web.1.log").read_text() == "more than ten letters\n"
    assert path.read_text() == "ERROR afterwards\n"


def test_what_was_said_before_we_listened_does_not_count(tmp_path: Path) -> None:
    add(tmp_path / "worker.log", "celery@here ready.\n")
    tail = Tail(tmp_path / "worker.log")
    assert not tail.has_said(" ready.")
    add(tail.path, "celery@here ready.\n")
    assert tail.has_said(" ready.")


def test_a_secret_is_made_once_and_private(tmp_path: Path) -> None:
    first = private.secret(tmp_path, "key")
    assert len(first) == 64
    assert private.secret(tmp_path, "key") == first
    assert private.secret(tmp_path, "other") != first
    assert stat.S_IMODE((tmp_path / "secrets" / "key").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700
    assert sorted(path.name for path in (tmp_path / "secrets").iterdir()) == ["key", "other"]


def test_a_port_is_remembered_until_somebody_takes_it(tmp_path: Path) -> None:
    first = ports.remembered(tmp_path, "postgres")
    assert ports.remembered(tmp_path, "postgres") == first
    with socket.create_server((ports.LOOPBACK, first)):
        second = ports.remembered(tmp_path, "postgres")
        assert second != first
    assert json.loads((tmp_path / "ports.json").read_text()) == {"postgres": second}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"postgres": "x"}'])
def test_a_damaged_memory_of_ports_is_forgotten(tmp_path: Path, text: str) -> None:
    (tmp_path / "ports.json").write_text(text)
    assert ports.is_free(ports.remembered(tmp_path, "postgres"))


def test_a_taken_port_says_who_has_it() -> None:
    with socket.create_server((ports.LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        assert ports.holders(port) == [os.getpid()]
        with pytest.raises(PortTaken, match=rf"Port {port} is already in use by .* \(process {os.getpid()}\)"):
            ports.require_free(port, ports.LOOPBACK)
    ports.require_free(port, ports.LOOPBACK)


@pytest.mark.parametrize("given", ["x", "0", "65536", "-1", "80 "])
def test_a_port_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("PORT", given)
    with pytest.raises(Trouble, match="has to be a number"):
        Address.given()


def test_a_server_that_listens_everywhere_is_reached_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "81")
    monkeypatch.setenv("RELAYBOX_HOST", "0.0.0.0")
    monkeypatch.delenv("RELAYBOX_BASE_URL", raising=False)
    assert Address.given() == Address("0.0.0.0", 81)
    assert Address.given().url == "http://127.0.0.1:81"
    monkeypatch.setenv("RELAYBOX_BASE_URL", "https://inbox.example")
    assert Address.given().url == "https://inbox.example"


@pytest.mark.parametrize(
    ("host", "url", "allowed"),
    [
        ("127.0.0.1", None, "127.0.0.0/8,::1/128"),
        ("127.0.0.1", "https://inbox.example", ""),
        ("0.0.0.0", None, ""),
    ],
)
def test_replies_go_to_this_machine_only_while_nobody_else_reaches_us(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str, url: str | None, allowed: str
) -> None:
    for name in ("RELAYBOX_BASE_URL", "RELAYBOX_ALLOW_PRIVATE"):
        monkeypatch.delenv(name, raising=False)
    if url:
        monkeypatch.setenv("RELAYBOX_BASE_URL", url)
    where = Places(root=tmp_path, data=tmp_path, home=tmp_path, user=None)
    application = Application(where, Environment(tmp_path, tmp_path), {}, Address(host, 8000))
    assert application.env()["RELAYBOX_ALLOW_PRIVATE"] == allowed


def test_the_data_folder_has_one_holder(tmp_path: Path) -> None:
    first, second = Instance(tmp_path, instance.RUN), Instance(tmp_path, instance.RUN)
    assert first.try_to_take()
    assert not second.try_to_take()
    with pytest.raises(AlreadyRunning, match=f"process {os.getpid()}"):
        second.take()
    first.release()
    assert second.try_to_take()
    second.release()


def test_a_note_of_somebody_who_is_gone_is_not_believed(tmp_path: Path) -> None:
    holding = Instance(tmp_path, instance.RUN)
    assert holding.try_to_take()
    holding.announce("http://127.0.0.1:1", {"REDIS_URL": "redis://"})
    note = json.loads((tmp_path / "running.json").read_text())
    (tmp_path / "running.json").write_text(json.dumps({**note, "born": "1"}))  # the same number, another process
    assert instance.read(tmp_path) is None
    with instance.guest(tmp_path) as holder:
        assert holder is None


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"pid": 1, "what": 2}'])
def test_a_damaged_note_is_no_note(tmp_path: Path, text: str) -> None:
    (tmp_path / "running.json").write_text(text)
    assert instance.read(tmp_path) is None


def test_a_process_is_known_by_number_and_birth() -> None:
    assert processes.born(os.getpid()) == processes.born(os.getpid()) != ""
    ended = subprocess.Popen(["true"])
    until(lambda: processes.born(ended.pid) == "", 5)  # a zombie is not alive
    ended.wait()


def test_who_does_not_listen_is_made_to_end_with_all_it_started(tmp_path: Path) -> None:
    stubborn = program(tmp_path, "/bin/sh", "-c", "trap '' TERM; sleep 100 & echo $!; wait; sleep 100")
    obedient = program(tmp_path, "/bin/sleep", "100", name="obedient")
    running = [(each, processes.spawn(each)) for each in (stubborn, obedient)]
    until(lambda: stubborn.log.read_text().strip().isdigit(), 5)
    assert processes.stop_all(running, 0.3) == ["child"]
    assert [process.returncode for _, process in running] == [-signal.SIGKILL, -signal.SIGTERM]
    grandchild = int(stubborn.log.read_text())
    until(lambda: processes.born(grandchild) == "", 5)


def test_a_child_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from config.services.processes import Program, spawn\n"
        f"p = spawn(Program('x', ('/bin/sleep', '100'), {{}}, Path('/'), Path({str(tmp_path / 'x.log')!r})))\n"
        "print(p.pid, flush=True); sys.stdin.read()"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    child = int(parent.stdout.readline())
    assert processes.born(child)
    parent.kill()
    until(lambda: processes.born(child) == "", 5)
    parent.communicate()


def crew_with(tmp_path: Path, *argv: str) -> tuple[Crew, Member, io.StringIO]:
    out = io.StringIO()
    crew = Crew(Console(out=out))
    crew.start(program(tmp_path, *argv))
    return crew, crew.members["child"], out


def dies(member: Member) -> None:
    member.process.kill()
    member.process.wait()


def test_the_pause_before_coming_back_grows_and_is_forgiven(tmp_path: Path) -> None:
    crew, member, out = crew_with(tmp_path, "/bin/sleep", "100")
    pauses = []
    for _ in range(9):
        dies(member)
        before = time.monotonic()
        crew.look_after()
        pauses.append(round(member.back_at - before, 1))
        member.back_at = time.monotonic() - 1
        crew.look_after()
        assert member.alive
    assert pauses == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, LONGEST_PAUSE]
    member.since = time.monotonic() - 31
    dies(member)
    crew.look_after()
    assert member.deaths == 1
    assert out.getvalue().count("child was ended by SIGKILL") == 10
    crew.stop(["child"], 1.0)


def test_waiting_ends_with_the_death_of_who_is_needed(tmp_path: Path) -> None:
    crew, _, _ = crew_with(tmp_path, "/bin/sh", "-c", "echo no luck; exit 3")
    with pytest.raises(Trouble, match=r"It cannot start: child ended with code 3\.\n  child │ no luck"):
        crew.wait_until(lambda: False, 10, "It", ["child"])


def test_waiting_has_an_end(tmp_path: Path) -> None:
    crew, _, _ = crew_with(tmp_path, "/bin/sleep", "100")
    with pytest.raises(Trouble, match=r"It is not ready after 0\.1 s"):
        crew.wait_until(lambda: False, 0.1, "It", ["child"])
    crew.stop(["child"], 1.0)
    assert crew.members == {}


@pytest.mark.parametrize(("code", "said"), [(-9, "was ended by SIGKILL"), (2, "ended with code 2")])
def test_how_it_ended(code: int, said: str) -> None:
    assert how_it_ended(code) == said


def test_a_step_of_the_tests_that_hangs_is_stopped_with_all_it_started(tmp_path: Path) -> None:
    script = "import subprocess, sys; print(subprocess.Popen(['sleep', '61']).pid, file=open('child', 'w'), flush=True)"
    hanging = [sys.executable, "-c", f"{script}; sys.stdin.close(); import time; time.sleep(60)"]
    assert testing.call(hanging, tmp_path, {"PATH": os.environ["PATH"]}, patience=2) == testing.TIMED_OUT
    until(lambda: not Path(f"/proc/{(tmp_path / 'child').read_text().strip()}").exists(), 10)


def test_a_step_of_the_tests_that_ends_says_how(tmp_path: Path) -> None:
    assert testing.call([sys.executable, "-c", "raise SystemExit(3)"], tmp_path, {}, patience=30) == 3
