"""What becomes of events: which item, in which queue, in whatever order things arrive."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection as database
from django.db import transaction
from django.db.utils import IntegrityError, InternalError
from django.utils import timezone

from connectors.base import Author, ParseError, Verb
from inbox import ingest, queue, relay, replies, sweep
from inbox.ingest import inserts, intake
from inbox.ingest import lease as leasing
from inbox.models import Activity, Connection, Decision, EarlyChange, Event, Identity, Item, Message, MessageRevision
from routing import rulesets
from teams.models import Team
from tests import world as small_world
from tests.world import World, deliver, entry, store

RULES = """
teams:
  - {slug: support, name: Support}
  - {slug: marketing, name: Marketing}
fallback: unsorted
rules:
  - {name: Somebody needs help, any: [help, "can't"], team: support, priority: high, labels: [trouble]}
  - {name: Somebody is having fun, any: [fun, funny], team: marketing}
  - {name: Spam, any: [casino], ignore: true}
"""


@pytest.fixture
def world(db: None) -> World:
    found = small_world.build()
    rulesets.import_yaml(RULES, by=found.ada)
    rulesets.forget()
    return found


def test_a_matching_message_lands_in_its_team_with_its_decision(world: World) -> None:
    event = deliver(world.connection, entry("I can’t log in, please HELP me", external_id="1"))
    item = Item.objects.get()
    assert (event.state, item.team, item.state) == ("done", world.support, "open")
    assert (item.priority, item.labels, item.preview) == (30, ["trouble"], "I can’t log in, please HELP me")
    decision = Decision.objects.get()
    assert (decision.rule, decision.team, decision.placed) == ("Somebody needs help", world.support, True)
    hits = [(hit["keyword"], hit["start"], hit["end"], hit["text"]) for hit in decision.outcome["hits"]]
    assert hits == [("can't", 2, 7, "can’t"), ("help", 23, 27, "HELP")]
    assert list(Activity.objects.values_list("verb", "actor")) == [("routed", None)]


def test_what_no_rule_matches_goes_to_the_fallback(world: World) -> None:
    deliver(world.connection, entry("Good morning"))
    assert Item.objects.get().team == world.fallback
    assert Decision.objects.get().rule == ""


def test_one_object_is_one_message_however_often_it_is_delivered(world: World) -> None:
    same = entry("help", external_id="same")
    events = [deliver(world.connection, same) for _n in range(3)]
    assert [event.state for event in events] == ["done"] * 3
    assert Item.objects.count() == Message.objects.count() == Decision.objects.count() == 1


def test_the_same_id_on_another_connection_is_another_message(world: World) -> None:
    deliver(world.connection, entry("help", external_id="1"))
    deliver(small_world.make_connection(), entry("help", external_id="1"))
    assert Item.objects.count() == Message.objects.count() == 2
    assert Identity.objects.count() == 2  # generic numbers its people per connection


def test_the_database_refuses_a_second_message_for_one_object(world: World) -> None:
    (item,) = small_world.receive(world.connection, entry(external_id="1"))
    with pytest.raises(IntegrityError), transaction.atomic():
        Message.objects.create(item=item, connection=world.connection, external_id="1", at=timezone.now())


def test_an_entry_goes_to_the_connection_it_is_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Meta sends what several pages of ours received to one webhook."""
    Connection.objects.filter(pk=world.connection.pk).update(external_id="page-1")
    second = small_world.make_connection()
    Connection.objects.filter(pk=second.pk).update(external_id="page-2")
    entries = tuple(entry("help", external_id=f"of-{page}", account=page) for page in ("page-1", "page-2", "page-3"))
    monkeypatch.setattr(intake, "read", lambda event, _account: intake.Reading(event, entries))
    event = Event.objects.create(connection=world.connection, delivery_key="k", body=b"{}")
    ingest.digest([event.pk])
    homes = dict(Message.objects.values_list("external_id", "connection"))
    assert homes == {"of-page-1": world.connection.pk, "of-page-2": second.pk, "of-page-3": world.connection.pk}


def test_a_thread_is_one_item_and_public_mentions_are_each_their_own(world: World) -> None:
    for text in ("help", "hello?", "still here"):
        deliver(world.connection, entry(text, thread="dm-1"))
    deliver(world.connection, entry("help"))
    deliver(world.connection, entry("help again"))
    assert sorted(Item.objects.values_list("thread", flat=True)) == ["", "", "dm-1"]
    assert Message.objects.filter(item__thread="dm-1").count() == 3


def test_a_reply_to_a_message_we_know_joins_its_item(world: World) -> None:
    small_world.receive(world.connection, entry("help", external_id="1"))
    small_world.receive(world.connection, entry("more", external_id="2", parent="1"))
    assert Item.objects.count() == 1


