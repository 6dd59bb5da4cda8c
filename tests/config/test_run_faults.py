"""What an unlucky machine leaves in the data folder must not keep Relaybox from starting."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from config.services.places import ELSEWHERE, OWNER, POINTER, service_user
from config.services.processes import as_user
from tests.config.conftest import Checkout, children, command_line, until

pytestmark = [pytest.mark.fault, pytest.mark.slow, pytest.mark.timeout(180)]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")


def stopped_after_a_note(checkout: Checkout) -> None:
    run = checkout.ready()
    assert checkout.manage("write", "kept").returncode == 0
    run.send_signal(signal.SIGINT)
    assert run.wait(timeout=15) == 0


def starts_with_everything(checkout: Checkout) -> None:
    checkout.ready()
    assert checkout.manage("read").stdout.split() == ["demo", "kept"]


def test_a_stale_pid_file_that_names_a_stranger(checkout: Checkout) -> None:
    """After a restart of the machine the number may belong to anybody."""
    stopped_after_a_note(checkout)
    pid_file = checkout.data / "postgres" / "postmaster.pid"
    stranger = subprocess.Popen(["sleep", "600"], **as_user(service_user()))  # one of the same user
    pid_file.write_text(f"{stranger.pid}\n{checkout.data}/postgres\n1\n5432\n\n127.0.0.1\n0 0\nready\n")
    try:
        starts_with_everything(checkout)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_postmaster_killed_with_its_supervisor(checkout: Checkout) -> None:
    """Its children are still ending when the next start comes."""
    run = checkout.ready()
    assert checkout.manage("write", "kept").returncode == 0
    for pid in (checkout.pid_of("bin/postgres"), run.pid):
        os.kill(pid, signal.SIGKILL)
    run.wait()
    starts_with_everything(checkout)


def test_an_initdb_that_was_killed_half_way(checkout: Checkout) -> None:
    run = checkout.run()
    until(lambda: any((checkout.data / "making").glob("*/postgres/PG_VERSION")), 30)
    run.kill()
    run.wait()
    assert not (checkout.data / "postgres").exists()
    checkout.ready()
    assert checkout.manage("read").stdout.split() == ["demo"]


def test_an_append_only_file_that_cannot_be_read(checkout: Checkout) -> None:
    stopped_after_a_note(checkout)
    (manifest,) = (checkout.data / "valkey" / "appendonlydir").glob("*.manifest")
    manifest.write_text("this is not a manifest\n")
    starts_with_everything(checkout)
    assert list((checkout.data / "valkey").glob("appendonlydir.damaged-*"))


def test_a_remembered_port_that_somebody_else_took(checkout: Checkout) -> None:
    """Another port is taken; the stranger on the old one never hears from us."""
    stopped_after_a_note(checkout)
    ports = json.loads((checkout.data / "ports.json").read_text())
    with stranger(ports["postgres"]) as heard, stranger(ports["valkey"]) as also_heard:
        starts_with_everything(checkout)
    now = json.loads((checkout.data / "ports.json").read_text())
    assert {now["postgres"], now["valkey"]}.isdisjoint(ports.values())
    assert heard == also_heard == []


@contextmanager
def stranger(port: int) -> Iterator[list[bytes]]:
    """Listens, and keeps everything that is said to it."""
    heard: list[bytes] = []

    def listen(server: socket.socket) -> None:
        try:
            while True:
                heard.append(server.accept()[0].recv(1000))
        except OSError:
            return

    with socket.create_server(("127.0.0.1", port)) as server:
        thread = threading.Thread(target=listen, args=(server,), daemon=True)
        thread.start()
        yield heard
        server.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def test_orphans_of_an_earlier_start_are_ended_first(checkout: Checkout) -> None:
    """Such as a program that a killed worker had started for itself."""
    stopped_after_a_note(checkout)
    orphan = subprocess.Popen(
        ["sleep", "600"], env={**os.environ, "RELAYBOX_SUPERVISED": str(checkout.data)}, start_new_session=True
    )
    neighbour = subprocess.Popen(["sleep", "600"], env={**os.environ, "RELAYBOX_SUPERVISED": f"{checkout.data}-other"})
    starts_with_everything(checkout)
    assert orphan.wait(5) == -signal.SIGKILL
    assert neighbour.poll() is None
    neighbour.kill()
    neighbour.wait()


def test_a_postgresql_and_a_redis_of_ones_own_are_used(checkout: Checkout) -> None:
    """Given by their URLs, and neither is started beside them."""
    owner = checkout.ready()
    services = checkout.state()["services"]
    assert isinstance(services, dict)
    given = {name: services[name] for name in ("DATABASE_URL", "REDIS_URL")}
    other = Checkout(checkout.root, checkout.port + 1 if checkout.port < 65535 else 1025)
    other.extra = {"RELAYBOX_DATA": str(checkout.root / "other"), **given}
    other.ready()
    assert other.manage("write", "from the other").returncode == 0
    mains = " ".join(command_line(pid) for pid in children(other.runs[-1].pid))
    assert "uvicorn" in mains
    assert "bin/postgres" not in mains
    assert "valkey-server" not in mains
    assert not (other.data / "postgres").exists()
    other.runs[-1].send_signal(signal.SIGINT)
    assert other.runs[-1].wait(15) == 0
    assert owner.poll() is None
    assert checkout.manage("read").stdout.splitlines() == ["demo", "from the other"]


@as_root
def test_a_checkout_that_only_root_may_enter(checkout: Checkout) -> None:
    """PostgreSQL's files and programs go where its user can reach them, and stay there."""
    checkout.root.chmod(0o700)
    home = checkout.root
    try:
        stopped_after_a_note(checkout)
        home = Path((checkout.data / POINTER).read_text().strip())
        assert home.is_relative_to(ELSEWHERE)
        assert (home / OWNER).read_text().strip() == str(checkout.data)
        assert (home / "postgres" / "PG_VERSION").exists()
        assert not (checkout.data / "postgres").exists()
        starts_with_everything(checkout)
    finally:
        checkout.runs[-1].send_signal(signal.SIGINT)
        checkout.runs[-1].wait(15)
        shutil.rmtree(home, ignore_errors=True)


@as_root
def test_a_copied_data_folder_does_not_share_the_files_of_the_first(checkout: Checkout, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / OWNER).write_text("/somewhere/else\n")
    checkout.data.mkdir()
    (checkout.data / POINTER).write_text(f"{home}\n")
    run = checkout.run()
    assert run.wait(20) == 1
    assert "looks like a copy" in checkout.said()
    assert [path.name for path in home.iterdir()] == [OWNER]
