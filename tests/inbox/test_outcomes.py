"""What became of a reply is what the last to know says, and nothing that may be out is called failed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from connectors import registry
from connectors.base import Limits, OutcomeUnknown, Refused, Reply, Sent, TryLater, Verb
from inbox import delivery, outcomes, replies
from inbox.ingest import change
from inbox.models import Attempt, EarlyChange, Item, Outbound
from tests import world as small_world
from tests.inbox.outgoing import answer, send
from tests.world import World, entry


@pytest.fixture
def item(world: World) -> Item:
    return small_world.make_item(small_world.make_connection(), world.support, external_id="in-1", thread="t-1")


def again(outbound: Outbound) -> Outbound:
    """Try what is due now."""
    Outbound.objects.update(next_at=timezone.now())
    delivery.deliver(ids=[outbound.pk])
    outbound.refresh_from_db()
    return outbound


def receipt(outbound: Outbound, what: str, item: Item) -> tuple[str, str]:
    """The platform tells of our reply, by the key that we gave it."""
    key = delivery.key_for(outbound)
    told = entry("", verb=Verb.RECEIPT, external_id="p-9", receipt=what, client_key=key, reason=f"{what}!")
    small_world.receive(item.connection, told)
    outbound.refresh_from_db()
    item.refresh_from_db()
    return outbound.state, item.state


# --- a batch whose calls take long ----------------------------------------------------------------


def slowly(monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[], object]) -> list[str]:
    """The first call takes longer than a lease; `meanwhile` is what happens until it ends."""
    keys: list[str] = []

    def sending(_self: object, reply: Reply, *_args: object) -> Sent:
        keys.append(reply.key)
        if len(keys) == 1:
            meanwhile()
        return Sent(external_id=f"p-{len(keys)}")

    monkeypatch.setattr(type(registry.get("generic")), "send", sending)
    monkeypatch.setattr(type(registry.get("generic")), "limits", lambda *_args: Limits())
    return keys


def test_a_reply_whose_turn_came_too_late_is_not_sent_behind_the_verdicts_back(
    world: World, item: Item, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = answer(item, world), answer(item, world, text="And more")

    def lease_ends() -> None:
        Outbound.objects.filter(pk=second.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
        delivery.expire()

    keys = slowly(monkeypatch, lease_ends)
    delivery.deliver(ids=[first.pk, second.pk])
    second.refresh_from_db()
    assert keys == [delivery.key_for(first)]
    assert second.state == "unknown"
    replies.send_again(outbound=second.pk, by=world.alice)
    assert again(second).state == "sent"
    assert keys == [delivery.key_for(first), delivery.key_for(second)]


def test_what_waits_in_a_slow_batch_gets_its_time_anew(
    world: World, item: Item, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = answer(item, world), answer(item, world, text="And more")
    left: list[timedelta] = []

    def almost() -> None:
        Outbound.objects.filter(pk=second.pk).update(lease_until=timezone.now() + timedelta(seconds=5))

    keys = slowly(monkeypatch, almost)
    told = delivery._carry

    def carry(parcel: delivery.Parcel) -> None:
        until = Outbound.objects.get(pk=parcel.outbound.pk).lease_until
        assert until
        left.append(until - timezone.now())
        told(parcel)

    monkeypatch.setattr(delivery, "_carry", carry)
    delivery.deliver(ids=[first.pk, second.pk])
    assert len(keys) == 2
    assert min(left) > delivery.LEASE - timedelta(seconds=10)


def test_a_slow_worker_that_heard_yes_after_it_was_given_up_settles_it(
    world: World, item: Item, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbound = answer(item, world)

    def lease_ends() -> None:
        Outbound.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        assert delivery.expire() == 1

    slowly(monkeypatch, lease_ends)
    delivery.deliver(ids=[outbound.pk])
    outbound.refresh_from_db()
    assert (outbound.state, outbound.message.external_id) == ("sent", "p-1")


# --- an earlier try that may have arrived -----------------------------------------------------------


@pytest.mark.parametrize("pause", [timedelta(minutes=10), timedelta(days=2)])
def test_a_rate_limit_after_silence_does_not_lead_past_the_time_the_key_is_known(
    world: World, item: Item, monkeypatch: pytest.MonkeyPatch, pause: timedelta
) -> None:
    outcomes = (OutcomeUnknown("no answer"), TryLater("slow down", after=pause), Sent())
    keys = send(monkeypatch, *outcomes, retry_safe=True, minutes=2)
    outbound = answer(item, world)
    delivery.deliver(ids=[outbound.pk])
    assert again(outbound).state == "queued"
    Attempt.objects.update(started_at=timezone.now() - pause)
    assert again(outbound).state == "unknown"
    assert len(keys) == 2


def test_a_refusal_of_the_second_try_does_not_call_the_first_one_failed(
    world: World, item: Item, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(monkeypatch, OutcomeUnknown("no answer"), Refused("the post is gone"), retry_safe=True)
    outbound = answer(item, world)
    delivery.deliver(ids=[outbound.pk])
    assert again(outbound).state == "unknown"
    assert outbound.reason == "the post is gone"


def test_tries_that_end_in_rate_limits_do_not_call_the_first_one_failed(
    world: World, item: Item, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(monkeypatch, OutcomeUnknown("no answer"), *[TryLater("slow down")] * 7, retry_safe=True)
    outbound = answer(item, world)
    states = [again(outbound).state for _ in range(delivery.MOST_ATTEMPTS)]
    assert states == ["queued"] * 7 + ["unknown"]


def test_a_person_who_sends_again_has_decided_about_the_tries_before(
    world: World, item: Item, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = send(monkeypatch, OutcomeUnknown("no answer"), TryLater("slow down"), Refused("no"))
    outbound = answer(item, world)
    delivery.deliver(ids=[outbound.pk])
    replies.send_again(outbound=outbound.pk, by=world.alice)
    assert again(outbound).state == "queued"
    assert again(outbound).state == "failed"
    assert len(keys) == 3


# --- receipts -------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["delivered", "read"])
@pytest.mark.parametrize("outcome", [OutcomeUnknown("no answer"), Refused("no")])
def test_what_reached_the_person_is_sent_whatever_we_heard(
    world: World, item: Item, monkeypatch: pytest.MonkeyPatch, what: str, outcome: Exception
) -> None:
    send(monkeypatch, outcome)
    outbound = answer(item, world)
    delivery.deliver(ids=[outbound.pk])
    assert receipt(outbound, what, item) == ("sent", "waiting")
    assert outbound.receipt == what


def test_a_receipt_of_failure_brings_the_item_back_until_another_says_delivered(
    world: World, item: Item, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(monkeypatch, Sent(external_id="p-9"))
    outbound = answer(item, world)
    delivery.deliver(ids=[outbound.pk])
    assert receipt(outbound, "failed", item) == ("failed", "open")
    assert outbound.reason == "failed!"
    assert receipt(outbound, "delivered", item) == ("sent", "waiting")
    assert receipt(outbound, "read", item) == ("sent", "waiting")
    assert receipt(outbound, "delivered", item) == ("sent", "waiting")
    assert outbound.receipt == "read"


def test_what_was_read_does_not_fail_any_more(world: World, item: Item, monkeypatch: pytest.MonkeyPatch) -> None:
    send(monkeypatch, Sent(external_id="p-9"))
    outbound = answer(item, world)
    delivery.deliver(ids=[outbound.pk])
    receipt(outbound, "read", item)
    assert receipt(outbound, "failed", item) == ("sent", "waiting")


def by_name(item: Item, *told: str) -> None:
    """The platform tells of a reply by its own id alone."""
    for what in told:
        entry_ = entry("", verb=Verb.RECEIPT, external_id="p-1", receipt=what, reason=f"{what}!")
        small_world.receive(item.connection, entry_)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (["delivered"], ("sent", "delivered", "")),
        (["read", "delivered"], ("sent", "read", "")),
        (["failed"], ("failed", "", "failed!")),
    ],
)
def test_a_receipt_that_comes_before_the_answer_to_the_call_counts(
    world: World,
    item: Item,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
    told: list[str],
    expected: tuple[str, str, str],
) -> None:
    outbound = answer(item, world)
    slowly(monkeypatch, lambda: by_name(item, *told))
    with django_capture_on_commit_callbacks(execute=True):
        delivery.deliver(ids=[outbound.pk])
    outbound.refresh_from_db()
    assert (outbound.state, outbound.receipt, outbound.reason) == expected
    assert EarlyChange.objects.count() == 0


def test_the_sweeper_applies_an_early_receipt_that_both_missed(
    world: World, item: Item, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbound = answer(item, world)
    slowly(monkeypatch, lambda: by_name(item, "read"))
    delivery.deliver(ids=[outbound.pk])  # what is to be done after the commit is not done in this test
    assert EarlyChange.objects.count() == 1
    change.settle_all_early()
    outbound.refresh_from_db()
    assert (outbound.receipt, EarlyChange.objects.count()) == ("read", 0)


def test_an_early_receipt_that_no_reply_claims_is_forgotten_after_a_day(
    world: World, item: Item, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbound = answer(item, world)
    send(monkeypatch, OutcomeUnknown("no answer"))
    delivery.deliver(ids=[outbound.pk])
    by_name(item, "read", "failed")
    EarlyChange.objects.create(connection=item.connection, external_id="x", verb="edit")
    EarlyChange.objects.exclude(verb="failed").update(at=timezone.now() - timedelta(days=2))
    assert outcomes.forget_early_receipts() == 1
    assert sorted(EarlyChange.objects.values_list("verb", flat=True)) == ["edit", "failed"]


def test_a_receipt_of_somebody_elses_message_is_not_kept(world: World, item: Item) -> None:
    answer(item, world)  # nobody has tried to send it yet: nothing can be told of it
    by_name(item, "delivered")
    assert EarlyChange.objects.count() == 0


def test_a_reply_that_was_taken_back_stays_so(world: World, item: Item) -> None:
    outbound = answer(item, world, hold=timedelta(seconds=10))
    replies.take_back(outbound=outbound.pk, by=world.alice)
    assert receipt(outbound, "delivered", item)[0] == "cancelled"