@pytest.mark.parametrize("before", ["resolved", "waiting", "snoozed"])
def test_a_new_message_brings_the_item_back_with_its_team(world: World, before: str) -> None:
    (item,) = small_world.receive(world.connection, entry("fun", thread="t"))
    queue.claim(item=item.pk, by=world.bob)
    if before == "resolved":
        queue.resolve(item=item.pk, by=world.bob)
    elif before == "snoozed":
        queue.snooze(item=item.pk, by=world.bob, until=timezone.now() + timedelta(hours=3))
    else:
        replies.reply(item=item.pk, by=world.bob, text="Thanks", key="k")
    small_world.receive(world.connection, entry("I can't find it", thread="t"))
    item.refresh_from_db()
    assert (item.state, item.team, item.snoozed_until) == ("open", world.marketing, None)
    assert item.assignee == (None if before == "resolved" else world.bob)
    assert item.waiting_since is not None


def test_what_only_the_fallback_had_follows_the_first_rule_that_matches(world: World) -> None:
    small_world.receive(world.connection, entry("Hi", thread="t"))
    small_world.receive(world.connection, entry("I can't log in", thread="t"))
    item = Item.objects.get()
    assert item.team == world.support
    assert list(Decision.objects.order_by("pk").values_list("rule", "placed")) == [
        ("", True), ("Somebody needs help", True),
    ]  # fmt: skip
    assert item.rule == "somebody needs help"  # by which lists find it


def test_what_a_person_placed_no_rule_moves(world: World) -> None:
    (item,) = small_world.receive(world.connection, entry("Hi", thread="t"))
    relay.hand_off(item=item.pk, by=world.alice, to=world.marketing, reason="A question for you")
    small_world.receive(world.connection, entry("I can't log in", thread="t"))
    item.refresh_from_db()
    assert item.team == world.marketing
    assert Decision.objects.order_by("-pk").first().placed is False


def test_spam_is_ignored_and_nobody_waits(world: World) -> None:
    small_world.receive(world.connection, entry("Best casino in town"))
    item = Item.objects.get()
    assert (item.state, item.waiting_since) == ("ignored", None)


@pytest.mark.parametrize("edit_first", [True, False])
def test_an_edit_reaches_the_message_in_any_order(world: World, edit_first: bool) -> None:
    created = entry("I need hlep", external_id="1")
    edited = entry("I need help", external_id="1", verb=Verb.EDIT)
    for each in (edited, created) if edit_first else (created, edited):
        deliver(world.connection, each)
    message = Message.objects.get()
    assert message.text == "I need help"
    assert message.edited_at is not None
    assert MessageRevision.objects.get().text == "I need hlep"
    assert not EarlyChange.objects.exists()
    assert message.item.preview == "I need help"


def test_an_older_edit_does_not_win_over_a_newer_one(world: World) -> None:
    now = timezone.now()
    small_world.receive(world.connection, entry("one", external_id="1", version=now - timedelta(hours=3)))
    for text, age in (("three", 1), ("two", 2)):
        version = now - timedelta(hours=age)
        small_world.receive(world.connection, entry(text, external_id="1", verb=Verb.EDIT, version=version))
    assert Message.objects.get().text == "three"


def test_a_delete_reaches_the_message(world: World) -> None:
    small_world.receive(world.connection, entry("help", external_id="1"))
    small_world.receive(world.connection, entry("", external_id="1", verb=Verb.DELETE))
    message = Message.objects.get()
    assert message.deleted_at is not None
    assert message.item.state == "open"  # somebody may still want to look
    assert Activity.objects.filter(verb="deleted").count() == 1


def test_a_message_that_was_deleted_before_it_came_waits_for_nobody(world: World) -> None:
    deliver(world.connection, entry("", external_id="1", verb=Verb.DELETE))
    assert not Item.objects.exists()
    deliver(world.connection, entry("help", external_id="1"))
    deliver(world.connection, entry("help", external_id="1"))
    message = Message.objects.get()
    assert message.deleted_at is not None
    assert message.item.state == "ignored"


def test_a_change_that_a_dead_worker_left_is_found_by_the_sweeper(world: World) -> None:
    small_world.receive(world.connection, entry("frist", external_id="1"))
    EarlyChange.objects.create(connection=world.connection, external_id="1", verb="edit", text="first")
    sweep.sweep()
    assert Message.objects.get().text == "first"


def test_malformed_json_is_dead_lettered_with_its_reason_and_can_be_replayed(world: World) -> None:
    event = Event.objects.create(connection=world.connection, delivery_key="k", body=b"{not json")
    assert ingest.digest([event.pk]) == 1
    event.refresh_from_db()
    assert event.state == "dead"
    assert event.reason
    assert bytes(event.body) == b"{not json"
    assert not Item.objects.exists()


