"""bin/manage beside a running bin/run, without one, and several at once."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from config.services.processes import all_pids
from tests.config.conftest import Checkout, command_line, until

pytestmark = [pytest.mark.fault, pytest.mark.slow, pytest.mark.timeout(180)]


def background(checkout: Checkout, *args: str) -> subprocess.Popen[str]:
    command = [str(checkout.root / "bin" / "manage"), *args]
    process = subprocess.Popen(
        command, env=checkout.env(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    checkout.runs.append(process)  # so that a failed test leaves nothing behind
    return process


def test_it_works_on_the_same_things_as_the_running_one(checkout: Checkout) -> None:
    checkout.ready()
    before = checkout.pids()
    done = checkout.manage("where", PORT="1")  # the running one knows its own address
    services = checkout.state()["services"]
    assert isinstance(services, dict)
    wanted = [services["DATABASE_URL"], services["REDIS_URL"], f"http://127.0.0.1:{checkout.port}"]
    assert done.stdout.split() == wanted
    assert done.stderr == ""
    assert checkout.pids() == before


def test_alone_it_starts_the_services_for_the_command_and_stops_them(checkout: Checkout) -> None:
    assert checkout.manage("migrate").returncode == 0
    assert checkout.pids() == []
    assert checkout.manage("write", "kept").returncode == 0
    done = checkout.manage("read")
    assert (done.stdout, done.returncode) == ("kept\n", 0)
    assert checkout.pids() == []


def test_the_exit_code_is_the_commands(checkout: Checkout) -> None:
    assert checkout.manage("leave", "7").returncode == 7
    assert checkout.pids() == []


def test_paths_are_those_of_the_caller(checkout: Checkout, tmp_path: Path) -> None:
    (tmp_path / "go").touch()
    command = [str(checkout.root / "bin" / "manage"), "hold", "go"]
    assert subprocess.run(command, env=checkout.env(), cwd=tmp_path, timeout=60, check=False).returncode == 0


def test_the_one_that_owns_the_services_waits_for_its_guest(checkout: Checkout, tmp_path: Path) -> None:
    assert checkout.manage("migrate").returncode == 0
    owner = background(checkout, "hold", str(tmp_path / "owner"))
    until(lambda: (checkout.data / "running.json").exists() and "DATABASE" in str(checkout.state()), 30)
    guest = background(checkout, "hold", str(tmp_path / "guest"))
    until(lambda: "guest" in " ".join(hold_paths(checkout)), 30)
    (tmp_path / "owner").touch()
    until(lambda: not (checkout.data / "running.json").exists(), 30)
    with pytest.raises(subprocess.TimeoutExpired):
        owner.wait(2)
    assert guest.poll() is None
    (tmp_path / "guest").touch()
    assert (guest.wait(30), owner.wait(30)) == (0, 0)
    assert checkout.pids() == []
    for process in (owner, guest):
        process.communicate()


def hold_paths(checkout: Checkout) -> list[str]:
    found = [command_line(pid) for pid in all_pids()]
    return [line for line in found if f"{checkout.root}/manage.py hold" in line]


def test_several_at_once_all_succeed(checkout: Checkout) -> None:
    assert checkout.manage("migrate").returncode == 0
    together = [background(checkout, "write", f"note{number}") for number in range(4)]
    assert [process.communicate()[1] for process in together] == [""] * 4
    assert [process.returncode for process in together] == [0] * 4
    assert checkout.manage("read").stdout.split() == ["note0", "note1", "note2", "note3"]
    assert checkout.pids() == []


def test_a_run_waits_for_a_manage_that_is_under_way(checkout: Checkout, tmp_path: Path) -> None:
    held = background(checkout, "hold", str(tmp_path / "go"))
    until(lambda: (checkout.data / "running.json").exists(), 30)
    run = checkout.run()
    with pytest.raises(subprocess.TimeoutExpired):
        run.wait(3)
    assert "Ctrl-C stops everything" not in checkout.said()
    (tmp_path / "go").touch()
    held.communicate()
    until(lambda: "Ctrl-C stops everything" in checkout.said(), 60)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_an_ended_one_leaves_nothing_running(checkout: Checkout, tmp_path: Path, how: signal.Signals) -> None:
    assert checkout.manage("migrate").returncode == 0
    held = background(checkout, "hold", str(tmp_path / "never"))
    until(lambda: hold_paths(checkout) != [], 30)
    os.kill(held.pid, how)
    until(lambda: checkout.pids() == [] and hold_paths(checkout) == [], 10)
    held.communicate()
    assert held.returncode == (143 if how == signal.SIGTERM else -signal.SIGKILL)
    assert checkout.manage("write", "kept").returncode == 0
