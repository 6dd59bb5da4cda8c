"""Connections to the database outlive a task, and a server that has ended them is no error to anybody."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from celery import current_app
from django.db import connection as database
from kombu import Connection as Broker

from inbox.doorbell import DIGEST
from inbox.models import Connection, Event
from tests import world as small_world
from tests.fault.machinery import machinery, wait

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]
TASKS = 40
OTHERS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


def test_a_worker_keeps_its_connection_from_task_to_task(tmp_path: Path) -> None:
    connection = small_world.build().connection
    with machinery(tmp_path) as machines:
        machines.broker()
        machines.worker()
        with current_app.connection_for_write(f"redis://127.0.0.1:{machines.broker_port}/0") as broker:
            digest(connection, "warm", broker)
            before = sessions()
            for number in range(TASKS):
                digest(connection, f"d{number}", broker)
        assert sessions() - before < TASKS / 4


def digest(connection: Connection, name: str, broker: Broker) -> None:
    event = Event.objects.create(connection=connection, delivery_key=name, body=b"{}")
    current_app.send_task(DIGEST, args=[[event.pk]], queue="ingest", connection=broker)
    wait(lambda: Event.objects.get(pk=event.pk).state not in {"pending", "leased"}, name, patience=30)


def sessions() -> int:
    with database.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT sessions FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


def test_a_connection_that_the_server_ended_is_not_handed_out() -> None:
    assert Event.objects.count() == 0
    database.close()  # back to the pool
    found = database.settings_dict
    with psycopg.connect(
        host=found["HOST"] or None, port=found["PORT"], user=found["USER"], password=found["PASSWORD"] or None,
        dbname=found["NAME"], autocommit=True,
    ) as other:  # fmt: skip
        ended = other.execute(f"SELECT pg_terminate_backend(pid) FROM ({OTHERS}) AS others").fetchall()
    assert ended
    assert Event.objects.count() == 0