def test_one_bad_entry_takes_no_neighbour_along(world: World) -> None:
    body = (
        b'[{"id":"1","kind":"mention","text":"help","author":{"id":"u"}},'
        b'{"id":"2","kind":"nonsense","text":"x","author":{"id":"u"}},'
        b'{"id":"3","kind":"mention","text":"fun","author":{"id":"u"}}]'
    )
    event = Event.objects.create(connection=world.connection, delivery_key="k", body=body)
    ingest.digest([event.pk])
    event.refresh_from_db()
    assert event.state == "dead"
    assert "kind" in event.reason
    assert sorted(Message.objects.values_list("external_id", flat=True)) == ["1", "3"]


def test_a_connectors_bug_costs_its_own_event_only(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    good, bad = store(world.connection, entry("help")), store(world.connection, entry("poison"))
    read = intake.read

    def reading(event: Event, account: object) -> object:
        if event.pk == bad.pk:
            raise KeyError("a bug")
        return read(event, account)

    monkeypatch.setattr(intake, "read", reading)
    for _attempt in range(leasing.MOST_ATTEMPTS):
        ingest.digest([good.pk, bad.pk])
        Event.objects.filter(pk=bad.pk).update(next_at=timezone.now() - timedelta(minutes=1))
    good.refresh_from_db()
    bad.refresh_from_db()
    assert (good.state, bad.state, bad.attempts) == ("done", "dead", leasing.MOST_ATTEMPTS)
    assert "a bug" in bad.reason


def test_an_event_that_kills_its_worker_every_time_is_buried(world: World) -> None:
    event = store(world.connection, entry("help"))
    for _attempt in range(leasing.MOST_ATTEMPTS):
        assert leasing.lease(ids=[event.pk])  # and the process dies here
        Event.objects.filter(pk=event.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert leasing.lease(ids=[event.pk]) == []
    event.refresh_from_db()
    assert event.state == "dead"
    assert not Item.objects.exists()


def test_a_worker_that_lost_its_lease_stores_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    event = store(world.connection, entry("help"))
    read = intake.read

    def slow(leased: Event, account: object) -> object:
        Event.objects.filter(pk=leased.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
        leasing.lease(ids=[leased.pk])  # another worker takes it over
        return read(leased, account)

    monkeypatch.setattr(intake, "read", slow)
    ingest.digest([event.pk])
    assert not Message.objects.exists()
    assert Event.objects.get().state == "leased"


def test_the_decision_and_the_placement_commit_together(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    event = store(world.connection, entry("help"))

    def fails_for_decisions(rows: list[object]) -> None:
        if isinstance(rows[0], Decision):
            raise RuntimeError("no decision today")
        insert(rows)

    insert = inserts.insert
    monkeypatch.setattr(inserts, "insert", fails_for_decisions)
    ingest.digest([event.pk])
    assert not Item.objects.exists()
    assert not Message.objects.exists()
    assert Event.objects.get().state == "pending"


def test_an_item_always_has_a_team_and_the_last_fallback_cannot_go(world: World) -> None:
    (item,) = small_world.receive(world.connection, entry("help"))
    with pytest.raises(IntegrityError), transaction.atomic():
        Item.objects.filter(pk=item.pk).update(team=None)
    Team.objects.update(is_fallback=False)
    with pytest.raises(IntegrityError), database.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_bytes_and_history_cannot_be_rewritten(world: World) -> None:
    deliver(world.connection, entry("help"))
    with pytest.raises((InternalError, IntegrityError)), transaction.atomic():
        Event.objects.update(body=b"other")
    with pytest.raises((InternalError, IntegrityError)), transaction.atomic():
        Activity.objects.all().delete()


def test_a_renamed_author_stays_one_contact(world: World) -> None:
    small_world.receive(world.connection, entry("help", author=Author(id="u9", handle="old", name="Old")))
    small_world.receive(world.connection, entry("help", author=Author(id="u9", handle="new")))
    identity = Identity.objects.get(external_id="u9")
    assert (identity.handle, identity.name) == ("new", "Old")
    assert Item.objects.values("contact").distinct().count() == 1


def test_a_batch_of_two_hundred_takes_few_statements(world: World, django_assert_max_num_queries: object) -> None:
    events = [store(world.connection, entry(f"help {n}", author=Author(id=f"u{n}"))) for n in range(200)]
    rulesets.current()
    with django_assert_max_num_queries(40):  # type: ignore[operator]
        ingest.digest([event.pk for event in events])
    assert Item.objects.count() == 200


def test_a_parse_error_is_the_reason(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert issubclass(ParseError, Exception)
    event = Event.objects.create(connection=world.connection, delivery_key="k", body=b"[1]")
    ingest.digest([event.pk])
    event.refresh_from_db()
    assert (event.state, bool(event.reason)) == ("dead", True)
