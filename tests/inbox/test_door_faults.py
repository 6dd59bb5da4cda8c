"""The door in a real server, while Redis, the database or the server itself goes away."""

from __future__ import annotations

import http.client
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import redis

from inbox.models import Event
from tests import world
from tests.inbox.at_the_door import path_of, signed
from tests.inbox.at_the_hub import session_of
from tests.inbox.processes import Web, free_port, until, valkey, web, wire

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.fault]


@pytest.fixture
def connection():
    return world.make_connection()


def deliver(server: Web, connection, name: str, timeout: float = 15) -> tuple[int, float]:
    body = f'{{"id": "{name}"}}'.encode()
    return server.post(path_of(connection), body, dict(signed(body, name)), timeout)


def names() -> set[str]:
    return set(Event.objects.values_list("delivery_key", flat=True))


class TestRedis:
    def test_gone_the_door_answers_in_time(self, connection) -> None:
        with web(REDIS_URL=f"redis://127.0.0.1:{free_port()}/0") as server:
            heard = [deliver(server, connection, str(number)) for number in range(30)]

        assert {status for status, _ in heard} == {200}
        assert max(took for _, took in heard) < 1
        assert Event.objects.count() == 30

    def test_frozen_the_door_answers_in_time_and_rings_again_afterwards(self, connection, tmp_path) -> None:
        with valkey(tmp_path) as (url, frozen), web(REDIS_URL=url) as server:
            queue: Any = redis.Redis.from_url(url)
            assert deliver(server, connection, "before")[0] == 200
            until(lambda: queue.llen("ingest") == 1, 3, "the bell rings")

            os.kill(frozen.pid, signal.SIGSTOP)
            heard = [deliver(server, connection, str(number)) for number in range(60)]
            os.kill(frozen.pid, signal.SIGCONT)

            assert {status for status, _ in heard} == {200}
            assert max(took for _, took in heard) < 1
            assert Event.objects.count() == 61
            before = queue.llen("ingest")

            def rings_again() -> bool:
                deliver(server, connection, f"after {time.monotonic()}")
                return queue.llen("ingest") > before

            until(rings_again, 10, "the bell rings again")


class TestDatabase:
    def test_frozen_is_503_in_time_and_heals(self, connection) -> None:
        with wire() as cable, web(DATABASE_URL=cable.url) as server:
            assert deliver(server, connection, "before")[0] == 200

            cable.holds = True
            with ThreadPoolExecutor(8) as pool:
                heard = list(pool.map(lambda number: deliver(server, connection, f"held {number}"), range(8)))
            cable.holds = False

            assert {status for status, _ in heard} == {503}
            assert max(took for _, took in heard) < 7
            until(lambda: deliver(server, connection, "after")[0] == 200, 10, "the door heals")

    def test_an_answer_that_is_lost_after_the_commit_doubles_nothing(self, connection) -> None:
        with wire() as cable, web(DATABASE_URL=cable.url) as server:
            for number in range(6):  # both of the writer's connections are open
                assert deliver(server, connection, f"before {number}")[0] == 200

            cable.loses_answers = True
            status, _ = deliver(server, connection, "lost")
            cable.loses_answers = False
            assert status == 503
            assert "lost" in names()  # it was committed; nobody but the database knew

            until(lambda: deliver(server, connection, "lost")[0] == 200, 10, "the platform's second try")
            assert Event.objects.filter(delivery_key="lost").count() == 1


class TestTheServerItself:
    def _under_load(self, server: Web, connection, act, seconds: float = 1.5) -> set[str]:
        """Ten platforms send until the server is gone; the deliveries that got a 200."""
        accepted: set[str] = set()
        over = threading.Event()

        def send(sender: int) -> None:
            for number in range(10_000):
                if over.is_set():
                    return
                name = f"{sender}-{number}"
                if deliver(server, connection, name, timeout=5)[0] == 200:
                    accepted.add(name)

        with ThreadPoolExecutor(10) as pool:
            sending = [pool.submit(send, sender) for sender in range(10)]
            time.sleep(seconds)
            act()
            time.sleep(0.5)
            over.set()
            for each in sending:
                each.result()
        return accepted

    @pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
    def test_killed_under_load_it_said_200_only_to_what_is_stored(self, connection, how) -> None:
        with web() as server:
            accepted = self._under_load(server, connection, lambda: server.process.send_signal(how))
            server.process.wait(10)

        assert len(accepted) > 20
        assert accepted <= names()

    def test_several_processes_share_one_door(self, connection) -> None:
        with web("--workers", "2") as server:
            until(lambda: deliver(server, connection, "first")[0] == 200, 30, "a worker process answers")
            with ThreadPoolExecutor(8) as pool:
                again = list(pool.map(lambda number: deliver(server, connection, str(number % 50)), range(200)))

        assert {status for status, _ in again} == {200}
        assert names() == {"first", *map(str, range(50))}

    def test_open_live_streams_do_not_hold_up_its_end(self, connection) -> None:
        session = session_of(world.make_person("ann"))
        with web() as server:
            streams = []
            for _ in range(3):
                client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
                client.request("GET", "/live/", headers={"Cookie": f"session={session}"})
                streams.append(client.getresponse())
            assert [stream.status for stream in streams] == [200] * 3

            began = time.monotonic()
            server.process.send_signal(signal.SIGTERM)
            rest = [stream.read() for stream in streams]
            server.process.wait(10)

        assert time.monotonic() - began < 4
        assert all(part.startswith(b"retry: 3000\n\n") for part in rest)
