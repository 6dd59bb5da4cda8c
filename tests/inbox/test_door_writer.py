"""Group commit: fast together, and still each delivery for itself. No 2xx without a commit."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress

import psycopg
import pytest
from django.db import connection as database
from psycopg_pool import PoolTimeout

from inbox.models import Connection, Event
from inbox.webhooks import directory, link, writer
from inbox.webhooks.answers import NotStored, UnknownDoor
from inbox.webhooks.link import parameters
from inbox.webhooks.record import Row
from inbox.webhooks.writer import Writer
from tests import world
from tests.inbox.at_the_door import Bell, at_the_door, opened, path_of, request, signed

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def connection() -> Connection:
    return world.make_connection()


def row(connection: Connection | int, key: str, body: bytes = b"{}", headers: str = "{}") -> Row:
    number = connection if isinstance(connection, int) else connection.pk
    return Row(number, key, body, headers, "")


class Written:
    """A writer at work, and what it said to the others."""

    def __init__(self) -> None:
        self.ids: list[int] = []
        self.seen: set[int] = set()
        self.writer = Writer(stored=self.ids.extend, seen=self.seen.update)

    def run(self, *rows: Row) -> list[BaseException | None]:
        """Store all at once; None for each that was stored, its error for each that was not."""
        return asyncio.run(self._run(rows))

    async def _run(self, rows: tuple[Row, ...]) -> list[BaseException | None]:
        self.writer.start()
        try:
            return await asyncio.gather(*map(self.writer.store, rows), return_exceptions=True)
        finally:
            await self.writer.stop()


@pytest.fixture
def written() -> Written:
    return Written()


@pytest.fixture
def statements(monkeypatch) -> list[int]:
    """How many rows each statement carried."""
    sizes: list[int] = []
    insert = writer._insert

    async def counted(link, rows):
        sizes.append(len(rows))
        return await insert(link, rows)

    monkeypatch.setattr(writer, "_insert", counted)
    return sizes


@pytest.fixture
def fails_at_commit() -> Iterator[None]:
    """A deferred constraint: the INSERT itself succeeds, its COMMIT does not, for bodies that say so."""
    with database.cursor() as cursor:
        cursor.execute("""
            CREATE FUNCTION refuse_at_commit() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF NEW.body = 'fails at commit' THEN RAISE EXCEPTION 'no' USING ERRCODE = 'check_violation'; END IF;
                RETURN NULL;
            END $$;
            CREATE CONSTRAINT TRIGGER refuse_at_commit AFTER INSERT ON inbox_event
                DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_at_commit();
        """)
    yield
    with database.cursor() as cursor:
        cursor.execute("DROP TRIGGER refuse_at_commit ON inbox_event; DROP FUNCTION refuse_at_commit")


def test_what_waits_together_is_written_together(connection, written, statements) -> None:
    assert written.run(*(row(connection, str(number)) for number in range(1000))) == [None] * 1000

    assert Event.objects.count() == 1000
    assert sum(statements) == 1000
    assert len(statements) <= 20
    assert max(statements) <= writer.LARGEST_BATCH
    assert sorted(written.ids) == sorted(Event.objects.values_list("pk", flat=True))
    assert written.seen == {connection.pk}


def test_large_bodies_make_small_batches(connection, written, statements, monkeypatch) -> None:
    monkeypatch.setattr(writer, "LARGEST_BYTES", 1000)

    written.run(*(row(connection, str(number), b"x" * 600) for number in range(10)))

    assert max(statements) == 2
    assert Event.objects.count() == 10


def test_one_delivery_in_a_hundred_requests_at_once_is_one_event(connection, written) -> None:
    assert written.run(*[row(connection, "same", b"%d" % number) for number in range(100)]) == [None] * 100

    assert Event.objects.count() == 1
    assert written.ids == [Event.objects.get().pk]


def test_processes_that_write_the_same_deliveries_never_block_each_other(connection, monkeypatch) -> None:
    """Four writers, the same 200 keys in different orders: written in one order, so without deadlock, each key once."""
    orders_written: list[list[str]] = []
    insert = writer._insert

    async def noted(link, rows):
        orders_written.append([row.key for row in rows])
        return await insert(link, rows)

    monkeypatch.setattr(writer, "_insert", noted)

    async def scenario():
        writers = [Written() for _ in range(4)]
        keys = [str(number) for number in range(200)]
        orders = [keys, keys[::-1], keys[100:] + keys[:100], keys[::2] + keys[1::2]]
        results = await asyncio.gather(
            *(
                each._run(tuple(row(connection, key) for key in order))
                for each, order in zip(writers, orders, strict=True)
            )
        )
        return results, [number for each in writers for number in each.ids]

    results, ids = asyncio.run(scenario())

    assert results == [[None] * 200] * 4
    assert len(orders_written) >= 4
    assert all(keys == sorted(keys) for keys in orders_written)
    assert Event.objects.count() == 200
    assert sorted(ids) == sorted(Event.objects.values_list("pk", flat=True))


class TestPoison:
    """One row that cannot be stored; its neighbours in the same batch are."""

    @pytest.mark.parametrize(
        ("poison", "error"),
        [
            (lambda connection: row(connection, "bad\0key"), NotStored),
            (lambda connection: row(connection, "bad", headers='{"a": "\\u0000"}'), NotStored),
            (lambda connection: row(connection, "bad", headers="{"), NotStored),
            (lambda connection: row(connection, "x" * 256), NotStored),
            (lambda connection: row(0, "bad"), UnknownDoor),
            (lambda connection: row(2**63, "bad"), NotStored),
            (lambda connection: row(connection, "half \ud83d"), NotStored),
        ],
        ids=["NUL", "NUL in JSON", "no JSON", "too long", "no such connection", "out of range", "surrogate"],
    )
    def test_neighbours_are_stored(self, connection, written, poison, error) -> None:
        rows = [row(connection, f"good {number:03}") for number in range(100)]
        rows.insert(37, poison(connection))

        results = written.run(*rows)

        assert isinstance(results.pop(37), error)
        assert results == [None] * 100
        assert Event.objects.count() == 100
        assert len(set(written.ids)) == 100

    def test_a_failing_commit_is_no_200(self, connection, written, fails_at_commit) -> None:
        rows = [row(connection, f"good {number:03}") for number in range(40)]
        rows.insert(20, row(connection, "good 020 and a half", b"fails at commit"))

        results = written.run(*rows)

        assert isinstance(results.pop(20), NotStored)
        assert results == [None] * 40
        assert Event.objects.count() == 40

    def test_a_connection_that_was_deleted_meanwhile_is_unknown(self, connection) -> None:
        body = b"{}"

        async def scenario(door):
            first = await request(door, "POST", path_of(connection), body=body, headers=signed(body))
            await asyncio.to_thread(self._delete, connection)
            second = await request(door, "POST", path_of(connection), body=body, headers=signed(body))
            return first.status, second.status

        assert at_the_door(scenario) == (200, 404)

    @staticmethod
    def _delete(connection) -> None:
        Event.objects.all().delete()
        connection.secrets.all().delete()
        connection.delete()
        database.close()


class TestDatabaseTrouble:
    def _post(self, connection, bell=None, count=1):
        async def scenario(door):
            async def one(number):
                body = b"%d" % number
                return await request(door, "POST", path_of(connection), body=body, headers=signed(body))

            return await asyncio.gather(*map(one, range(count)))

        return at_the_door(scenario, bell)

    def test_a_commit_that_fails_is_503_and_rings_no_bell(self, connection, fails_at_commit) -> None:
        body, bell = b"fails at commit", Bell()

        heard = at_the_door(
            lambda door: request(door, "POST", path_of(connection), body=body, headers=signed(body)), bell
        )

        assert (heard.status, heard.headers["retry-after"]) == (503, "5")
        assert bell.rung == []
        assert not Event.objects.exists()

    def test_a_locked_table_is_503_in_time(self, connection, monkeypatch) -> None:
        monkeypatch.setattr(link, "_OPTIONS", link._OPTIONS.replace("lock_timeout=2000", "lock_timeout=300"))
        with psycopg.connect(**parameters("a migration") | {"autocommit": False}) as other:
            other.execute("LOCK TABLE inbox_event IN ACCESS EXCLUSIVE MODE")
            began = time.monotonic()
            heard = self._post(connection, count=20)
            took = time.monotonic() - began

        assert {each.status for each in heard} == {503}
        assert took < writer.PATIENCE + 1
        assert not Event.objects.exists()

    def test_connections_that_the_server_closed_are_made_anew(self, connection, written) -> None:
        async def scenario():
            written.writer.start()
            for number in range(3):
                await written.writer.store(row(connection, str(number)))
                await asyncio.to_thread(self._kill_doors)
            await written.writer.store(row(connection, "last"))
            await written.writer.stop()

        asyncio.run(scenario())

        assert Event.objects.count() == 4

    @staticmethod
    def _kill_doors() -> None:
        with psycopg.connect(**parameters("the operator")) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name LIKE 'relaybox door%' AND datname = current_database()"
            )

    def test_pages_that_use_up_djangos_pool_do_not_close_a_known_door(self, connection, monkeypatch) -> None:
        monkeypatch.setattr(directory, "FRESH", 60.0)
        monkeypatch.setattr(directory, "PATIENCE", 0.5)
        stranger, body, held = world.make_connection(), b"{}", []

        def use_up() -> None:
            with suppress(PoolTimeout):
                while True:
                    held.append(database.pool.getconn(timeout=0.2))

        async def scenario(door):
            async def post(to):
                return (await request(door, "POST", path_of(to), body=body, headers=signed(body))).status

            before = await post(connection)
            await asyncio.to_thread(use_up)
            try:
                return before, await post(connection), await post(stranger)
            finally:
                for each in held:
                    database.pool.putconn(each)

        assert at_the_door(scenario) == (200, 200, 503)
        assert held
        assert Event.objects.count() == 2

    def test_a_database_that_is_gone_is_503(self, connection, written, monkeypatch) -> None:
        gone = parameters("nobody") | {"host": "127.0.0.1", "port": "1"}
        monkeypatch.setattr(link, "parameters", lambda name: gone)

        results = written.run(*(row(connection, str(number)) for number in range(50)))

        assert {type(error) for error in results} == {NotStored}
        assert not Event.objects.exists()
        assert written.ids == []

    def test_a_database_that_takes_and_never_answers_is_503_in_time(self, connection, written, monkeypatch) -> None:
        monkeypatch.setattr(link, "ANSWER_WITHIN", 0.3)
        slow = writer.INSERT.replace("RETURNING id", "RETURNING (SELECT id FROM pg_sleep(2))")
        monkeypatch.setattr(writer, "INSERT", slow)
        began = time.monotonic()

        results = written.run(*(row(connection, str(number)) for number in range(5)))

        assert {type(error) for error in results} == {NotStored}
        assert time.monotonic() - began < 2
        assert written.ids == []

    def test_more_than_can_wait_is_turned_away_at_once(self, connection, written, monkeypatch) -> None:
        monkeypatch.setattr(writer, "MOST_WAITING", 10)

        results = written.run(*(row(connection, str(number)) for number in range(25)))

        assert Counter(type(error) for error in results) == {type(None): 10, NotStored: 15}
        assert Event.objects.count() == 10

    def test_nobody_waits_longer_than_the_patience(self, connection, written, monkeypatch) -> None:
        monkeypatch.setattr(writer, "PATIENCE", 0.4)

        async def never(*_):
            await asyncio.sleep(60)

        monkeypatch.setattr(writer, "_insert", never)
        began = time.monotonic()

        results = written.run(row(connection, "1"), row(connection, "2"))

        assert {type(error) for error in results} == {NotStored}
        assert time.monotonic() - began < 2


def test_a_listener_that_fails_does_not_stop_the_writer(connection) -> None:
    written = Written()
    written.writer._stored = lambda ids: 1 / 0

    assert written.run(*(row(connection, str(number)) for number in range(600))) == [None] * 600
    assert Event.objects.count() == 600


def test_a_client_that_is_cancelled_leaves_the_others_alone(connection, written) -> None:
    async def scenario():
        written.writer.start()
        tasks = [asyncio.create_task(written.writer.store(row(connection, str(number)))) for number in range(20)]
        await asyncio.sleep(0)
        for task in tasks[::2]:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        await written.writer.stop()
        return results

    results = asyncio.run(scenario())

    assert results[1::2] == [None] * 10
    assert written.writer.waiting == 0
    assert {str(number) for number in range(1, 20, 2)} <= set(Event.objects.values_list("delivery_key", flat=True))


def test_what_waits_is_written_before_the_process_ends(connection) -> None:
    body = b"{}"

    async def run():
        async with opened() as door:
            tasks = [
                asyncio.create_task(request(door, "POST", path_of(connection), body=body, headers=signed(body)))
                for _ in range(50)
            ]
            while door.writer.waiting < 50:
                await asyncio.sleep(0)
        return await asyncio.gather(*tasks)

    assert {heard.status for heard in asyncio.run(run())} == {200}
    assert Event.objects.count() == 50
