"""One item of a batch, and what each message does to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from inbox import queue, timeline
from inbox.models import Activity, Decision, Item, Message
from inbox.timeline import Verb

PREVIEW = 280  # characters
State = Item.State


@dataclass(slots=True)
class Case:
    """An item of this batch and what the batch adds to it."""

    item: Item
    is_new: bool
    settled: bool  # people or a rule have placed it; later messages do not move it
    messages: list[Message] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    teams: set[int] = field(default_factory=set)  # every queue this batch took it through
    activities: list[Activity] = field(default_factory=list)
    ask_last_helper: bool = False

    def arrive(self, message: Message, now: datetime, *, ignored: bool) -> None:
        """The customer wrote. Only what a rule ignores from its first word on asks for no answer."""
        item, before = self.item, self.item.state
        if ignored and (self.is_new or before == State.IGNORED) and not self.messages:
            item.state, item.waiting_since = State.IGNORED, None
            self.note(Verb.IGNORED)
        elif before != State.OPEN:
            self._wake(before)
        if item.state != State.IGNORED:
            item.waiting_since = item.waiting_since or now
        item.preview, item.language = message.text[:PREVIEW], message.language
        self._add(message)

    def our_own(self, message: Message, now: datetime) -> None:
        """A colleague answered on the platform itself: the customer is no longer waiting for us."""
        if self.item.state == State.OPEN:
            self.item.state, self.item.waiting_since = State.WAITING, None
        self.item.first_reply_at = self.item.first_reply_at or now
        self._add(message)
        self.note(Verb.REPLIED, elsewhere=True)

    def note(self, verb: Activity.Verb, **data: Any) -> None:
        self.activities.append(timeline.entry(self.item, verb, **data))

    def bind(self) -> None:
        """Tie its rows to the item, now that it has a number and its final team."""
        for message in self.messages:
            message.item = self.item
        for decision in self.decisions:
            decision.item = self.item
        for activity in self.activities:
            activity.item, activity.team_id = self.item, self.item.team_id

    def heard(self) -> list[Message]:
        """What the customer said in this batch."""
        return [message for message in self.messages if message.direction == Message.Direction.IN]

    def _wake(self, before: str) -> None:
        """The customer wrote again: back into the queue, with the team that has it."""
        item = self.item
        if before in {State.RESOLVED, State.IGNORED}:
            item.assignee = item.claimed_at = None
            self.note(Verb.REOPENED, before=before)
            queue.go_home(item)
        elif before == State.SNOOZED:
            self.note(Verb.WOKE)
        item.state, item.snoozed_until, item.resolved_at = State.OPEN, None, None

    def _add(self, message: Message) -> None:
        self.item.last_message_at = max(self.item.last_message_at, message.at)
        self.item.version += 0 if self.is_new else 1
        self.messages.append(message)
