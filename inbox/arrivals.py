"""When connections are heard from, and which of them are quiet for longer than they usually are.

Every ten minutes in which something came are one row. A connection is quiet when nothing has come for a while in
which, by its own history, things do come: the same stretch of time one, two, three and four weeks ago held at least
three such rows each (one of four weeks may have been bad). So nights, weekends and slow connections raise no alarm.
Before it has three weeks behind it, the seven days before speak for it; for one that is slow, stretches of four weeks.
"""

from __future__ import annotations

from datetime import timedelta
from typing import LiteralString

from django.db import connection as database

SHORTEST = timedelta(minutes=30)  # a shorter silence is none
KEPT = timedelta(days=140)  # of history

MARK: LiteralString = """
INSERT INTO inbox_arrival (connection_id, at)
SELECT id, date_bin('10 minutes', now(), 'epoch') FROM inbox_connection WHERE id = ANY(%b::bigint[]) ORDER BY id
ON CONFLICT DO NOTHING
"""
FORGET: LiteralString = (
    "DELETE FROM inbox_arrival WHERE connection_id = ANY(%b::bigint[]) AND at < now() - %b::interval"
)

# A window is as long as the silence, but no longer than its unit, so that none reaches into the next.
QUIET: LiteralString = """
WITH silent AS (
    SELECT c.id, c.last_event_at AS since, now() - c.last_event_at AS length, history.first
    FROM inbox_connection AS c
    CROSS JOIN LATERAL (SELECT min(at) AS first FROM inbox_arrival WHERE connection_id = c.id) AS history
    WHERE c.state = 'active' AND c.last_event_at < now() - %(shortest)s::interval
), compared AS (
    SELECT silent.id, unit.name, count(*) AS windows, count(*) FILTER (WHERE (
        SELECT count(*) FROM (
            SELECT 1 FROM inbox_arrival AS a WHERE a.connection_id = silent.id
            AND a.at > silent.since - shift.back
            AND a.at <= silent.since + least(silent.length, unit.length) - shift.back LIMIT 3) AS rows) = 3) AS busy
    FROM silent
    CROSS JOIN (VALUES ('day', interval '1 day', 7), ('week', interval '7 days', 4), ('month', interval '28 days', 3))
        AS unit (name, length, most)
    CROSS JOIN LATERAL (SELECT n * unit.length AS back FROM generate_series(1, unit.most) AS n) AS shift
    WHERE silent.first <= silent.since - shift.back
    GROUP BY silent.id, unit.name
)
SELECT id FROM compared WHERE name = 'week' AND windows >= 3 AND busy >= 3
UNION
SELECT id FROM compared WHERE name = 'month' AND windows = 3 AND busy = 3
UNION
SELECT id FROM compared WHERE name = 'day' AND windows = 7 AND busy = 7
AND NOT EXISTS (SELECT 1 FROM compared AS weeks WHERE weeks.id = compared.id AND name = 'week' AND windows >= 3)
"""


def mark(connection: int) -> None:
    """Something came from it just now."""
    with database.cursor() as cursor:
        cursor.execute(MARK.replace("%b", "%s"), [[connection]])
        if cursor.rowcount:
            cursor.execute(FORGET.replace("%b", "%s"), [[connection], str(KEPT)])


def quiet() -> set[int]:
    """The connections that are quiet for longer than usual."""
    with database.cursor() as cursor:
        cursor.execute(QUIET, {"shortest": str(SHORTEST)})
        return {row[0] for row in cursor.fetchall()}
