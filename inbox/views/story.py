"""An item's story in the order it happened: messages, notes and what people did, day by day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import pairwise
from typing import Any
from zlib import crc32

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.db.models.functions import JSONObject
from django.utils import timezone

from connectors.base import Limits
from inbox import draft_files, relay
from inbox.models import Activity, Decision, Handoff, Identity, Item, Message, MessageRevision, Outbound
from inbox.selectors.sight import Sight
from inbox.views import marks
from inbox.views.rows import name_of
from teams.models import Team, User

Verb = Activity.Verb
SILENT = {Verb.ROUTED, Verb.REPLIED, Verb.SENT, Verb.SEND_FAILED, Verb.SEND_UNKNOWN}
WIDEST = 12  # of a leg on the track, in parts


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing in the thread. `shape` is day, unread, message, note or event."""

    shape: str
    at: datetime
    message: Message | None = None
    parts: list[marks.Part] = field(default_factory=list)
    activity: Activity | None = None
    outbound: Outbound | None = None
    team: Team | None = None
    other: Team | None = None
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class Leg:
    """One team's turn: who held it, for how long, and how it came to them."""

    team: Team
    start: datetime
    end: datetime | None
    holder: User | None
    reason: str
    returned: bool
    width: int = 1


class Story:
    """Everything the thread of one item shows. Each part is read once, when it is asked for."""

    def __init__(self, item: Item, viewer: User, *, since: int | None = None, sight: Sight | None = None) -> None:
        self.item, self.viewer, self.since, self._sight = item, viewer, since, sight

    @cached_property
    def sight(self) -> Sight:
        return self._sight or Sight.of(self.viewer)

    @cached_property
    def name(self) -> str:
        return name_of(self.item, self.identities)

    @cached_property
    def identities(self) -> list[Identity]:
        """The contact's accounts; `inbox.views.respond.find` has read them along with the item."""
        told = getattr(self.item, "identities", None)
        if told is None:
            return list(self.item.contact.identities.order_by("pk")) if self.item.contact else []
        return [Identity(contact=self.item.contact, **each) for each in told]

    @cached_property
    def activities(self) -> list[Activity]:
        return list(self.item.activities.select_related("actor", "team").order_by("pk"))

    @cached_property
    def messages(self) -> list[Message]:
        """What was said, each with its reply's ledger, its decision and what it said before."""
        before = MessageRevision.objects.filter(message=OuterRef("pk")).order_by("pk")
        rows = self.item.messages.select_related("user", "identity", "outbound", "decision__team").annotate(
            before=ArraySubquery(before.values(told=JSONObject(text="text", until="until")))
        )
        return sorted(rows, key=lambda message: (message.at, message.pk))

    @cached_property
    def outbounds(self) -> dict[int, Outbound]:
        return {row.pk: row.outbound for row in self.messages if hasattr(row, "outbound")}

    @cached_property
    def decisions(self) -> dict[int, Decision]:
        found = [(row.pk, row.decision) for row in self.messages if hasattr(row, "decision")]
        return dict(sorted(found, key=lambda each: each[1].pk))

    @cached_property
    def decision(self) -> Decision | None:
        """The decision that put the item into a queue: the newest one that did."""
        placed = [row for row in self.decisions.values() if row.placed]
        return next((row for row in reversed(placed) if row.rule), placed[-1] if placed else None)

    @cached_property
    def matched(self) -> list[str]:
        """The words that decided, each once, as they were written."""
        hits = self.decision.outcome.get("hits", []) if self.decision else []
        return list(dict.fromkeys(str(hit.get("text", "")) for hit in hits))

    @cached_property
    def teams(self) -> dict[str, Team]:
        """Teams by short name, for the rows that only keep that."""
        return {team.slug: team for team in self.sight.teams}

    @cached_property
    def entries(self) -> list[Entry]:
        told = [self._message(row) for row in self.messages]
        told += [self._activity(row) for row in self.activities if row.verb not in SILENT]
        told.sort(key=lambda entry: entry.at)
        return list(_with_days(_with_line(told, self.read_until)))

    @cached_property
    def read_until(self) -> datetime | None:
        """Where the line stands between what the viewer had read and what is new; an open tab says where it stood."""
        return self.unread_since

    @cached_property
    def stamp(self) -> str:
        """Changes whenever the story does; an open tab asks with the one it has."""
        last = self.activities[-1].pk if self.activities else 0
        seen: list[tuple[object, ...]] = [(row.pk, row.state, row.receipt) for row in self.outbounds.values()]
        seen += [
            (row.pk, str(row.edited_at), str(row.deleted_at), repr([row.reactions, row.media])) for row in self.messages
        ]
        return f"{self.item.version}-{last}-{crc32(repr(sorted(seen, key=repr)).encode()):x}"

    @cached_property
    def last_activity(self) -> int:
        return self.activities[-1].pk if self.activities else 0

    @cached_property
    def between(self) -> list[Entry]:
        """What happened since the person looked, for a page that is told it is stale."""
        if self.since is None:
            return []
        return [
            self._activity(row) for row in self.activities if row.pk > self.since and row.actor_id != self.viewer.pk
        ]

    @property
    def unread_since(self) -> datetime | None:
        """Up to where the viewer had read when they opened this; None where they had read all, or never looked."""
        until: datetime | None = getattr(self.item, "read_until", None)
        return until if until and until < self.item.last_message_at else None

    @cached_property
    def returnable(self) -> bool:
        """Whether it can go back to the team it came from."""
        if self.item.state not in Item.UNFINISHED:
            return False
        return bool(getattr(self.item, "can_go_back", False))  # as `inbox.views.respond.find` has read it

    @cached_property
    def brought(self) -> Handoff | None:
        """The handoff that a return answers."""
        return relay.returnable(self.item)

    @cached_property
    def limits(self) -> Limits:
        return draft_files.limits_for(self.item, self.item.connection)

    @property
    def no_files(self) -> str:
        return draft_files.no_files(self.item.connection, self.limits)

    @property
    def largest_file(self) -> int:
        return draft_files.largest(self.limits.files) if self.limits.files else 0

    @property
    def too_large(self) -> str:
        """What is said of a larger one; {} stands for its name."""
        return draft_files.too_large(self.largest_file) % {"name": "{}"} if self.limits.files else ""

    @property
    def files_taken(self) -> str:
        """How many files a reply takes, how large and of which kinds."""
        return draft_files.in_words(self.limits)

    @property
    def types_taken(self) -> str:
        """What the browser's own dialog offers."""
        return ",".join(sorted(self.limits.files.types)) if self.limits.files else ""

    @property
    def window_ends(self) -> datetime | None:
        """When the platform stops letting us answer."""
        last = max((row.at for row in self.messages if row.direction == Message.Direction.IN), default=None)
        return last + self.limits.window if last and self.limits.window else None

    @cached_property
    def legs(self) -> list[Leg]:
        legs: list[Leg] = []
        for row in self.activities:
            if not legs or legs[-1].team.pk != row.team_id:
                legs.append(_leg(row))
            elif row.verb in {Verb.CLAIMED, Verb.REASSIGNED}:
                legs[-1] = _with(legs[-1], holder=row.actor)
        return _measured(legs, self.item)

    def _message(self, row: Message) -> Entry:
        decision = self.decisions.get(row.pk)
        hits = decision.outcome.get("hits", []) if decision and decision.placed else []
        return Entry(
            "message",
            row.at,
            message=row,
            parts=marks.at(row.text, hits),
            outbound=self.outbounds.get(row.pk),
            team=decision.team if decision else None,
        )

    def _activity(self, row: Activity) -> Entry:
        return Entry(
            "note" if row.verb == Verb.NOTED else "event",
            row.at,
            parts=marks.names(row.text, row.data.get("mentions", [])),
            activity=row,
            team=self.teams.get(row.data.get("to", "")) or row.team,
            other=self.teams.get(row.data.get("from", "")),
            is_new=self.since is not None and row.pk > self.since,
        )


