"""The database crashes again and again: what was answered 200 is there, and nothing else is."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from tests.fault.machinery import wait
from tests.fault.own_database import ground
from tests.fault.test_nothing_is_lost import Platform

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]
DELIVERIES = 240
CRASHES = 10


def test_a_database_that_crashes_under_load_loses_nothing_that_was_accepted(tmp_path: Path) -> None:
    with ground(tmp_path) as here:
        platform = Platform(here.machines.url, here.key)
        load = threading.Thread(target=lambda: [platform.send(number) for number in range(DELIVERIES)])
        load.start()
        for _ in range(CRASHES):
            time.sleep(0.3)
            here.crash()
        load.join(120)
        assert not load.is_alive()
        assert len(platform.accepted) == DELIVERIES
        assert here.stored() == platform.accepted
        wait(lambda: here.machines.manage("drain") is not None, "the rest")
        assert here.rows("SELECT count(*), count(DISTINCT external_id) FROM inbox_message") == [
            (DELIVERIES, DELIVERIES)
        ]
        assert here.rows("SELECT DISTINCT state FROM inbox_event") == [("done",)]
