"""What a door turns away is counted, for the connection's page and for /metrics."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.test import Client

from inbox.models import Arrival, Connection, DoorRefusal, Event
from inbox.webhooks.link import parameters
from inbox.webhooks.signs import SignsOfLife
from tests import world
from tests.inbox.at_the_door import at_the_door, path_of, post, request, signed, too_large

pytestmark = pytest.mark.django_db(transaction=True)
BODY = b'{"id": "1", "kind": "dm", "text": "help", "author": {"id": "u"}}'


@pytest.fixture
def connection() -> Connection:
    return world.make_connection()


def counts() -> dict[tuple[int | None, int], int]:
    return {(row.connection_id, row.status): row.count for row in DoorRefusal.objects.all()}


def several(*requests: Callable[[Any], Any]) -> None:
    async def scenario(door: Any) -> None:
        for each in requests:
            await each(door)

    at_the_door(scenario)


def unsigned(connection: Connection, method: str = "POST", body: bytes = BODY) -> Callable[[Any], Any]:
    return lambda door: request(door, method, path_of(connection), body=body)


def test_each_refusal_is_counted_by_its_status_and_its_door(connection: Connection) -> None:
    several(
        *[unsigned(connection)] * 3,
        unsigned(connection, "PUT"),
        unsigned(connection, body=b"x" * too_large()),
        lambda door: request(door, "POST", "/hooks/nobody/", body=BODY),
        lambda door: request(door, "POST", "/hooks/nobody-else/", body=BODY),
    )
    assert counts() == {(connection.pk, 401): 3, (connection.pk, 405): 1, (connection.pk, 413): 1, (None, 404): 2}
    assert not Event.objects.exists()


def test_what_is_counted_later_is_added(connection: Connection) -> None:
    several(unsigned(connection))
    several(unsigned(connection), unsigned(connection))
    assert counts() == {(connection.pk, 401): 3}


def test_what_is_stored_is_no_refusal_and_marks_its_ten_minutes(connection: Connection) -> None:
    for number in range(2):
        assert post(connection, BODY, signed(BODY, f"d{number}")).status == 200
    assert counts() == {}
    assert Arrival.objects.filter(connection=connection).count() == 1


def test_a_connection_that_was_deleted_meanwhile_stands_in_nobodys_way(connection: Connection) -> None:
    class Link:
        """The database as the signs see it."""

        async def run(self, statement: Any, values: Any) -> list[Any]:
            with psycopg.connect(**_parameters(), autocommit=True) as database:
                cursor = database.execute(statement, values)
                return cursor.fetchall() if cursor.description else []

    signs = SignsOfLife()
    signs.refuse(connection.pk + 1000, 401)
    signs.refuse(connection.pk, 401)
    asyncio.run(signs._count(Link()))  # type: ignore[arg-type]
    assert counts() == {(connection.pk, 401): 1}


def test_what_could_not_be_written_is_kept_for_the_next_time(connection: Connection) -> None:
    class Gone:
        async def run(self, statement: Any, values: Any) -> list[Any]:
            raise psycopg.OperationalError

    signs = SignsOfLife()
    signs.refuse(connection.pk, 401)
    asyncio.run(signs._count(Gone()))  # type: ignore[arg-type]
    signs.refuse(connection.pk, 401)
    assert signs._refused == {(connection.pk, 401): 2}


def test_metrics_tell_refusals_by_status(connection: Connection, client: Client) -> None:
    several(unsigned(connection), unsigned(connection), unsigned(connection, "PUT"))
    text = client.get("/metrics").content.decode()
    assert 'relaybox_door_refusals_total{status="401"} 2.0' in text
    assert 'relaybox_door_refusals_total{status="405"} 1.0' in text
    assert "relaybox_connections_quiet 0.0" in text
    assert 'relaybox_connections{state="active"} 1.0' in text


def _parameters() -> dict[str, Any]:
    return {name: value for name, value in parameters("test").items() if name != "autocommit"}
