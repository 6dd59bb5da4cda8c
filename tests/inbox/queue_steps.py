"""What people do to an item, each step on the real services and beside it on the model."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from inbox import bulk, departures, next_up, queue, relay, replies
from inbox.errors import NothingToDo, NothingToReturn, WrongState
from inbox.models import Activity, Handoff, Item, Skip
from teams import people
from teams.errors import Invalid, NotAllowed, NotFound, Refusal
from teams.models import Team, User
from tests import world as small_world
from tests.inbox.queue_model import MEMBERS, PEOPLE, TEAMS, UNFINISHED, Leg, Model

CLOCKS = ["escalated", "due_soon", "overdue"]  # what only a clock says


THEIRS = "whose it is"
WHO = st.sampled_from([*PEOPLE, *[THEIRS] * 5])


def act(**given: Any) -> Callable[[Callable[..., None]], Any]:
    """A rule of what one person does: as often as not one who may."""

    def decorate(step: Callable[..., None]) -> Any:
        @wraps(step)
        def taken(self: Steps, who: str, **chosen: Any) -> None:
            step(self, self.model.whose() if who == THEIRS else who, **chosen)

        return rule(who=WHO, **given)(taken)

    return decorate


class Steps(RuleBasedStateMachine):
    world: small_world.World
    item: Item
    model: Model
    activities: int

    # --- helpers

    def person(self, name: str) -> User:
        return getattr(self.world, name)

    def team(self, slug: str) -> Team:
        return getattr(self.world, slug)

    def count_activities(self) -> int:
        return Activity.objects.filter(item=self.item).exclude(verb__in=CLOCKS).count()

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

    @act()
    def claim(self, who: str) -> None:
        if self.attempt(self.model.may_claim(who), queue.claim, by=self.person(who)):
            self.activities += self.model.accept(who)

    @act()
    def release(self, who: str) -> None:
        expected = self.model.may_act(who) or (WrongState if self.model.holder is None else None)
        if self.attempt(expected, queue.release, by=self.person(who)):
            self.model.give(None)
            self.model.gave_back.add(who)
            self.activities += 1

    def handed_off(self, to: str, person: str | None = None) -> None:
        model = self.model
        model.settle_pending("passed_on")
        bounce = model.is_bounce(to)
        model.legs.append(Leg(model.team, to))
        model.move(to, bounce=bounce, person=person)
        model.returned = False
        self.activities += 1

    @act(to=st.sampled_from(TEAMS), named=st.sampled_from([None, None, None, *PEOPLE]))
    def hand_off(self, who: str, to: str, named: str | None) -> None:
        expected = Invalid if named and MEMBERS[to] != named else self.model.may_finish(who)
        expected = expected or (Invalid if self.model.team == to else None)
        person = self.person(named) if named else None
        done = self.attempt(
            expected, relay.hand_off, by=self.person(who), to=self.team(to), reason="Yours", to_person=person
        )
        if done:
            self.handed_off(to, named)

    @act(to=st.sampled_from(TEAMS), regrets=st.booleans())
    def hand_off_many(self, who: str, to: str, regrets: bool) -> None:
        before, lines = copy.deepcopy(self.model), self.activities
        expected = self.model.may_finish(who) or (Invalid if self.model.team == to else None)
        by = self.person(who)
        batch = bulk.hand_off(items=[self.item.pk], by=by, to=self.team(to), reason="Yours", note="All of these")
        (result,) = batch.results
        assert (result.done, result.code) == (expected is None, expected.code if expected else "")
        if expected:
            return
        self.handed_off(to)
        assert Handoff.objects.filter(item=self.item).latest("pk").note == "All of these"
        if regrets and batch.undo:
            assert bulk.undo(token=batch.undo, by=by).done == 1
            self.model = before
            self.model.legs.append(Leg(before.team, to, "withdrawn"))
            self.activities = lines + 2

    @act()
    def hand_back(self, who: str) -> None:
        leg = self.model.brought_here()
        expected = self.model.may_finish(who) or (NothingToReturn if leg is None else None)
        if self.attempt(expected, relay.return_, by=self.person(who), reason="Not ours") and leg:
            leg.outcome = "returned"
            self.model.move(leg.source, bounce=True)
            self.model.returned = True
            self.activities += 1

    @act(hours=st.integers(-1, 48))
    def snooze(self, who: str, hours: int) -> None:
        until = timezone.now() + timedelta(hours=hours, minutes=5 if hours >= 0 else -5)
        expected = Invalid if hours < 0 else self.model.may_finish(who)
        if self.attempt(expected, queue.snooze, by=self.person(who), until=until):
            self.model.become("snoozed")
            self.model.sleeps = hours * 60 + 5
            self.model.lies_anew()
            self.activities += 1

    @act()
    def resolve(self, who: str) -> None:
        if self.attempt(self.model.may_finish(who), queue.resolve, by=self.person(who)):
            self.model.finish("resolved")
            self.model.settle_pending("closed")
            self.activities += 1

    @act()
    def ignore(self, who: str) -> None:
        if self.attempt(self.model.may_finish(who), queue.ignore, by=self.person(who)):
            self.model.finish("ignored")
            self.model.settle_pending("closed")
            self.activities += 1

    @act()
    def reopen(self, who: str) -> None:
        expected = None if self.model.sees(who) else NotFound
        expected = expected or (WrongState if self.model.state == "open" else None)
        if self.attempt(expected, queue.reopen, by=self.person(who)):
            if self.model.state in {"resolved", "ignored"}:
                self.model.give(None)
            self.model.wait()
            self.model.wake()
            self.activities += 1

    @act(text=st.sampled_from(["Look at the invoice", "  ", "ø\x00ø"]))
    def note(self, who: str, text: str) -> None:
        expected = Invalid if not text.strip() else (None if self.model.sees(who) else NotFound)
        if self.attempt(expected, queue.note, by=self.person(who), text=text):
            self.activities += 1

    @act()
    def reply(self, who: str) -> None:
        key = small_world.fresh("k")
        if self.attempt(self.model.may_claim(who), replies.reply, by=self.person(who), text="We look at it", key=key):
            again = replies.reply(item=self.item.pk, by=self.person(who), text="We look at it", key=key)
            assert again.client_key == key
            self.activities += 1 + self.model.accept(who)
            self.model.finish("waiting")
            self.model.helper = who
            self.model.replies += 1

    @act(to=st.sampled_from(PEOPLE))
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

    @act()
    def skip(self, who: str) -> None:
        model = self.model
        expected = model.may_claim(who)
        if self.attempt(expected, next_up.skip, by=self.person(who), reason="Not now"):
            if model.holder:
                model.give(None)
            model.gave_back.add(who)
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
            model.give(None)
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
            model.come_to(to)
            model.give(None)
            self.activities += 1
