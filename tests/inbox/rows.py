"""Items written straight into the table, for tests of reading: any state, any time, and many of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from django.db import connection as database

from inbox.ingest.people import scope_of
from inbox.models import Connection, Contact, Identity, Item, Message
from teams.models import Team

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
_numbers = count(1)
MIXED = "CASE WHEN g % 5 = 0 THEN 'resolved' WHEN g % 7 = 0 THEN 'waiting' ELSE 'open' END"
FILL = """
INSERT INTO inbox_item (connection_id, team_id, thread, kind, state, priority, labels, version, preview, language,
                        returned, bounces, last_message_at, waiting_since, escalated, resolution_spent)
SELECT %(connection)s, (ARRAY[%(teams)s])[1 + g %% %(count)s], 'fill' || g, 'mention',
       %(state)s, 10 + 10 * (g %% 4), '{}', 1,
       'text', 'en', g %% 50 = 1, 0, now() - g * interval '1 second', now() - g * interval '1 second', 0,
       interval '0'
FROM generate_series(1, %(rows)s) g
"""


def add_item(connection: Connection, team: Team, text: str = "Please help me", by: str = "Ann", **more: Any) -> Item:
    """An item with one message of a customer."""
    number = next(_numbers)
    at = more.pop("at", START + timedelta(minutes=number))
    identity = customer(connection, by)
    if more.get("assignee"):
        more.setdefault("claimed_at", at)
    values = {
        "connection": connection,
        "contact": identity.contact,
        "team": team,
        "thread": f"thread-{number}",
        "kind": "mention",
        "preview": text,
        "language": "en",
        "last_message_at": at,
        "waiting_since": at,
    }
    item = Item.objects.create(**{**values, **more})
    add_message(item, text, identity=identity, at=at)
    return item


def add_message(item: Item, text: str, **more: Any) -> Message:
    values = {"external_id": f"row{next(_numbers)}", "at": START, "kind": item.kind, **more}
    return Message.objects.create(item=item, connection=item.connection, text=text, **values)


def fill(connection: Connection, teams: list[Team], rows: int = 20_000, state: str = MIXED) -> None:
    """So many items in these teams by turns, none held, in the state that SQL says of the number `g`."""
    numbers = ",".join(str(team.pk) for team in teams)
    with database.cursor() as cursor:
        words = {"connection": connection.pk, "teams": numbers, "count": len(teams), "rows": rows, "state": state}
        cursor.execute(FILL % words)
        cursor.execute("ANALYZE inbox_item")


def customer(connection: Connection, name: str) -> Identity:
    scope = scope_of(connection)
    known = Identity.objects.filter(scope=scope, external_id=name).select_related("contact").first()
    return known or Identity.objects.create(
        contact=Contact.objects.create(name=name), scope=scope, external_id=name, name=name, handle=name.lower()
    )