def _with_days(entries: Iterable[Entry]) -> Iterable[Entry]:
    """The same, with a line wherever a new day begins in the viewer's time zone."""
    before = None
    for entry in entries:
        day = timezone.localtime(entry.at).date()
        if day != before:
            yield Entry("day", entry.at)
        before = day
        yield entry


def _with_line(entries: Iterable[Entry], until: datetime | None) -> Iterable[Entry]:
    """The same, with a line before the first message of the customer that came after `until`."""
    waiting = until is not None
    for entry in entries:
        news = entry.message is not None and entry.message.direction == Message.Direction.IN
        if waiting and news and until is not None and entry.at > until:
            yield Entry("unread", entry.at)
            waiting = False
        yield entry


def _leg(row: Activity) -> Leg:
    data: dict[str, Any] = row.data
    return Leg(
        team=row.team,
        start=row.at,
        end=None,
        holder=row.actor if row.verb == Verb.CLAIMED else None,
        reason=str(data.get("reason", "")),
        returned=row.verb == Verb.RETURNED,
    )


def _with(leg: Leg, **changes: Any) -> Leg:
    values = {name: getattr(leg, name) for name in Leg.__slots__}
    return Leg(**{**values, **changes})


def _measured(legs: list[Leg], item: Item) -> list[Leg]:
    """Give each leg its end and its share of the track; the shortest can still be read."""
    if not legs:
        return []
    finish = item.resolved_at or timezone.now()
    ends: list[datetime | None] = [after.start for _before, after in pairwise(legs)]
    ends.append(item.resolved_at)
    lengths = [((end or finish) - leg.start).total_seconds() for leg, end in zip(legs, ends, strict=True)]
    longest = max(*lengths, 1.0) if len(lengths) > 1 else max(lengths[0], 1.0)
    widths = [max(round(WIDEST * length / longest), 3) for length in lengths]
    return [_with(leg, end=end, width=width) for leg, end, width in zip(legs, ends, widths, strict=True)]
