"""How the running product is: read from the database and the broker, quickly, and without waiting for either."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg
from django.conf import settings
from redis import Redis, RedisError

from inbox import arrivals

PATIENCE = 2  # seconds for the database, and again for the broker
COUNT_UP_TO = 100_000

# Every figure comes from a partial index that holds unfinished rows alone, and counting stops at a limit.
FIGURES = """
SELECT (SELECT extract(epoch FROM now() - received_at) FROM inbox_event
         WHERE state IN ('pending', 'leased') ORDER BY next_at, id LIMIT 1),
       (SELECT count(*) FROM (SELECT 1 FROM inbox_event WHERE state IN ('pending', 'leased') LIMIT %(most)s) AS rows),
       (SELECT count(*) FROM (SELECT 1 FROM inbox_event WHERE state = 'dead' LIMIT %(most)s) AS rows),
       (SELECT count(*) FROM (SELECT 1 FROM inbox_outbound
         WHERE state IN ('queued', 'sending') LIMIT %(most)s) AS rows),
       (SELECT count(*) FROM (SELECT 1 FROM inbox_outbound
         WHERE state IN ('failed', 'unknown') LIMIT %(most)s) AS rows)
"""
QUEUES = """
SELECT team.slug,
       (SELECT count(*) FROM (SELECT 1 FROM inbox_item WHERE team_id = team.id
         AND state IN ('open', 'waiting', 'snoozed') LIMIT %(most)s) AS rows),
       (SELECT count(*) FROM (SELECT 1 FROM inbox_item WHERE team_id = team.id
         AND state = 'open' AND assignee_id IS NULL LIMIT %(most)s) AS rows)
FROM teams_team AS team WHERE team.closed_at IS NULL ORDER BY team.slug
"""


REFUSALS = "SELECT status, sum(count)::bigint FROM inbox_doorrefusal GROUP BY status ORDER BY status"
CONNECTIONS = "SELECT state, count(*) FROM inbox_connection GROUP BY state"


@dataclass(frozen=True, slots=True)
class Figures:
    oldest_pending_seconds: float
    events_pending: int
    events_dead: int
    replies_waiting: int
    replies_unsettled: int  # failed, or of unknown outcome: a person has to look


@dataclass(frozen=True, slots=True)
class Queue:
    team: str
    unfinished: int
    unclaimed: int


@dataclass(frozen=True, slots=True)
class Doors:
    """How the connections are, and what their doors turned away, by status."""

    states: dict[str, int]
    quiet: int  # active ones that are silent for longer than usual
    refusals: dict[int, int]


class DatabaseGone(Exception):
    """The database does not answer, or is not ours yet."""


def figures() -> Figures:
    """Raises DatabaseGone. Uses a connection of its own: a pool that waits for a dead server would keep us waiting."""
    try:
        with _connect() as connection:
            row = connection.execute(FIGURES, {"most": COUNT_UP_TO}).fetchone()
    except psycopg.Error as error:
        raise DatabaseGone(str(error).strip()) from error
    assert row is not None  # noqa: S101 - a SELECT of scalars has one row
    return Figures(float(row[0] or 0), *row[1:])


def queues() -> list[Queue]:
    try:
        with _connect() as connection:
            return [Queue(*row) for row in connection.execute(QUEUES, {"most": COUNT_UP_TO}).fetchall()]
    except psycopg.Error as error:
        raise DatabaseGone(str(error).strip()) from error


def doors() -> Doors:
    try:
        with _connect() as connection:
            quiet = connection.execute(arrivals.QUIET, {"shortest": arrivals.SHORTEST}).fetchall()
            states = connection.execute(CONNECTIONS).fetchall()
            return Doors(dict(states), len(quiet), dict(connection.execute(REFUSALS).fetchall()))
    except psycopg.Error as error:
        raise DatabaseGone(str(error).strip()) from error


def broker_answers() -> bool:
    try:
        with Redis.from_url(
            settings.REDIS_URL, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, single_connection_client=True
        ) as broker:
            return bool(broker.ping())
    except (RedisError, OSError, ValueError):
        return False


def _connect() -> psycopg.Connection[tuple[Any, ...]]:
    database = settings.DATABASES["default"]
    return psycopg.connect(
        dbname=database["NAME"],
        user=database["USER"] or None,
        password=database["PASSWORD"] or None,
        host=database["HOST"] or None,
        port=database["PORT"] or None,
        connect_timeout=PATIENCE,
        options=f"-c statement_timeout={PATIENCE}s -c default_transaction_read_only=on",
        application_name="relaybox health",
    )
