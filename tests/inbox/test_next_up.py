"""Who takes what: "next for me", passing over, giving to another, accepting by claiming."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from inbox import bulk, next_up, queue, relay
from inbox.errors import AlreadyClaimed, NoRoom, NothingToDo
from inbox.models import Activity, Handoff, Item, Notification, Skip
from teams.errors import Invalid, NotAllowed, NotFound
from teams.models import Capacity, Membership, User
from tests.inbox.client import Api
from tests.world import World, make_item, make_person


def age(item: Item, **fields: object) -> None:
    Item.objects.filter(pk=item.pk).update(**fields)


def verbs(item: Item) -> list[str]:
    return list(Activity.objects.filter(item=item).order_by("pk").values_list("verb", flat=True))


def test_the_next_item_is_overdue_then_important_then_old(world: World) -> None:
    now = timezone.now()
    old, late, urgent, later = (make_item(world.connection, world.support, thread=f"n{n}") for n in range(4))
    age(old, waiting_since=now - timedelta(hours=9), due_at=None)
    age(late, due_at=now - timedelta(minutes=1))
    age(urgent, priority=Item.Priority.URGENT, due_at=now + timedelta(hours=1))
    age(later, waiting_since=now - timedelta(hours=1), due_at=None)
    got = [next_up.claim_next(by=world.alice).pk for _n in range(4)]
    assert got == [late.pk, urgent.pk, old.pk, later.pk]
    assert set(Item.objects.filter(pk__in=got).values_list("assignee", flat=True)) == {world.alice.pk}
    with pytest.raises(NothingToDo):
        next_up.claim_next(by=world.alice)


def test_next_for_me_is_of_my_own_teams_and_never_of_those_i_may_not_see(world: World) -> None:
    make_item(world.connection, world.support)
    secret = make_item(world.connection, world.legal)
    with pytest.raises(NothingToDo):
        next_up.claim_next(by=world.bob)
    with pytest.raises(NothingToDo):
        next_up.claim_next(by=world.bob, teams=[world.legal.pk])
    assert Item.objects.filter(assignee=None).count() == 2
    assert next_up.claim_next(by=world.bob, teams=[world.support.pk]).team == world.support
    assert next_up.claim_next(by=world.dora).pk == secret.pk


def test_what_i_hold_sleeps_or_waits_is_not_next(world: World) -> None:
    held, asleep, waiting = (make_item(world.connection, world.support, thread=f"n{n}") for n in range(3))
    queue.claim(item=held.pk, by=world.ada)
    queue.snooze(item=asleep.pk, by=world.alice, until=timezone.now() + timedelta(hours=1))
    age(waiting, state="waiting", waiting_since=None)
    with pytest.raises(NothingToDo):
        next_up.claim_next(by=world.alice)


def test_a_skipped_item_goes_back_and_is_left_out_for_me_alone(world: World) -> None:
    item = make_item(world.connection, world.support)
    assert next_up.claim_next(by=world.alice).pk == item.pk
    next_up.skip(item=item.pk, by=world.alice, reason="Needs somebody who reads Thai")
    item.refresh_from_db()
    assert item.assignee is None
    assert verbs(item)[-1] == "skipped"
    assert Activity.objects.filter(item=item).last().data == {"reason": "Needs somebody who reads Thai"}
    with pytest.raises(NothingToDo):
        next_up.claim_next(by=world.alice)
    Skip.objects.update(at=timezone.now() - timedelta(hours=9))
    assert next_up.claim_next(by=world.alice).pk == item.pk


def test_a_skip_needs_a_reason_and_sight_and_takes_nothing_from_a_colleague(world: World) -> None:
    item = make_item(world.connection, world.support)
    queue.claim(item=item.pk, by=world.alice)
    with pytest.raises(Invalid):
        next_up.skip(item=item.pk, by=world.alice, reason="  ")
    with pytest.raises(NotFound):
        next_up.skip(item=item.pk, by=world.charlie, reason="no")
    with pytest.raises(AlreadyClaimed):
        next_up.skip(item=item.pk, by=world.bob, reason="no")
    assert Skip.objects.count() == 0
    assert Item.objects.get(pk=item.pk).assignee == world.alice


def test_who_is_full_gets_nothing_more(world: World) -> None:
    for number in range(3):
        make_item(world.connection, world.support, thread=f"n{number}")
    Capacity.objects.create(user=world.alice, most=2)
    next_up.claim_next(by=world.alice)
    next_up.claim_next(by=world.alice)
    with pytest.raises(NoRoom):
        next_up.claim_next(by=world.alice)
    Capacity.objects.update(most=9)
    Capacity.objects.create(user=world.alice, platform="generic", most=2)
    with pytest.raises(NothingToDo):
        next_up.claim_next(by=world.alice)
    assert Item.objects.filter(assignee=world.alice).count() == 2


def test_a_lead_gives_an_item_to_one_of_the_team(world: World) -> None:
    sam, sue = make_person("sam", world.support), make_person("sue", world.support)
    item = make_item(world.connection, world.support)
    queue.claim(item=item.pk, by=sam)
    for nobody in (world.bob, sam):
        with pytest.raises(NotAllowed):
            queue.reassign(item=item.pk, to=sue, by=nobody)
    with pytest.raises(NotFound):
        queue.reassign(item=item.pk, to=sue, by=world.charlie)
    with pytest.raises(Invalid):
        queue.reassign(item=item.pk, to=world.bob, by=world.alice)
    assert Item.objects.get(pk=item.pk).assignee == sam

    row = queue.reassign(item=item.pk, to=sue, by=world.alice)

    assert row.assignee == sue
    last = Activity.objects.filter(item=item).last()
    assert (last.verb, last.actor, last.data) == ("reassigned", world.alice, {"from": "sam", "to": "sue"})
    told = dict(Notification.objects.filter(item=item).values_list("user__username", "topic"))
    assert told == {"sue": "assigned", "sam": "taken_back"}


def test_who_was_named_accepts_by_claiming(world: World) -> None:
    item = make_item(world.connection, world.support)
    relay.hand_off(item=item.pk, by=world.alice, to=world.marketing, reason="Yours", to_person=world.bob)
    assert Handoff.objects.get(item=item).outcome == "pending"
    queue.claim(item=item.pk, by=world.bob)
    assert Handoff.objects.get(item=item).outcome == "accepted"
    queue.claim(item=item.pk, by=world.bob)
    assert verbs(item)[-2:] == ["handed_off", "claimed"]


def test_the_second_bounce_goes_to_the_lead(world: World) -> None:
    Membership.objects.filter(user=world.bob).update(role="lead")
    item = make_item(world.connection, world.support)
    relay.hand_off(item=item.pk, by=world.alice, to=world.marketing, reason="Yours")
    row = relay.return_(item=item.pk, by=world.bob, reason="No, yours")
    assert (row.bounces, row.assignee) == (1, None)
    row = relay.hand_off(item=item.pk, by=world.alice, to=world.marketing, reason="Really yours")
    assert (row.bounces, row.assignee) == (2, world.bob)
    assert Activity.objects.filter(item=item).last().data["lead"] == "bob"
    assert Notification.objects.filter(user=world.bob, topic="assigned").count() == 1


def test_the_second_bounce_to_a_team_without_a_lead_is_told_to_the_admins(world: World) -> None:
    item = make_item(world.connection, world.marketing)
    relay.hand_off(item=item.pk, by=world.bob, to=world.support, reason="Yours")
    relay.return_(item=item.pk, by=world.alice, reason="No")
    relay.hand_off(item=item.pk, by=world.bob, to=world.support, reason="Yes")
    row = relay.return_(item=item.pk, by=world.alice, reason="No")
    assert (row.team, row.assignee) == (world.marketing, None)
    assert Notification.objects.filter(topic="unclaimed").values_list("user__username", flat=True).get() == "ada"


def test_what_i_handed_over_i_can_follow(world: World) -> None:
    kept, gone = (make_item(world.connection, world.support, thread=f"n{n}") for n in range(2))
    relay.hand_off(item=kept.pk, by=world.alice, to=world.marketing, reason="Yours")
    relay.hand_off(item=gone.pk, by=world.alice, to=world.legal, reason="A contract")
    queue.claim(item=kept.pk, by=world.bob)
    assert [(row.item_id, row.to_team.slug, row.outcome) for row in relay.sent_by(world.alice)] == [
        (gone.pk, "legal", "pending"),
        (kept.pk, "marketing", "accepted"),
    ]
    assert list(relay.sent_by(world.bob)) == []


def test_a_team_has_its_own_clock_beside_the_age_of_the_wait(world: World) -> None:
    item = make_item(world.connection, world.support)
    long_ago = timezone.now() - timedelta(hours=5)
    age(item, waiting_since=long_ago, team_since=long_ago)
    row = relay.hand_off(item=item.pk, by=world.alice, to=world.marketing, reason="Yours")
    assert row.waiting_since == long_ago
    assert timezone.now() - row.team_since < timedelta(minutes=1)


def test_who_hands_over_in_the_page_may_name_one_who_is_on(world: World) -> None:
    item = make_item(world.connection, world.support)
    User.objects.filter(pk__in=[world.bob.pk, world.dora.pk]).update(seen_at=timezone.now())
    client = Client()
    client.force_login(world.alice)
    address = f"/items/{item.pk}/hand-over/"
    offered = client.get(address).content.decode()
    assert '<option value="bob">bob · Marketing</option>' in offered
    assert "dora" not in offered  # of a private team nothing but its name
    words = {"to": "marketing", "other": "Yours", "note": ""}
    for wrong in ({"person": "dora"}, {"person": "alice"}, {"person": "bob", "to": "unsorted"}):
        assert client.post(address, {**words, **wrong}).status_code == 400
    assert not Handoff.objects.exists()
    client.post(address, {**words, "person": "bob"})
    handoff = Handoff.objects.get(item=item)
    assert (handoff.to_person, handoff.outcome) == (world.bob, "pending")
    assert Item.objects.get(pk=item.pk).assignee == world.bob


def test_a_stale_page_passes_nothing_over(world: World) -> None:
    item = make_item(world.connection, world.support)
    queue.claim(item=item.pk, by=world.alice)
    refused = Api(world.alice).post(f"items/{item.pk}/skip/", {"reason": "No", "version": 1}, expect=409)
    assert refused["code"] == "stale"
    client = Client()
    client.force_login(world.alice)
    assert client.post(f"/items/{item.pk}/skip/", {"other": "No", "seen": "1"}).status_code == 409
    assert Item.objects.get(pk=item.pk).assignee == world.alice
    assert not Skip.objects.exists()


def test_a_handoff_that_was_taken_back_is_no_bounce_and_stands_in_no_way(world: World) -> None:
    item = make_item(world.connection, world.support)
    relay.hand_off(item=item.pk, by=world.alice, to=world.marketing, reason="Yours")
    batch = bulk.hand_off(items=[item.pk], by=world.bob, to=world.fallback, reason="Nobody's")
    assert batch.undo
    bulk.undo(token=batch.undo, by=world.bob)
    row = Item.objects.get(pk=item.pk)
    assert relay.returnable(row).from_team == world.support
    assert Item.objects.annotate(back=relay.can_go_back()).get(pk=item.pk).back
    assert relay.hand_off(item=item.pk, by=world.bob, to=world.fallback, reason="Still").bounces == 0
