"""The doorbell never delays, never fails, never grows without bound; and it rings for whole batches."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from typing import Any

import pytest
import redis
from celery import Celery

from inbox import doorbell, tasks
from inbox.doorbell import DELIVER, DIGEST, Broker, Doorbell, ring_delivery
from tests.inbox.processes import until, valkey


class Publisher:
    """Stands in for the broker: takes, refuses, or hangs."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.tries = 0
        self.refuses = False
        self.goes_on = threading.Event()
        self.goes_on.set()

    def __call__(self, task: str, ids: list[int]) -> None:
        self.tries += 1
        self.goes_on.wait()
        if self.refuses:
            raise ConnectionError
        self.batches.append(ids)

    @property
    def ids(self) -> list[int]:
        return [number for batch in self.batches for number in batch]


@pytest.fixture
def publisher():
    return Publisher()


@pytest.fixture
def bell(publisher):
    bell = Doorbell(publish=publisher)
    bell.start()
    yield bell
    publisher.goes_on.set()
    bell.stop()


def test_rings_for_every_id_in_order_and_in_bounded_batches(bell, publisher) -> None:
    bell.ring(DIGEST, range(1000))
    until(lambda: len(publisher.ids) == 1000, 3, "all ids are published")

    assert publisher.ids == list(range(1000))
    assert max(map(len, publisher.batches)) == doorbell.LARGEST_BATCH


def test_what_comes_in_quick_succession_goes_out_together(bell, publisher) -> None:
    for number in range(200):
        bell.ring(DIGEST, [number])
        time.sleep(0.0005)
    until(lambda: len(publisher.ids) == 200, 3, "all ids are published")

    assert len(publisher.batches) < 50


def test_a_broker_that_hangs_delays_nobody_and_memory_is_bounded(bell, publisher) -> None:
    publisher.goes_on.clear()
    bell.ring(DIGEST, [0])
    until(lambda: publisher.tries == 1, 3, "the bell hangs")

    began = time.monotonic()
    for start in range(0, 100_000, 100):
        bell.ring(DIGEST, range(start, start + 100))

    assert time.monotonic() - began < 1
    assert len(bell._waiting) == doorbell.MOST_WAITING


def test_a_broker_that_refuses_is_left_alone_for_a_while(bell, publisher, monkeypatch) -> None:
    monkeypatch.setattr(bell.fuse, "silence", 0.3)
    publisher.refuses = True
    for number in range(10):
        bell.ring(DIGEST, [number])
        time.sleep(0.01)
    assert publisher.tries == 1

    publisher.refuses = False
    time.sleep(0.4)
    bell.ring(DIGEST, [11])
    until(lambda: publisher.batches, 3, "the bell rings again")
    assert publisher.batches == [[11]]


def test_stopping_rings_what_still_waits(publisher) -> None:
    bell = Doorbell(publish=publisher)
    bell.ring(DIGEST, [1, 2, 3])
    bell.start()
    bell.stop()

    assert publisher.batches == [[1, 2, 3]]


def test_different_tasks_are_rung_for_separately_and_in_order(publisher) -> None:
    bell, told = Doorbell(publish=lambda task, ids: told.append((task, ids))), []
    with bell._starting:  # nobody takes from the line yet
        bell._thread = threading.current_thread()
        for task, number in [(DIGEST, 1), (DIGEST, 2), (DELIVER, 3), (DIGEST, 4)]:
            bell.ring(task, [number])
        bell._thread = None
    bell.start()
    bell.stop()

    assert told == [(DIGEST, [1, 2]), (DELIVER, [3]), (DIGEST, [4])]


def test_the_first_ring_starts_it_and_it_starts_again_after_a_stop(publisher) -> None:
    bell = Doorbell(publish=publisher)
    bell.ring(DIGEST, [1])
    until(lambda: publisher.ids == [1], 3, "it rang")
    bell.stop()
    bell.ring(DIGEST, [2])
    until(lambda: publisher.ids == [1, 2], 3, "it rang again")
    bell.stop()


def test_a_forked_process_has_a_bell_of_its_own() -> None:
    read, write = os.pipe()
    bell = doorbell.bell
    bell.start()  # its thread, and whatever lock that holds, stays in this process
    child = os.fork()
    if child == 0:
        os.write(write, str(bell._thread).encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(read, 100) == b"None"
    assert bell._thread is not None
    bell.stop()


def test_a_reply_is_not_held_up_by_a_broker_that_is_frozen(monkeypatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        frozen = Doorbell(publish=Broker(Celery("there", broker=url)).publish)
        monkeypatch.setattr(doorbell, "bell", frozen)
        began = time.monotonic()
        for number in range(200):
            ring_delivery([number])
        assert time.monotonic() - began < 0.1
        until(lambda: not frozen.fuse.is_whole(), 5, "it noticed in its own thread")
        frozen.stop()


def test_the_message_is_one_that_the_workers_know(tmp_path) -> None:
    with valkey(tmp_path) as (url, _):
        app = Celery("there", broker=url)
        broker = Broker(app)
        broker.publish(DIGEST, [4, 5])
        broker.publish(DELIVER, [6])
        queues: Any = redis.Redis.from_url(url)
        waiting = {name: [json.loads(raw) for raw in queues.lrange(name, 0, -1)] for name in ("ingest", "send")}
        broker.close()

    said = {
        name: [(each["headers"]["task"], each["headers"]["argsrepr"]) for each in waiting[name]] for name in waiting
    }
    assert said == {"ingest": [(tasks.digest.name, "([4, 5],)")], "send": [(tasks.deliver.name, "([6],)")]}


def test_it_connects_anew_after_the_broker_came_back(tmp_path) -> None:
    with valkey(tmp_path) as (url, _):
        broker = Broker(Celery("there", broker=url))
        broker.publish(DIGEST, [1])
    port = int(url.rsplit(":", 1)[1].split("/")[0])
    with pytest.raises(Exception, match=r"refused|closed|Connection"):
        broker.publish(DIGEST, [2])

    with valkey(tmp_path, port):
        broker.publish(DIGEST, [3])
        assert redis.Redis.from_url(url).llen("ingest") == 1
        broker.close()
