"""A reply goes out at most once, and what became of it is always known or said to be unknown."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from connectors import registry
from connectors.base import OutcomeUnknown, Refused, Reply, Sent, TokenRevoked
from inbox import delivery, queue, replies, sweep
from inbox.errors import AlreadyClaimed, KeyReused, Stale, WrongState
from inbox.models import Activity, Attempt, Connection, Item, Message, Outbound
from teams.errors import Invalid, NotFound
from tests import world as small_world
from tests.inbox.outgoing import answer, send
from tests.platforms.generic import SECRET, GenericServer
from tests.world import World, entry


@pytest.fixture
def app() -> Iterator[GenericServer]:
    """The customer's own service, which takes our replies."""
    server = GenericServer()
    yield server
    server.close()


@pytest.fixture
def item(world: World, app: GenericServer, settings: object) -> Item:
    settings.ALLOW_PRIVATE_HOSTS = ["127.0.0.0/8"]  # type: ignore[attr-defined]
    connection = small_world.make_connection(secret=SECRET, reply_url=app.url)
    return small_world.make_item(connection, world.support, external_id="in-1", thread="t-1")


def test_a_reply_leaves_signed_and_is_known_as_sent(world: World, item: Item, app: GenericServer) -> None:
    outbound = answer(item, world)
    assert delivery.deliver(ids=[outbound.pk]) == 1
    outbound.refresh_from_db()
    assert (outbound.state, outbound.attempt_count) == ("sent", 1)
    (accepted,) = app.accepted
    assert accepted["text"] == "We are on it"
    assert accepted["thread"] == "t-1"
    assert outbound.message.external_id == f"out-{delivery.key_for(outbound)}"
    assert Attempt.objects.get().outcome == "sent"
    item.refresh_from_db()
    assert (item.state, item.assignee, item.waiting_since) == ("waiting", world.alice, None)
    verbs = list(Activity.objects.filter(item=item).order_by("pk").values_list("verb", flat=True))
    assert verbs[-3:] == ["claimed", "replied", "sent"]


def test_what_was_sent_is_not_sent_again(world: World, item: Item, app: GenericServer) -> None:
    outbound = answer(item, world)
    delivery.deliver(ids=[outbound.pk])
    assert delivery.deliver(ids=[outbound.pk]) == 0
    sweep.sweep()
    assert len(app.requests) == 1


def test_a_refusal_brings_the_item_back(world: World, item: Item, app: GenericServer) -> None:
    app.refuse("refused")
    outbound = answer(item, world)
    delivery.deliver(ids=[outbound.pk])
    outbound.refresh_from_db()
    item.refresh_from_db()
    assert outbound.state == "failed"
    assert "no such conversation" in outbound.reason
    assert (item.state, item.assignee) == ("open", world.alice)
    assert item.waiting_since is not None


def test_a_connection_that_is_not_complete_fails_the_reply_for_sure(world: World, item: Item) -> None:
    Connection.objects.filter(pk=item.connection_id).update(settings={})
    outbound = answer(item, world)
    delivery.deliver(ids=[outbound.pk])
    outbound.refresh_from_db()
    assert outbound.state == "failed"
    assert "reply_url" in outbound.reason


def test_a_rate_limit_is_waited_for(world: World, item: Item, app: GenericServer) -> None:
    app.refuse("rate_limited")
    outbound = answer(item, world)
    delivery.deliver(ids=[outbound.pk])
    outbound.refresh_from_db()
    assert outbound.state == "queued"
    assert timedelta(seconds=10) < outbound.next_at - timezone.now() <= timedelta(seconds=17)
    assert delivery.deliver(ids=[outbound.pk]) == 0  # not before its time
    app.recover()
    Outbound.objects.update(next_at=timezone.now())
    assert delivery.deliver(ids=[outbound.pk]) == 1
    outbound.refresh_from_db()
    assert outbound.state == "sent"
    assert list(Attempt.objects.order_by("number").values_list("number", "outcome")) == [(1, "later"), (2, "sent")]


