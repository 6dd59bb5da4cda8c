"""The queue page with 100,000 items beside the same page with 1,000, in one run.

It is the whole page as an agent gets it: view, selectors, counts and template, through Django's own
handler. The named alternative is the way most lists page: OFFSET, here at the same depth.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.db import connection as database
from django.db.models import Model
from django.test import Client
from django.utils import timezone

from inbox.models import Connection, Contact, Decision, Item, Message
from teams.models import Membership, Team, User

SMALL, LARGE = 1_000, 100_000
ROUNDS = 40
DEEP = 20_000  # rows into the list


def run() -> dict[str, Any]:
    person, team = _world()
    client = Client(HTTP_HOST="127.0.0.1")
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    _fill(team, SMALL)
    small = _page(client, team)
    _fill(team, LARGE - SMALL)
    large = _page(client, team)
    keyset, offset = _keyset_deep(team), _offset_deep(team)
    return {
        "items": [SMALL, LARGE],
        "page_ms": [round(small * 1000, 1), round(large * 1000, 1)],
        "large_over_small": round(large / small, 2),
        "target_large_over_small": 1.2,
        "deep_page_offset_over_keyset": round(offset / keyset, 1),
    }


def _world() -> tuple[User, Team]:
    person, _new = User.objects.get_or_create(username="bench-agent")
    team, _new = Team.objects.get_or_create(slug="bench-queue", defaults={"name": "Queue benchmark"})
    Membership.objects.get_or_create(user=person, team=team)
    return person, team


def _fill(team: Team, count: int) -> None:
    """One item made as usual, and copies of it made by the database."""
    connection, _new = Connection.objects.get_or_create(kind="generic", name="Queue benchmark")
    contact, _new = Contact.objects.get_or_create(name="A Customer")
    now = timezone.now()
    item = Item.objects.create(
        connection=connection,
        contact=contact,
        team=team,
        preview="Where is my parcel?",
        last_message_at=now,
        waiting_since=now,
    )
    message = Message.objects.create(item=item, connection=connection, text=item.preview, at=now)
    decision = Decision.objects.create(message=message, item=item, version=1, rule="Parcels", rule_id=1, team=team)
    _copy(
        item, f"generate_series(1, {count - 1}) n", {"last_message_at": "t.last_message_at - n * interval '1 second'"}
    )
    fresh = f"inbox_item i WHERE i.id > {item.pk}"
    _copy(message, fresh, {"item_id": "i.id"})
    fresh = f"inbox_message m WHERE m.id > {message.pk}"
    _copy(decision, fresh, {"item_id": "m.item_id", "message_id": "m.id"})
    with database.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE inbox_item, inbox_message, inbox_decision")


def _copy(row: Model, source: str, other: dict[str, str]) -> None:
    """Copy a row once per row of `source`, with other values in some columns."""
    table = row._meta.db_table
    columns = [str(field.column) for field in row._meta.concrete_fields if not field.primary_key]
    values = ", ".join(other.get(column, f't."{column}"') for column in columns)
    names = ", ".join(f'"{column}"' for column in columns)
    joined, _where, condition = source.partition(" WHERE ")
    with database.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} t, {joined}"
            f" WHERE t.id = {row.pk} {'AND ' + condition if condition else ''}"
        )


def _page(client: Client, team: Team) -> float:
    def get() -> None:
        response = client.get(f"/team/{team.slug}/")
        if response.status_code != 200:
            raise RuntimeError(f"the page answered {response.status_code}")

    return _best(get)


def _keyset_deep(team: Team) -> float:
    rows = Item.objects.filter(team=team, state__in=Item.UNFINISHED).order_by("-last_message_at", "-pk")
    at, pk = rows.values_list("last_message_at", "pk")[DEEP]
    behind = rows.filter(last_message_at__lte=at).exclude(last_message_at=at, pk__gt=pk)
    return _best(lambda: list(behind[:50]))


def _offset_deep(team: Team) -> float:
    rows = Item.objects.filter(team=team, state__in=Item.UNFINISHED).order_by("-last_message_at", "-pk")
    return _best(lambda: list(rows[DEEP : DEEP + 50]))


def _best(work: Callable[[], object]) -> float:
    work()  # compiled templates and warm caches are not what is measured
    return min(_timed(work) for _round in range(ROUNDS))


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
