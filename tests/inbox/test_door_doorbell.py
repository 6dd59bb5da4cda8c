"""The doorbell never delays, never fails, never grows without bound; and it rings for whole batches."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest
import redis
from celery import Celery

from inbox import tasks
from inbox.webhooks import doorbell
from inbox.webhooks.doorbell import Broker, Doorbell
from tests.inbox.processes import until, valkey


class Publisher:
    """Stands in for the broker: takes, refuses, or hangs."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.tries = 0
        self.refuses = False
        self.goes_on = threading.Event()
        self.goes_on.set()

    def __call__(self, ids: list[int]) -> None:
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
    bell.ring(list(range(1000)))
    until(lambda: len(publisher.ids) == 1000, 3, "all ids are published")

    assert publisher.ids == list(range(1000))
    assert max(map(len, publisher.batches)) == doorbell.LARGEST_BATCH


def test_what_comes_in_quick_succession_goes_out_together(bell, publisher) -> None:
    for number in range(200):
        bell.ring([number])
        time.sleep(0.0005)
    until(lambda: len(publisher.ids) == 200, 3, "all ids are published")

    assert len(publisher.batches) < 50


def test_a_broker_that_hangs_delays_nobody_and_memory_is_bounded(bell, publisher) -> None:
    publisher.goes_on.clear()
    bell.ring([0])
    until(lambda: publisher.tries == 1, 3, "the bell hangs")

    began = time.monotonic()
    for start in range(0, 100_000, 100):
        bell.ring(list(range(start, start + 100)))

    assert time.monotonic() - began < 1
    assert len(bell._ids) == doorbell.MOST_WAITING


def test_a_broker_that_refuses_is_left_alone_for_a_while(bell, publisher, monkeypatch) -> None:
    monkeypatch.setattr(doorbell, "SILENCE", 0.3)
    publisher.refuses = True
    for number in range(10):
        bell.ring([number])
        time.sleep(0.01)
    assert publisher.tries == 1

    publisher.refuses = False
    time.sleep(0.4)
    bell.ring([11])
    until(lambda: publisher.batches, 3, "the bell rings again")
    assert publisher.batches == [[11]]


def test_stopping_rings_what_still_waits(publisher) -> None:
    bell = Doorbell(publish=publisher)
    bell.ring([1, 2, 3])
    bell.start()
    bell.stop()

    assert publisher.batches == [[1, 2, 3]]


def test_the_message_is_one_that_the_workers_know(tmp_path) -> None:
    with valkey(tmp_path) as (url, _):
        app = Celery("there", broker=url)
        broker = Broker(app)
        broker.publish([4, 5])
        broker.publish([6])
        queue: Any = redis.Redis.from_url(url)
        waiting = [json.loads(raw) for raw in queue.lrange("ingest", 0, -1)]
        broker.close()

    assert [each["headers"]["task"] for each in waiting] == [tasks.digest.name] * 2
    assert sorted(each["headers"]["argsrepr"] for each in waiting) == ["([4, 5],)", "([6],)"]


def test_it_connects_anew_after_the_broker_came_back(tmp_path) -> None:
    with valkey(tmp_path) as (url, _):
        broker = Broker(Celery("there", broker=url))
        broker.publish([1])
    port = int(url.rsplit(":", 1)[1].split("/")[0])
    with pytest.raises(Exception, match=r"refused|closed|Connection"):
        broker.publish([2])

    with valkey(tmp_path, port):
        broker.publish([3])
        assert redis.Redis.from_url(url).llen("ingest") == 1
        broker.close()
