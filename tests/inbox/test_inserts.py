"""COPY stores what `bulk_create` would have stored, and refuses what it would have refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DataError, IntegrityError, transaction
from django.utils import timezone

from inbox.ingest import inserts
from inbox.models import Activity, Contact, Identity, Item, Message
from tests.world import World

TIME = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)
ODD = 'tab\tnewline\nreturn\rback\\slash \\N \\. "quoted" 纏 𝄞 e\u0301 \u202e'


def _item(world: World, **more: object) -> Item:
    given = {"created_at": TIME, "team_since": TIME, "last_message_at": TIME, **more}
    return Item(connection=world.connection, team=world.support, **given)


def _message(item: Item, world: World, external_id: str = "", **more: object) -> Message:
    given = {"at": TIME, "received_at": TIME, "remark": "", "external_id": external_id, **more}
    return Message(item=item, connection=world.connection, **given)


def _stored(model: type, row: object) -> dict[str, object]:
    columns = {field.attname: getattr(row, field.attname) for field in model._meta.concrete_fields}
    return {name: value for name, value in columns.items() if name != "id"}


def test_every_kind_of_column_comes_back_as_it_went_in(world: World) -> None:
    filled = {
        "labels": ["one", ODD[:50], ""],
        "priority": Item.Priority.URGENT,
        "state": Item.State.SNOOZED,
        "snoozed_until": TIME,
        "preview": ODD[:280],
        "resolution_spent": timedelta(days=2, seconds=3, microseconds=4),
    }
    poured, usual = _item(world, **filled), _item(world, **filled)
    inserts.insert_numbered([poured])
    Item.objects.bulk_create([usual])
    assert _stored(Item, Item.objects.get(pk=poured.pk)) == _stored(Item, Item.objects.get(pk=usual.pk))
    words = {"text": ODD, "raw": {"a": [1, None, ODD], "b": True}, "media": [{"url": ODD}], "is_reply": True}
    message, same = _message(poured, world, "a", **words), _message(poured, world, "b", **words)
    inserts.insert([message])
    Message.objects.bulk_create([same])
    first, second = (_stored(Message, row) for row in Message.objects.order_by("pk"))
    assert first == {**second, "external_id": "a"}
    assert first["text"] == ODD


def test_the_database_fills_what_all_rows_leave_to_it(world: World) -> None:
    before = timezone.now()
    inserts.insert([Contact(name="A"), Contact(name="B")])
    assert [row.name for row in Contact.objects.filter(created_at__gte=before).order_by("pk")] == ["A", "B"]


def test_rows_that_do_not_fill_the_same_columns_are_refused(world: World) -> None:
    with pytest.raises(ValueError, match="created_at"):
        inserts.insert([Contact(name="A"), Contact(name="B", created_at=TIME)])
    assert not Contact.objects.filter(name__in=["A", "B"]).exists()


def test_numbers_are_given_before_and_are_nobody_elses(world: World) -> None:
    rows = [Contact(name=f"n{n}") for n in range(3)]
    inserts.insert_numbered(rows)
    assert len({row.pk for row in rows}) == 3
    later = Contact.objects.create(name="later")
    assert later.pk > max(row.pk for row in rows)
    assert rows[0]._state.adding is False
    rows[0].name = "changed"
    rows[0].save()
    assert Contact.objects.get(pk=rows[0].pk).name == "changed"


@pytest.mark.parametrize("name", ["nul \x00", "x" * 300])
def test_what_does_not_fit_is_an_error_of_djangos(world: World, name: str) -> None:
    before = Contact.objects.count()
    with pytest.raises(DataError), transaction.atomic():
        inserts.insert([Contact(name="good"), Contact(name=name)])
    assert Contact.objects.count() == before


def test_a_second_row_for_one_account_is_an_integrity_error_and_none_is_stored(world: World) -> None:
    contact = Contact.objects.create(name="A")
    twice = [Identity(contact=contact, scope="x", external_id="1") for _ in range(2)]
    with pytest.raises(IntegrityError), transaction.atomic():
        inserts.insert(twice)
    assert not Identity.objects.filter(scope="x").exists()


def test_nothing_is_nothing(world: World, django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        inserts.insert_numbered([])
        inserts.insert([])
    assert not Activity.objects.exists()
