"""The database's disk is full: deliveries are refused with 503, what was accepted is there, and space heals it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from connectors.generic import sign
from tests import world as small_world
from tests.fault.machinery import wait
from tests.fault.own_database import Ground, ground

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]
SIZE = "224m"  # an empty database with its log takes about a half
BALLAST = os.urandom(200_000)  # PostgreSQL would compress anything less random to nothing
MOST = 400  # deliveries of that size: a part of them fills what is left


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """A file system of its own for a folder."""
    state = folder.stat()
    options = f"size={SIZE},mode={state.st_mode & 0o777:o},uid={state.st_uid},gid={state.st_gid}"
    mounted = os.geteuid() == 0 and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "none", str(folder)], capture_output=True, check=False
    )
    if not mounted or mounted.returncode:
        pytest.skip("only root can make a small disk, and not in every container")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def deliver(here: Ground, name: str, body: bytes) -> int:
    """The status; 0 when the web process gave no answer."""
    headers = sign(small_world.SECRET, name, datetime.now(UTC), body)
    try:
        return httpx.post(
            f"{here.machines.url}/hooks/{here.key}/", content=body, headers=headers, timeout=10
        ).status_code
    except httpx.HTTPError:
        return 0


def fill(here: Ground) -> dict[str, bytes]:
    """Deliver until the disk is full and a few more; what was accepted."""
    accepted: dict[str, bytes] = {}
    refused = []
    for number in range(MOST):
        body = BALLAST + str(number).encode()
        status = deliver(here, f"big{number}", body)
        if status == 200:
            accepted[f"big{number}"] = body
        else:
            refused.append(status)
        if len(refused) == 5:
            break
    assert set(refused) == {503}, refused
    return accepted


def test_a_full_disk_refuses_what_it_cannot_keep_and_heals(tmp_path: Path) -> None:
    with ground(tmp_path, disk=small_disk) as here:
        filler = here.server.folder / "filler"
        free = shutil.disk_usage(here.server.folder).free
        filler.write_bytes(bytes(free * 5 // 6))
        accepted = fill(here)
        filler.unlink()
        here.server.process.poll()
        if here.server.process.returncode is not None:  # without space for its log it ends; `bin/run` starts it again
            here.server.start()
        late = b'{"id": "late", "kind": "mention", "text": "help", "author": {"id": "u1"}}'
        wait(lambda: deliver(here, "late", late) == 200, "a delivery after there is space again")
        assert here.stored() == {**accepted, "late": late}
        here.machines.manage("drain")
        assert here.rows("SELECT state, count(*) FROM inbox_event GROUP BY state ORDER BY state") == [
            ("dead", len(accepted)),
            ("done", 1),
        ]
