"""Many items at once: each for itself, and exactly what was done can be taken back."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from inbox import bulk, queue, relay
from inbox.models import Activity, Handoff, Item, Undo
from teams.errors import Invalid, NotFound
from teams.models import Team
from tests.world import World, make_item

WATCHED = (*bulk.FIELDS, "due_at", "first_reply_due", "next_reply_due", "resolution_due")


def some(world: World, team: Team, number: int = 3) -> list[int]:
    return [make_item(world.connection, team, thread=f"bulk{team.pk}-{n}").pk for n in range(number)]


def state_of(items: list[int]) -> list[dict]:
    return list(Item.objects.filter(pk__in=items).order_by("pk").values(*WATCHED))


def test_each_item_is_done_or_refused_for_itself(world: World) -> None:
    mine, taken, hidden = some(world, world.support, 2), some(world, world.marketing, 1), some(world, world.legal, 1)
    queue.claim(item=taken[0], by=world.bob)
    batch = bulk.claim(items=[*mine, *taken, *hidden, 999_999_999], by=world.alice)
    assert [(result.item, result.done, result.code) for result in batch.results] == [
        (mine[0], True, ""),
        (mine[1], True, ""),
        (taken[0], False, "already_claimed"),
        (hidden[0], False, "not_found"),
        (999_999_999, False, "not_found"),
    ]
    assert batch.done == 2
    assert set(Item.objects.filter(assignee=world.alice).values_list("pk", flat=True)) == set(mine)


def test_nothing_done_is_nothing_to_take_back(world: World) -> None:
    batch = bulk.claim(items=some(world, world.legal), by=world.alice)
    assert (batch.done, batch.undo) == (0, None)
    assert not Undo.objects.exists()
    with pytest.raises(Invalid):
        bulk.claim(items=range(bulk.MOST + 1), by=world.alice)


def operations(world: World) -> dict:
    until = timezone.now() + timedelta(days=1)
    return {
        "claim": lambda items: bulk.claim(items=items, by=world.alice),
        "resolve": lambda items: bulk.resolve(items=items, by=world.alice),
        "snooze": lambda items: bulk.snooze(items=items, by=world.alice, until=until),
        "label": lambda items: bulk.label(items=items, by=world.alice, add=["vip"], remove=["old"]),
        "prioritise": lambda items: bulk.prioritise(items=items, by=world.alice, priority=40),
        "hand_off": lambda items: bulk.hand_off(items=items, by=world.alice, to=world.legal, reason="Law", note="All"),
    }


@pytest.mark.parametrize("verb", ["claim", "resolve", "snooze", "label", "prioritise", "hand_off"])
def test_undo_puts_back_exactly_what_was_there(world: World, verb: str) -> None:
    items = some(world, world.support)
    Item.objects.filter(pk__in=items).update(labels=["old", "kept"])
    relay.hand_off(item=items[0], by=world.bob, to=world.marketing, reason="a leg before")
    relay.return_(item=items[0], by=world.bob, reason="and back")
    relay.hand_off(item=items[1], by=world.alice, to=world.marketing, reason="still pending")
    before, legs = state_of(items), list(Handoff.objects.order_by("pk").values())
    batch = operations(world)[verb](items)
    assert batch.done == 3
    assert state_of(items) != before

    undone = bulk.undo(token=batch.undo, by=world.alice)

    assert [result.done for result in undone.results] == [True] * 3
    assert state_of(items) == before
    after = list(Handoff.objects.order_by("pk").values())
    assert after[: len(legs)] == legs
    assert {leg["outcome"] for leg in after[len(legs) :]} <= {"withdrawn"}
    assert Activity.objects.filter(item__in=items, verb="undone", actor=world.alice).count() == 3


def test_undo_leaves_alone_what_somebody_touched_since(world: World) -> None:
    items = some(world, world.support)
    batch = bulk.resolve(items=items, by=world.alice)
    queue.reopen(item=items[1], by=world.bob)
    queue.note(item=items[2], by=world.bob, text="Wait")
    before = state_of(items[1:])
    undone = bulk.undo(token=batch.undo, by=world.alice)
    assert [(result.done, result.code) for result in undone.results] == [(True, ""), (False, "stale"), (False, "stale")]
    assert state_of(items[1:]) == before


def test_a_token_is_mine_once_and_for_a_while(world: World) -> None:
    items = some(world, world.support)
    batch = bulk.claim(items=items, by=world.alice)
    for token, by in ((batch.undo, world.bob), (uuid.uuid4(), world.alice)):
        with pytest.raises(NotFound):
            bulk.undo(token=token, by=by)
    Undo.objects.update(at=timezone.now() - timedelta(minutes=11))
    with pytest.raises(NotFound):
        bulk.undo(token=batch.undo, by=world.alice)
    assert Item.objects.filter(pk__in=items, assignee=world.alice).count() == 3
    Undo.objects.update(at=timezone.now())
    bulk.undo(token=batch.undo, by=world.alice)
    with pytest.raises(NotFound):
        bulk.undo(token=batch.undo, by=world.alice)
    assert Item.objects.filter(pk__in=items, assignee=None).count() == 3


def test_labels_are_counted_cleaned_and_told(world: World) -> None:
    item = make_item(world.connection, world.support)
    bulk.label(items=[item.pk], by=world.bob, add=["  very   angry ", "vip"])
    bulk.label(items=[item.pk], by=world.bob, add=["vip"], remove=["very angry"])
    rows = Activity.objects.filter(item=item, verb="labelled").order_by("pk")
    assert [row.data for row in rows] == [
        {"added": ["very angry", "vip"], "removed": []},
        {"added": [], "removed": ["very angry"]},
    ]
    version = Item.objects.get(pk=item.pk).version
    assert bulk.label(items=[item.pk], by=world.bob, add=["vip"]).undo is None
    with pytest.raises(Invalid):
        bulk.marks.label(item=item.pk, by=world.bob, add=["x" * 51])
    with pytest.raises(Invalid):
        bulk.marks.prioritise(item=item.pk, by=world.bob, priority=3)
    with pytest.raises(NotFound):
        bulk.marks.label(item=item.pk, by=world.charlie, add=["x"])
    row = Item.objects.get(pk=item.pk)
    assert (row.labels, row.version) == (["vip"], version)