def test_a_revoked_token_marks_the_connection_and_the_reply_waits(
    world: World, item: Item, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = send(monkeypatch, TokenRevoked("gone"), Sent())
    outbound = answer(item, world)
    delivery.deliver(ids=[outbound.pk])
    outbound.refresh_from_db()
    connection = Connection.objects.get(pk=item.connection_id)
    assert (connection.state, connection.last_error, outbound.state) == ("revoked", "gone", "queued")
    Outbound.objects.update(next_at=timezone.now())
    assert delivery.deliver(ids=[outbound.pk]) == 0
    Connection.objects.update(state=Connection.State.ACTIVE)
    assert delivery.deliver(ids=[outbound.pk]) == 1
    assert len(keys) == 2


def test_an_unheard_outcome_is_unknown_and_nobody_but_a_person_sends_again(
    world: World, item: Item, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = send(monkeypatch, OutcomeUnknown("no answer"), Sent(external_id="x1"))
    outbound = answer(item, world)
    delivery.deliver(ids=[outbound.pk])
    for _round in range(3):
        sweep.sweep()
    outbound.refresh_from_db()
    item.refresh_from_db()
    assert (outbound.state, item.state, len(keys)) == ("unknown", "open", 1)
    replies.send_again(outbound=outbound.pk, by=world.alice)
    delivery.deliver(ids=[outbound.pk])
    outbound.refresh_from_db()
    assert (outbound.state, outbound.message.external_id, len(keys)) == ("sent", "x1", 2)


def test_a_platform_that_knows_the_key_is_asked_again_with_the_same_key(
    world: World, item: Item, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = send(monkeypatch, OutcomeUnknown("no answer"), Sent(), retry_safe=True)
    outbound = answer(item, world)
    delivery.deliver(ids=[outbound.pk])
    Outbound.objects.update(next_at=timezone.now())
    delivery.deliver(ids=[outbound.pk])
    outbound.refresh_from_db()
    assert outbound.state == "sent"
    assert keys == [delivery.key_for(outbound)] * 2


def test_a_platform_that_forgets_the_key_is_not_asked_again_after_that(
    world: World, item: Item, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = send(monkeypatch, OutcomeUnknown("no answer"), Sent(), retry_safe=True, minutes=2)
    outbound = answer(item, world)
    delivery.deliver(ids=[outbound.pk])
    Attempt.objects.update(started_at=timezone.now() - timedelta(minutes=3))
    Outbound.objects.update(next_at=timezone.now())
    delivery.deliver(ids=[outbound.pk])
    outbound.refresh_from_db()
    assert (outbound.state, len(keys)) == ("unknown", 1)
    assert "may have arrived" in outbound.reason


def test_a_worker_that_dies_while_sending_leaves_unknown(
    world: World, item: Item, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = send(monkeypatch)
    outbound = answer(item, world)
    assert len(delivery._lease([outbound.pk], 1)) == 1  # and the process dies here
    assert sweep.sweep().expired == 0
    Outbound.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert sweep.sweep().expired == 1
    outbound.refresh_from_db()
    assert (outbound.state, keys) == ("unknown", [])


def test_a_slow_worker_whose_lease_ended_does_not_change_the_verdict(
    world: World, item: Item, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbound = answer(item, world)
    (parcel,) = delivery._lease([outbound.pk], 1)
    send(monkeypatch)
    Outbound.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    delivery.expire()
    delivery._failed(parcel, Refused("too late"))
    outbound.refresh_from_db()
    assert outbound.state == "unknown"


def test_an_echo_that_arrives_before_the_answer_is_our_own_reply(
    world: World, item: Item, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbound = answer(item, world)
    (parcel,) = delivery._lease([outbound.pk], 1)
    echo = entry("We are on it", external_id="p-77", thread="t-1", outbound=True)
    assert small_world.receive(item.connection, echo) == [item]
    outbound.refresh_from_db()
    assert (outbound.state, outbound.message.external_id) == ("sent", "p-77")
    delivery._arrived(parcel, Sent(external_id="p-77"))
    assert Message.objects.filter(direction="out").count() == 1


def test_a_reply_that_left_without_a_name_learns_it_from_its_echo(world: World, item: Item) -> None:
    outbound = answer(item, world)
    (parcel,) = delivery._lease([outbound.pk], 1)
    delivery._arrived(parcel, Sent())
    echo = entry("We are on it", external_id="p-77", thread="t-1", outbound=True)
    assert small_world.receive(item.connection, echo) == [item]
    assert Message.objects.get(direction="out").external_id == "p-77"
    other = entry("We are on it", external_id="p-78", thread="t-1", outbound=True)
    small_world.receive(item.connection, other)  # whose name is known is not looked for again
    assert list(Message.objects.filter(direction="out").order_by("pk").values_list("external_id", flat=True)) == [
        "p-77",
        "p-78",
    ]


def test_a_colleagues_answer_on_the_platform_itself_is_shown_and_answers_the_item(world: World, item: Item) -> None:
    small_world.receive(item.connection, entry("Done!", external_id="p-1", thread="t-1", outbound=True))
    item.refresh_from_db()
    assert (item.state, item.waiting_since) == ("waiting", None)
    assert Message.objects.get(direction="out").text == "Done!"


def test_a_reply_can_be_taken_back_until_it_leaves(world: World, item: Item, app: GenericServer) -> None:
    outbound = answer(item, world, hold=timedelta(seconds=10))
    assert delivery.deliver(ids=[outbound.pk]) == 0
    replies.take_back(outbound=outbound.pk, by=world.alice)
    Outbound.objects.update(next_at=timezone.now())
    assert delivery.deliver(ids=[outbound.pk]) == 0
    item.refresh_from_db()
    assert (item.state, app.requests) == ("open", [])
    with pytest.raises(WrongState):
        replies.take_back(outbound=outbound.pk, by=world.alice)


def test_one_key_is_one_reply_and_never_two_texts(world: World, item: Item) -> None:
    first = answer(item, world, key="k")
    assert answer(item, world, key="k") == first
    with pytest.raises(KeyReused):
        answer(item, world, key="k", text="Something else")
    assert Outbound.objects.count() == 1


def test_a_reply_from_a_stale_page_stops(world: World, item: Item) -> None:
    seen = item.version
    small_world.receive(item.connection, entry("One more thing", thread="t-1"))
    with pytest.raises(Stale):
        answer(item, world, seen=seen)
    assert Outbound.objects.count() == 0
    assert Item.objects.get(pk=item.pk).assignee is None


def test_who_may_not_answer_leaves_no_trace(world: World, item: Item) -> None:
    with pytest.raises(NotFound):
        answer(item, world, by=world.charlie)
    queue.claim(item=item.pk, by=world.bob)
    with pytest.raises(AlreadyClaimed):
        answer(item, world)
    with pytest.raises(Invalid):
        answer(item, world, by=world.bob, text=" \x00 ")
    assert Outbound.objects.count() == Message.objects.filter(direction="out").count() == 0


def test_what_no_person_wrote_is_sent_as_automatic(world: World, item: Item, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []

    def sending(_self: object, reply: Reply, *_args: object) -> Sent:
        seen.append(reply.automatic)
        return Sent()

    monkeypatch.setattr(type(registry.get("generic")), "send", sending)
    away, written = answer(item, world), answer(item, world, text="And more")
    Outbound.objects.filter(pk=away.pk).update(author=None)
    delivery.deliver(ids=[away.pk, written.pk])
    assert seen == [True, False]
