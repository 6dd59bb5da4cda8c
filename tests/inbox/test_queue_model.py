"""The queue against a small model of it: whatever people, customers and the clock do, in any order.

Every step runs on the real services and the real PostgreSQL; beside it a model of a few lines says
what must come of it, refusals included. After every step both must agree.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from django.db import connection as database
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from inbox import assignment, departures, next_up, queue, relay, replies, sweep
from inbox.errors import AlreadyClaimed, NothingToDo, NothingToReturn, WrongState
from inbox.models import Activity, Handoff, Item, Message, Outbound, Skip
from teams import people
from teams.errors import Invalid, NotAllowed, NotFound, Refusal
from teams.models import Team, User
from tests import world as small_world

UNFINISHED = {"open", "waiting", "snoozed"}
PEOPLE = ["alice", "bob", "charlie", "dora", "ada"]
TEAMS = ["support", "marketing", "legal"]
MEMBERS = {"support": "alice", "marketing": "bob", "legal": "dora"}


@dataclass
class Leg:
    source: str
    target: str
    outcome: str = "pending"


@dataclass
class Model:
    """What an item must be, written as plainly as possible."""

    team: str
    state: str = "open"
    holder: str | None = None
    legs: list[Leg] = field(default_factory=list)
    bounces: int = 0
    returned: bool = False
    customer_waits: bool = True
    replies: int = 0

    def sees(self, who: str) -> bool:
        if who == "charlie":
            return False
        return self.team != "legal" or who in {"dora", "ada"}

    def leads(self, who: str) -> bool:
        return who == "ada" or (who == "alice" and self.team == "support")

    def may_act(self, who: str) -> type[Refusal] | None:
        if not self.sees(who):
            return NotFound
        if self.holder not in {None, who} and not self.leads(who):
            return AlreadyClaimed
        return None

    def may_finish(self, who: str) -> type[Refusal] | None:
        return self.may_act(who) or (None if self.state in UNFINISHED else WrongState)

    def may_claim(self, who: str) -> type[Refusal] | None:
        if not self.sees(who):
            return NotFound
        if self.state not in UNFINISHED:
            return WrongState
        return None if self.holder in {None, who} else AlreadyClaimed

    def brought_here(self) -> Leg | None:
        last = self.legs[-1] if self.legs else None
        return last if last and last.target == self.team and last.outcome in {"pending", "accepted"} else None

    def settle_pending(self, outcome: str) -> None:
        for leg in self.legs:
            if leg.outcome == "pending":
                leg.outcome = outcome

    def move(self, team: str, *, bounce: bool) -> None:
        self.bounces += bounce
        second = bounce and self.bounces >= 2
        holder = "alice" if second and team == "support" else None  # she leads it
        self.team, self.holder, self.state, self.customer_waits = team, holder, "open", True

    def accept(self, who: str) -> bool:
        """What a claim changes: who holds it, and whether a handoff is accepted by it."""
        pending = any(leg.outcome == "pending" for leg in self.legs)
        changed = pending or self.holder != who
        self.holder = who
        self.settle_pending("accepted")
        return changed


class QueueMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.world = small_world.build_once()
        Item.objects.unfinished().update(state="resolved", snoozed_until=None)  # what earlier examples left
        self.item = small_world.make_item(self.world.connection, self.world.support, thread=small_world.fresh("t"))
        self.model = Model(team="support")
        self.activities = self.count_activities()

    # --- helpers

    def person(self, name: str) -> User:
        return getattr(self.world, name)

    def team(self, slug: str) -> Team:
        return getattr(self.world, slug)

    def count_activities(self) -> int:
        return Activity.objects.filter(item=self.item).count()

    def attempt(self, expected: type[Refusal] | None, act, **kwargs) -> bool:
        """Do it; the refusal must be the one the model foresees, and a refusal must leave no trace."""
        before = Item.objects.values().get(pk=self.item.pk)
        if expected is None:
            act(item=self.item.pk, **kwargs)
            return True
        with pytest.raises(expected):
            act(item=self.item.pk, **kwargs)
        assert Item.objects.values().get(pk=self.item.pk) == before
        assert self.count_activities() == self.activities
        return False

    # --- what people do

    @rule(who=st.sampled_from(PEOPLE))
    def claim(self, who: str) -> None:
        if self.attempt(self.model.may_claim(who), queue.claim, by=self.person(who)):
            self.activities += self.model.accept(who)

    @rule(who=st.sampled_from(PEOPLE))
    def release(self, who: str) -> None:
        expected = self.model.may_act(who) or (WrongState if self.model.holder is None else None)
        if self.attempt(expected, queue.release, by=self.person(who)):
            self.model.holder = None
            self.activities += 1

    @rule(who=st.sampled_from(PEOPLE), to=st.sampled_from(TEAMS))
    def hand_off(self, who: str, to: str) -> None:
        expected = self.model.may_finish(who) or (Invalid if self.model.team == to else None)
        if self.attempt(expected, relay.hand_off, by=self.person(who), to=self.team(to), reason="Belongs to you"):
            model = self.model
            model.settle_pending("passed_on")
            bounce = any(to in {leg.source, leg.target} for leg in model.legs)
            model.legs.append(Leg(model.team, to))
            model.move(to, bounce=bounce)
            model.returned = False
            self.activities += 1

    @rule(who=st.sampled_from(PEOPLE))
    def hand_back(self, who: str) -> None:
        leg = self.model.brought_here()
        expected = self.model.may_finish(who) or (NothingToReturn if leg is None else None)
        if self.attempt(expected, relay.return_, by=self.person(who), reason="Not ours") and leg:
            leg.outcome = "returned"
            self.model.move(leg.source, bounce=True)
            self.model.returned = True
            self.activities += 1

    @rule(who=st.sampled_from(PEOPLE), hours=st.integers(-1, 48))
    def snooze(self, who: str, hours: int) -> None:
        until = timezone.now() + timedelta(hours=hours, minutes=1 if hours >= 0 else -1)
        expected = Invalid if hours < 0 else self.model.may_finish(who)
        if self.attempt(expected, queue.snooze, by=self.person(who), until=until):
            self.model.state = "snoozed"
            self.activities += 1

    @rule(who=st.sampled_from(PEOPLE))
    def resolve(self, who: str) -> None:
        if self.attempt(self.model.may_finish(who), queue.resolve, by=self.person(who)):
            self.model.state, self.model.customer_waits = "resolved", False
            self.model.settle_pending("closed")
            self.activities += 1

    @rule(who=st.sampled_from(PEOPLE))
    def reopen(self, who: str) -> None:
        expected = None if self.model.sees(who) else NotFound
        expected = expected or (WrongState if self.model.state == "open" else None)
        if self.attempt(expected, queue.reopen, by=self.person(who)):
            if self.model.state in {"resolved", "ignored"}:
                self.model.holder = None
            self.model.state, self.model.customer_waits = "open", True
            self.activities += 1

    @rule(who=st.sampled_from(PEOPLE), text=st.sampled_from(["Look at the invoice", "  ", "ø\x00ø"]))
    def note(self, who: str, text: str) -> None:
        expected = Invalid if not text.strip() else (None if self.model.sees(who) else NotFound)
        if self.attempt(expected, queue.note, by=self.person(who), text=text):
            self.activities += 1

    @rule(who=st.sampled_from(PEOPLE))
    def reply(self, who: str) -> None:
        key = small_world.fresh("k")
        if self.attempt(self.model.may_claim(who), replies.reply, by=self.person(who), text="We look at it", key=key):
            again = replies.reply(item=self.item.pk, by=self.person(who), text="We look at it", key=key)
            assert again.client_key == key
            self.activities += 1 + self.model.accept(who)
            self.model.state, self.model.customer_waits = "waiting", False
            self.model.replies += 1

    @rule(who=st.sampled_from(PEOPLE), to=st.sampled_from(PEOPLE))
    def reassign(self, who: str, to: str) -> None:
        model = self.model
        expected = None if model.sees(who) else NotFound
        expected = expected or (None if model.state in UNFINISHED else WrongState)
        expected = expected or (None if model.leads(who) else NotAllowed)
        expected = expected or (None if MEMBERS[model.team] == to else Invalid)
        changes = model.holder != to
        if self.attempt(expected, queue.reassign, by=self.person(who), to=self.person(to)) and changes:
            model.accept(to)
            self.activities += 1

    @rule(who=st.sampled_from(PEOPLE))
    def skip(self, who: str) -> None:
        model = self.model
        expected = model.may_claim(who)
        if self.attempt(expected, next_up.skip, by=self.person(who), reason="Not now"):
            model.holder = None
            self.activities += 1
            Skip.objects.all().delete()

    @rule(who=st.sampled_from(["alice", "bob", "dora"]))
    def next_for_me(self, who: str) -> None:
        model = self.model
        mine = MEMBERS[model.team] == who and model.state == "open" and model.holder is None
        if mine:
            assert next_up.claim_next(by=self.person(who)).pk == self.item.pk
            model.accept(who)
            self.activities += 1
        else:
            with pytest.raises(NothingToDo):
                next_up.claim_next(by=self.person(who))

    @rule(who=st.sampled_from(["alice", "bob", "dora"]))
    def leave_and_come_back(self, who: str) -> None:
        model = self.model
        held = model.holder == who and model.state in UNFINISHED
        assert departures.deactivate(by=self.world.ada, person=User.objects.get(username=who)) == int(held)
        people.reactivate(by=self.world.ada, person=User.objects.get(username=who))
        if held:
            model.holder = None
            self.activities += 1

    @rule(slug=st.sampled_from(TEAMS), to=st.sampled_from(TEAMS))
    def close_a_team_and_open_it_again(self, slug: str, to: str) -> None:
        team = Team.objects.get(slug=slug)
        if slug == to:
            with pytest.raises(Invalid):
                departures.close_team(by=self.world.ada, team=team, to=self.team(to))
            return
        departures.close_team(by=self.world.ada, team=team, to=self.team(to))
        departures.reopen_team(by=self.world.ada, team=Team.objects.get(slug=slug))
        model = self.model
        if model.team == slug and model.state in UNFINISHED:
            model.settle_pending("passed_on")
            model.team, model.holder = to, None
            self.activities += 1

    @rule(who=st.sampled_from(PEOPLE))
    def absence(self, who: str) -> None:
        """An hour passes in which this person is not heard of."""
        past = timezone.now() - timedelta(minutes=61)
        User.objects.filter(username=who).update(seen_at=past)
        Item.objects.filter(pk=self.item.pk, assignee__username=who).update(claimed_at=past)
        held = self.model.holder == who and self.model.state == "open"
        assert assignment.release_absent() == int(held)
        User.objects.filter(username=who).update(seen_at=None)
        if held:
            self.model.holder = None
            self.activities += 1

    # --- what the customer and the clock do

    @rule()
    def customer_writes(self) -> None:
        small_world.receive(self.world.connection, small_world.entry("And?", thread=self.item.thread))
        model = self.model
        self.activities += {"resolved": 1, "ignored": 1, "snoozed": 1}.get(model.state, 0)
        if model.state in {"resolved", "ignored"}:
            model.holder = None
        if model.state != "open":
            model.state = "open"
        model.customer_waits = True

    @precondition(lambda self: self.model.state == "snoozed")
    @rule()
    def time_passes(self) -> None:
        past = timezone.now() - timedelta(seconds=1)
        Item.objects.filter(pk=self.item.pk).update(snoozed_until=past)
        assert sweep.wake_due() == 1
        self.model.state = "open"
        self.activities += 1

    @rule()
    def nothing_wakes_early(self) -> None:
        assert sweep.wake_due() == 0

    # --- what must be true at all times

    @invariant()
    def agrees_with_the_model(self) -> None:
        row = Item.objects.select_related("team", "assignee").get(pk=self.item.pk)
        model = self.model
        assert (row.team.slug, row.state) == (model.team, model.state)
        assert (row.assignee.username if row.assignee else None) == model.holder
        assert (row.claimed_at is not None) == (model.holder is not None)
        assert (row.snoozed_until is not None) == (model.state == "snoozed")
        assert (row.bounces, row.returned) == (model.bounces, model.returned)
        assert (row.waiting_since is not None) == model.customer_waits
        legs = (
            Handoff.objects.filter(item=row).order_by("pk").values_list("from_team__slug", "to_team__slug", "outcome")
        )
        assert list(legs) == [(leg.source, leg.target, leg.outcome) for leg in model.legs]

    @invariant()
    def history_tells_every_change(self) -> None:
        assert self.count_activities() == self.activities
        assert Outbound.objects.filter(item=self.item).count() == self.model.replies
        assert Message.objects.filter(item=self.item, direction="out").count() == self.model.replies


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_the_queue_agrees_with_its_model() -> None:
    assert database.vendor == "postgresql"
    small_world.build_once.cache_clear()
    run_state_machine_as_test(
        QueueMachine,
        settings=settings(
            max_examples=30, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
