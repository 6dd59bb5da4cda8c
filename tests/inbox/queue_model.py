"""What the queue must do, written as plainly as possible: one item, its teams, its people and the time."""

from __future__ import annotations

from dataclasses import dataclass, field

from inbox.errors import AlreadyClaimed, WrongState
from teams.errors import NotFound, Refusal

RUNGS = (15, 30, 60, 120)  # minutes until the team, its lead, the covering team and everybody are told
RETURN_AFTER = 60  # minutes
THERE_WITHIN = 10
FIRST_REPLY, NEXT_REPLY, RESOLUTION = 120, 60, 240  # minutes, of every team
UNFINISHED = {"open", "waiting", "snoozed"}
RUNNING = {"open", "snoozed"}  # in which the clocks run; they stand still while we wait for the customer
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
    helper: str | None = None
    # minutes, as `pass_time` lets them pass
    waited: int = 0  # the customer, since the oldest message without an answer
    in_team: int = 0  # since this team has it
    unclaimed: int = 0  # since it lies open and unclaimed
    claimed: int = 0  # since its holder has it
    runs: bool = True  # the clock of its resolution
    ran: int = 0  # that clock, since it was started last
    spent: int = 0  # what that clock had counted in this team when it was stopped
    sleeps: int = 0  # until it wakes
    escalated: int = 0
    heard: dict[str, int] = field(default_factory=dict)  # by person, since they were last heard of
    away: dict[str, int] = field(default_factory=dict)  # by person, since they said that they are away
    off_duty: set[str] = field(default_factory=set)
    gives_out: bool = False  # Support has items given to its people
    gave_back: set[str] = field(default_factory=set)
    away_messages: int = 0

    def whose(self) -> str:
        """Whoever holds it, or else would take it."""
        return self.holder or MEMBERS[self.team]

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
        counted = [leg for leg in self.legs if leg.outcome != "withdrawn"]
        last = counted[-1] if counted else None
        return last if last and last.target == self.team and last.outcome in {"pending", "accepted"} else None

    def settle_pending(self, outcome: str) -> None:
        for leg in self.legs:
            if leg.outcome == "pending":
                leg.outcome = outcome

    def move(self, team: str, *, bounce: bool, person: str | None = None) -> None:
        self.bounces += bounce
        second = bounce and self.bounces >= 2
        lead = "alice" if second and team == "support" else None
        self.come_to(team)
        self.become("open")
        self.wait()
        self.give(person or lead)
        self.lies_anew()

    def come_to(self, team: str) -> None:
        """Another team has it, with clocks of its own."""
        self.team, self.in_team = team, 0
        self.spent, self.runs = 0, False
        self.become(self.state)

    def become(self, state: str) -> None:
        if state in RUNNING and not self.runs:
            self.runs, self.ran = True, 0
        elif state not in RUNNING and self.runs:
            self.runs = False
            self.spent += 0 if self.team in self.off_duty else self.ran
        self.state = state

    def finish(self, state: str) -> None:
        self.become(state)
        self.customer_waits = False
        self.lies_anew()

    def accept(self, who: str) -> bool:
        """What a claim changes: who holds it, and whether a handoff is accepted by it."""
        pending = any(leg.outcome == "pending" for leg in self.legs)
        changed = pending or self.holder != who
        if self.holder != who:
            self.give(who)
        self.settle_pending("accepted")
        return changed

    def give(self, who: str | None) -> None:
        self.holder, self.claimed = who, 0
        self.lies_anew()

    def wait(self) -> None:
        """The customer waits; who waited already waits since then."""
        self.waited = self.waited if self.customer_waits else 0
        self.customer_waits = True

    def wake(self) -> None:
        if self.state != "open":
            self.become("open")
            self.lies_anew()

    def lies_anew(self) -> None:
        """Its ladder begins anew: it was taken, put back, moved, put to sleep, finished or opened again."""
        self.unclaimed = self.escalated = 0

    def is_bounce(self, to: str) -> bool:
        return any(to in {leg.source, leg.target} for leg in self.legs if leg.outcome != "withdrawn")

    def reply_left(self) -> int | None:
        """Minutes until a reply is due, when one is and the team is on duty all the time."""
        if not self.customer_waits or self.state not in RUNNING:
            return None
        return (NEXT_REPLY if self.replies else FIRST_REPLY) - min(self.waited, self.in_team)

    def resolution_left(self) -> int | None:
        return max(RESOLUTION - self.spent, 0) - self.ran if self.runs else None

    def is_unclaimed(self) -> bool:
        return self.state == "open" and self.holder is None

    def pass_time(self, minutes: int) -> None:
        self.waited += minutes
        self.in_team += minutes
        self.claimed += minutes
        self.ran += minutes
        self.sleeps -= minutes
        self.unclaimed += minutes if self.is_unclaimed() else 0
        for clock in (self.heard, self.away):
            for who in clock:
                clock[who] += minutes

    def sweep(self) -> int:
        """What the sweeper must do now, in its order; the lines of history that makes, but for the clocks' own."""
        lines = 0
        if self.state == "snoozed" and self.sleeps <= 0:
            self.wake()
            lines += 1
        self.climb()
        if self.state == "open" and self.holder and self.is_absent(self.holder):
            self.give(None)
            lines += 1
        if self.gives_out and self.is_unclaimed() and self.team == "support" and self.may_be_given("alice"):
            lines += self.accept("alice")
        return lines

    def climb(self) -> None:
        if self.is_unclaimed():
            waited = 0 if self.team in self.off_duty else self.unclaimed  # minutes of duty
            self.escalated = max(self.escalated, sum(waited >= wait for wait in RUNGS))

    def is_absent(self, who: str) -> bool:
        silent = min(self.heard.get(who, self.claimed), self.claimed) >= RETURN_AFTER
        return silent or (who in self.away and min(self.away[who], self.claimed) >= RETURN_AFTER)

    def may_be_given(self, who: str) -> bool:
        return self.is_there(who) and who not in self.gave_back and "support" not in self.off_duty

    def is_there(self, who: str) -> bool:
        return who not in self.away and self.heard.get(who, THERE_WITHIN) < THERE_WITHIN

    def nobody_covers(self) -> bool:
        """Support is off duty and so is Marketing, which covers it."""
        return self.team == "support" and {"support", "marketing"} <= self.off_duty
