"""The queue and its model side by side: what the customer and the clock do, and what must be true at all times."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.db.models import DateTimeField, F
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from connectors.base import Author
from inbox import clocks, queue, sweep
from inbox.models import Activity, Handoff, Item, Message, Outbound, Target
from insights import ledger
from teams import attendance
from teams.models import Shift, Team, User
from tests import world as small_world
from tests.inbox.queue_model import FIRST_REPLY, MEMBERS, NEXT_REPLY, PEOPLE, RESOLUTION, RUNGS, Model
from tests.inbox.queue_steps import Steps

# All are multiples of ten, and what ends after a time ends five minutes off them or on them: how long the steps
# themselves take decides nothing.
JUMPS = st.sampled_from([10, 30, 60, 130])  # minutes


class QueueMachine(Steps):
    def __init__(self) -> None:
        super().__init__()
        self.world = small_world.build_once()
        Item.objects.unfinished().update(state="resolved", snoozed_until=None)  # what earlier examples left
        self.customer = Author(id=small_world.fresh("c"), name="A Customer")
        self.as_at_first()
        thread = small_world.fresh("t")
        self.item = small_world.make_item(
            self.world.connection, self.world.support, thread=thread, author=self.customer
        )
        self.model = Model(team="support")
        self.others = 0  # conversations that the customer began later
        self.activities = self.count_activities()

    def as_at_first(self) -> None:
        """Nobody is away or heard of, everybody is on duty, and Marketing stands in for Support."""
        User.objects.update(seen_at=None, away_since=None)
        Shift.objects.all().delete()
        Target.objects.all().delete()
        Target.objects.create(first_reply=FIRST_REPLY, next_reply=NEXT_REPLY, resolution=RESOLUTION)
        Team.objects.update(rewind_from=None, assignment="off")
        Team.objects.filter(slug="support").update(covered_by=self.world.marketing, away_message="We are closed")

    @rule(who=st.sampled_from(PEOPLE))
    def is_heard_of(self, who: str) -> None:
        attendance.saw([self.person(who).pk])
        self.model.heard[who] = 0

    @rule(who=st.sampled_from(PEOPLE), away=st.booleans())
    def goes_away_or_comes_back(self, who: str, away: bool) -> None:
        attendance.set_away(person=User.objects.get(username=who), away=away)
        if away:
            self.model.away.setdefault(who, 0)
        else:
            self.model.away.pop(who, None)

    @rule(gives=st.booleans())
    def support_gives_its_items_out(self, gives: bool) -> None:
        Team.objects.filter(slug="support").update(assignment="least_loaded" if gives else "off")
        self.model.gives_out = gives
        self.sweep()

    @rule(slug=st.sampled_from(["support", "marketing"]))
    def duty_ends_or_begins(self, slug: str) -> None:
        """Off duty is one hour a week, three days from now."""
        team, model = self.team(slug), self.model
        if slug in model.off_duty:
            team.shifts.all().delete()
            model.off_duty.remove(slug)
        else:
            day = (timezone.now() + timedelta(days=3)).weekday()
            Shift.objects.create(team=team, weekday=day, starts=time(9), ends=time(10))
            model.off_duty.add(slug)
        clocks.rewind_team(team)
        self.sweep()

    # --- what the customer and the clock do

    @rule()
    def customer_writes(self) -> None:
        said = small_world.entry("And?", thread=self.item.thread, author=self.customer)
        small_world.receive(self.world.connection, said)
        model = self.model
        self.activities += {"resolved": 1, "ignored": 1, "snoozed": 1}.get(model.state, 0)
        if model.state in {"resolved", "ignored"}:
            model.give(None)
        model.wait()
        model.wake()
        if model.nobody_covers() and not model.away_messages:
            model.away_messages = 1  # once, however often they write before somebody is there
            self.activities += 1

    @precondition(lambda self: self.others < 2)
    @rule()
    def customer_begins_another_conversation(self) -> None:
        """Ask once: it comes to the team that has the earlier one, and to who helped, when they are there for it."""
        self.others += 1
        model = self.model
        new = small_world.entry("Something else", thread=small_world.fresh("o"), author=self.customer)
        (row,) = small_world.receive(self.world.connection, new)
        team = model.team if model.helper else self.world.fallback.slug
        helps = model.helper and model.is_there(model.helper) and MEMBERS.get(team) == model.helper
        helps = helps and team not in model.off_duty
        assert (row.team.slug, row.assignee.username if row.assignee else None) == (
            team,
            model.helper if helps else None,
        )
        routed = Activity.objects.get(item=row, verb="routed")
        assert routed.data.get("earlier") == (self.item.pk if model.helper else None)
        queue.resolve(item=row.pk, by=self.world.ada)

    @rule(minutes=JUMPS)
    def time_passes(self, minutes: int) -> None:
        self.go_on(minutes)

    @rule(jumps=st.lists(JUMPS, min_size=2, max_size=4))
    def much_time_passes(self, jumps: list[int]) -> None:
        for minutes in jumps:
            self.go_on(minutes)

    def go_on(self, minutes: int) -> None:
        for table in (Item, User):
            moments = [row.name for row in table._meta.concrete_fields if isinstance(row, DateTimeField)]
            table.objects.update(**{name: F(name) - timedelta(minutes=minutes) for name in moments})
        self.model.pass_time(minutes)
        self.sweep()
        assert sweep.wake_due() == 0, "nothing wakes early"

    def sweep(self) -> None:
        sweep.tidy(grace=timedelta())
        self.activities += self.model.sweep()

    # --- what must be true at all times

    def check(self) -> None:
        self.agrees_with_the_model()
        self.clocks_run_while_somebody_is_wanted_and_on_duty()
        self.history_tells_every_change()
        self.everything_received_is_somewhere_and_has_a_next_step()

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
        assert row.escalated == model.escalated
        assert same(age(row.waiting_since), model.waited if model.customer_waits else None)  # it goes along with it
        assert same(age(row.team_since), model.in_team)
        assert same(age(row.unclaimed_since), model.unclaimed if model.is_unclaimed() else None)
        legs = (
            Handoff.objects.filter(item=row).order_by("pk").values_list("from_team__slug", "to_team__slug", "outcome")
        )
        assert list(legs) == [(leg.source, leg.target, leg.outcome) for leg in model.legs]

    @invariant()
    def clocks_run_while_somebody_is_wanted_and_on_duty(self) -> None:
        row, model = Item.objects.get(pk=self.item.pk), self.model
        reply, other = row.first_reply_due, row.next_reply_due
        if model.replies:
            reply, other = other, reply
        assert other is None
        assert same(age(row.running_since), model.ran if model.runs else None)
        assert same(row.resolution_spent, model.spent)
        for due, left in [(reply, model.reply_left()), (row.resolution_due, model.resolution_left())]:
            if left is not None and model.team in model.off_duty:
                assert due
                assert due > timezone.now() + timedelta(days=1)
            else:
                assert same(age(due), None if left is None else -left)

    @invariant()
    def history_tells_every_change(self) -> None:
        assert self.count_activities() == self.activities
        sent = self.model.replies + self.model.away_messages
        assert Outbound.objects.filter(item=self.item).count() == sent
        assert Message.objects.filter(item=self.item, direction="out").count() == sent

    @invariant()
    def everything_received_is_somewhere_and_has_a_next_step(self) -> None:
        """received = open + waiting + snoozed + resolved + ignored + dead, counted in the history and in the items."""
        found = ledger.count()
        assert found.balances, found
        assert all(row.escalated == len(RUNGS) for row in ledger.without_next_step())


def age(since: datetime | None) -> timedelta | None:
    return timezone.now() - since if since else None


def same(found: timedelta | None, minutes: int | None) -> bool:
    """Whether it is so many minutes, and the moments that the steps themselves took."""
    if found is None or minutes is None:
        return found is minutes
    return timedelta() <= found - timedelta(minutes=minutes) < timedelta(minutes=5)
