"""New messages → items in a team's queue, with the decision that put them there.

Works on a whole batch: everything is looked up once, decided in memory in the order of arrival,
and written with one statement per table. Existing items are locked in the order of their ids.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from inbox import attachments, clocks, notify, queue, timeline
from inbox.ingest import closed, helpers, known, people
from inbox.ingest.known import ObjectKey
from inbox.ingest.read import Found
from inbox.live import nudge
from inbox.models import Activity, Decision, Identity, Item, Message
from inbox.models.notification import Topic
from inbox.timeline import Verb
from routing import uses
from routing.engine import Decision as Verdict
from routing.engine import Ruleset, decide
from routing.facts import Facts
from teams.models import Team

FUTURE = timedelta(minutes=5)  # a platform's clock may be ahead of ours by this much
PREVIEW = 280  # characters
PRIORITIES = {"low": 10, "normal": 20, "high": 30, "urgent": 40}


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


def place(creates: Sequence[Found], ruleset: Ruleset) -> None:
    """Store new messages and put their items where the ruleset says. Known messages are passed over."""
    fresh = known.unknown(creates)
    if not fresh:
        return
    board = Board(fresh, ruleset)
    for found in fresh:
        board.take(found)
    board.write()


class Board:
    """One batch on its way into the queues."""

    def __init__(self, fresh: Sequence[Found], ruleset: Ruleset) -> None:
        self.ruleset = ruleset
        self.now = timezone.now()
        self.identities = people.meet(fresh)
        self.teams = {team.slug: team for team in Team.objects.filter(closed_at=None)}
        self.by_number = {team.pk: team for team in self.teams.values()}
        self.book = clocks.Book(self.teams.values())
        self.covered = self.book.covered(self.now)
        self.fallback = next(team for team in self.teams.values() if team.is_fallback)
        self.cases: list[Case] = []
        self.verdicts: list[Verdict] = []
        self.by_thread: dict[ObjectKey, Case] = {}
        self.by_message: dict[ObjectKey, Case] = {}
        self.helped = helpers.of(self.identities.values(), self.by_number, self.now)
        self._load(fresh)

    def take(self, found: Found) -> None:
        case = self._case(found)
        if case is None:
            return
        message = self._message(found, case.item)
        if message.external_id:
            self.by_message[found.connection.pk, message.external_id] = case
        if found.entry.outbound:
            self._our_own(case, message)
        else:
            self._customers(case, message, found)

    def write(self) -> None:
        for case in self.cases:
            if case.messages:
                self.book.wind(case.item, self.now)
        new = [case.item for case in self.cases if case.is_new]
        Item.objects.bulk_create(new)
        touched = [case.item for case in self.cases if not case.is_new and case.messages]
        if touched:
            Item.objects.bulk_update(touched, TOUCHED)
        messages = Message.objects.bulk_create([message for case in self.cases for message in case.messages])
        attachments.expect(messages)
        Decision.objects.bulk_create([decision for case in self.cases for decision in case.decisions])
        Activity.objects.bulk_create([_with_item(row, case) for case in self.cases for row in case.activities])
        closed.tell(self.cases, self.book, self.now)
        self._assign()
        self._tell_holders()
        uses.record(self.verdicts)
        for case in self.cases:
            if case.messages:
                nudge(teams=case.teams | {case.item.team_id}, item=case.item.pk)

    # --- finding the item -------------------------------------------------------------------

    def _load(self, fresh: Sequence[Found]) -> None:
        """Lock the items that this batch continues, by thread or by the message it answers."""
        threads = {(f.connection.pk, f.entry.thread[:512]) for f in fresh if f.entry.thread}
        parents = {(f.connection.pk, f.entry.parent[:512]) for f in fresh if f.entry.parent}
        answered = known.messages(parents)
        wanted = Q(pk__in={message.item_id for message in answered})
        if threads:
            wanted |= Q(connection__in={c for c, _t in threads}, thread__in={t for _c, t in threads})
        items = {
            item.pk: item
            for item in known.locked(wanted)
            if item.pk in {message.item_id for message in answered} or (item.connection_id, item.thread) in threads
        }
        accounts = {found.connection.pk: found.connection for found in fresh}
        for item in items.values():
            item.connection = accounts[item.connection_id]
            if item.team_id in self.by_number:
                item.team = self.by_number[item.team_id]
        moved = known.moved_by_people_or_rules(items)
        cases = {pk: Case(item, is_new=False, settled=pk in moved, teams={item.team_id}) for pk, item in items.items()}
        self.cases.extend(cases.values())
        self.by_thread.update({(c.item.connection_id, c.item.thread): c for c in cases.values() if c.item.thread})
        self.by_message.update({(m.connection_id, m.external_id): cases[m.item_id] for m in answered})

    def _case(self, found: Found) -> Case | None:
        entry, connection = found.entry, found.connection
        going_on = self.by_thread.get((connection.pk, entry.thread[:512])) if entry.thread else None
        going_on = going_on or self.by_message.get((connection.pk, entry.parent[:512]))
        if going_on or entry.outbound:  # our own words alone are nothing that anybody has to answer
            return going_on
        case = Case(self._item(found), is_new=True, settled=False)
        self.cases.append(case)
        if entry.thread:
            self.by_thread[connection.pk, entry.thread[:512]] = case
        return case

    def _item(self, found: Found) -> Item:
        identity = self._identity(found)
        return Item(
            connection=found.connection,
            contact=identity.contact if identity else None,
            team=self.fallback,
            thread=found.entry.thread[:512],
            kind=found.entry.kind.value,
            rating=found.entry.rating,
            created_at=self.now,
            team_since=self.now,
            last_message_at=self._time(found),
        )

    # --- what a message does to it -------------------------------------------------------------

    def _customers(self, case: Case, message: Message, found: Found) -> None:
        facts = self._facts(found)
        verdict = decide(facts, self.ruleset)
        self.verdicts.append(verdict)
        message.language = message.language or verdict.language
        first = case.is_new and not case.messages
        placed = not case.settled and (first or verdict.rule is not None)
        if placed:
            self._place(case, verdict)
        self._arrive(case, message, ignored=verdict.ignore)
        case.messages.append(message)
        case.decisions.append(self._decision(case, message, verdict, facts, placed=placed))

    def _place(self, case: Case, verdict: Verdict) -> None:
        """Follow the decision. A later message of an item may be the one that does, while only the fallback has."""
        item, team = case.item, self._team(verdict)
        earlier = self.helped.get(item.contact_id or 0) if case.is_new and verdict.rule is None else None
        team = earlier.team if earlier else team
        if item.team_id != team.pk:
            item.team, item.team_since = team, self.now
            clocks.new_leg(item)
        item.labels = list(dict.fromkeys([*item.labels, *verdict.labels]))
        if verdict.priority:
            item.priority = PRIORITIES[verdict.priority]
        case.settled = verdict.rule is not None
        case.ask_last_helper = case.ask_last_helper or verdict.assign_to_last_helper
        rule = verdict.rule.name if verdict.rule else None
        words = list(dict.fromkeys(hit.text for hit in verdict.hits))[:20]
        told: dict[str, Any] = {"earlier": earlier.item} if earlier else {}
        case.activities.append(
            timeline.entry(item, Verb.ROUTED, to=team.slug, version=verdict.version, rule=rule, words=words, **told)
        )

    def _team(self, verdict: Verdict) -> Team:
        """The team a decision names; for a closed one, who has taken over from it."""
        team = self.teams.get(verdict.team) or Team.objects.filter(slug=verdict.team).first()
        return team.heir() if team else self.fallback

    def _decision(self, case: Case, message: Message, verdict: Verdict, facts: Facts, *, placed: bool) -> Decision:
        return Decision(
            message=message,
            item=case.item,
            version=verdict.version,
            rule=verdict.rule.name if verdict.rule else "",
            rule_id=verdict.rule.id if verdict.rule else None,
            team=self._team(verdict),
            placed=placed,
            outcome=verdict.to_json(),
            facts=facts.to_json(),
        )

    def _arrive(self, case: Case, message: Message, *, ignored: bool) -> None:
        item = case.item
        before = item.state
        if ignored and (case.is_new or before == Item.State.IGNORED) and not case.messages:
            item.state, item.waiting_since = Item.State.IGNORED, None
            case.activities.append(timeline.entry(item, Verb.IGNORED))
        elif before != Item.State.OPEN:
            self._wake(case, before)
        if item.state != Item.State.IGNORED:
            item.waiting_since = item.waiting_since or self.now
        item.preview, item.language = message.text[:PREVIEW], message.language
        item.last_message_at = max(item.last_message_at, message.at)
        item.version += 0 if case.is_new else 1

    def _wake(self, case: Case, before: str) -> None:
        """The customer wrote again: back into the queue, with the team that has it."""
        item = case.item
        if before in {Item.State.RESOLVED, Item.State.IGNORED}:
            item.assignee = item.claimed_at = None
            case.activities.append(timeline.entry(item, Verb.REOPENED, before=before))
            queue.go_home(item)
        elif before == Item.State.SNOOZED:
            case.activities.append(timeline.entry(item, Verb.WOKE))
        item.state, item.snoozed_until, item.resolved_at = Item.State.OPEN, None, None

    def _our_own(self, case: Case, message: Message) -> None:
        """A colleague answered on the platform itself: the customer is no longer waiting for us."""
        item = case.item
        item.last_message_at = max(item.last_message_at, message.at)
        if item.state == Item.State.OPEN:
            item.state, item.waiting_since = Item.State.WAITING, None
        item.first_reply_at = item.first_reply_at or self.now
        item.version += 0 if case.is_new else 1
        case.messages.append(message)
        case.activities.append(timeline.entry(item, Verb.REPLIED, elsewhere=True))

    def _assign(self) -> None:
        """Ask once: who writes again comes to the person who helped them, when they are there."""
        for case in self.cases:
            before = self.helped.get(case.item.contact_id or 0)
            wanted = case.is_new and case.item.state == Item.State.OPEN
            if wanted and before and before.can_take(case.item, self.book, self.now, rule=case.ask_last_helper):
                queue.claim(item=case.item.pk, by=before.person, why="helped_before", earlier=before.item)

    def _tell_holders(self) -> None:
        for case in self.cases:
            heard = [message for message in case.messages if message.direction == Message.Direction.IN]
            if heard and case.item.assignee_id and not case.is_new:
                notify.tell(Topic.CUSTOMER_WROTE, case.item, [case.item.assignee_id], key=f"wrote-{heard[-1].pk}")

    # --- rows ------------------------------------------------------------------------------------

    def _message(self, found: Found, item: Item) -> Message:
        entry = found.entry
        return Message(
            item=item,
            connection=found.connection,
            event=found.event,
            external_id=entry.external_id[:512],
            parent=entry.parent[:512],
            direction=Message.Direction.OUT if entry.outbound else Message.Direction.IN,
            kind=entry.kind.value,
            identity=None if entry.outbound else self._identity(found),
            text=entry.text,
            language=entry.language[:16],
            rating=entry.rating,
            url=entry.url,
            is_reply=entry.is_reply,
            media=[asdict(medium) for medium in entry.media],
            raw=dict(entry.raw),
            at=self._time(found),
            received_at=found.event.received_at if found.event else self.now,
            version=entry.version or entry.at,
        )

    def _facts(self, found: Found) -> Facts:
        entry, identity = found.entry, self._identity(found)
        return Facts(
            text=entry.text,
            platform=found.connection.kind,
            connection=found.connection.name,
            kind=entry.kind.value,
            language=entry.language,
            rating=entry.rating,
            followers=identity.followers if identity else None,
            verified=identity.verified if identity else None,
            is_reply=entry.is_reply or bool(entry.parent),
            has_media=bool(entry.media),
            at=self._time(found),
            covered=self.covered,
            key=f"{found.connection.pk}:{entry.external_id}",
        )

    def _identity(self, found: Found) -> Identity | None:
        key = people.key_of(found)
        return self.identities[key] if key else None

    def _time(self, found: Found) -> datetime:
        """The platform's time, unless it is missing or lies in the future."""
        at = found.entry.at
        return at if at and at <= self.now + FUTURE else self.now


TOUCHED = [
    "team", "assignee", "state", "priority", "labels", "version", "preview", "language", "claimed_at",
    "waiting_since", "team_since", "last_message_at", "snoozed_until", "resolved_at", "first_reply_at",
    *clocks.FIELDS,
]  # fmt: skip


def _with_item(row: Activity, case: Case) -> Activity:
    """Bind a row made before its item had an id or its final team."""
    row.item, row.team_id = case.item, case.item.team_id
    return row
