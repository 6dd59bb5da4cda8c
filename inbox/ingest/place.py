"""New messages → items in a team's queue, with the decision that put them there.

Works on a whole batch: everything is looked up once, decided in memory in the order of arrival,
and written with one statement per table. Existing items are locked in the order of their ids.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from inbox import attachments, clocks, notify, queue
from inbox.ingest import closed, helpers, inserts, known, people, rows
from inbox.ingest.case import Case
from inbox.ingest.read import Found
from inbox.ingest.rows import Rows
from inbox.ingest.threads import Threads
from inbox.live import nudge
from inbox.models import Item, Message
from inbox.models.notification import Topic
from inbox.timeline import Verb
from routing import uses
from routing.engine import Decision as Verdict
from routing.engine import Ruleset, decide
from teams.models import Team

PRIORITIES = {"low": 10, "normal": 20, "high": 30, "urgent": 40}
TOUCHED = [
    "team", "assignee", "state", "priority", "labels", "version", "preview", "language", "rule", "claimed_at",
    "waiting_since", "team_since", "last_message_at", "snoozed_until", "resolved_at", "first_reply_at",
    *clocks.FIELDS,
]  # fmt: skip


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
        identities = people.meet(fresh)
        self.teams = {team.slug: team for team in Team.objects.filter(closed_at=None)}
        by_number = {team.pk: team for team in self.teams.values()}
        self.book = clocks.Book(self.teams.values())
        self.rows = Rows(self.now, identities, self.book.covered(self.now))
        self.fallback = next(team for team in self.teams.values() if team.is_fallback)
        self.verdicts: list[Verdict] = []
        self.helped = helpers.of(identities.values(), by_number, self.now)
        self.threads = Threads(fresh, by_number)
        self.cases = self.threads.cases

    def take(self, found: Found) -> None:
        case = self.threads.case(found, lambda new: self.rows.item(new, self.fallback))
        if case is None:
            return
        message = self.rows.message(found, case.item)
        self.threads.remember(message, case)
        if found.entry.outbound:
            case.our_own(message, self.now)
        else:
            self._customers(case, message, found)

    def write(self) -> None:
        self._write_items()
        self._write_messages()
        closed.tell(self.cases, self.book, self.now)
        self._assign()
        self._tell_holders()
        uses.record(self.verdicts)
        for case in self.cases:
            if case.messages:
                nudge(teams=case.teams | {case.item.team_id}, item=case.item.pk)

    def _customers(self, case: Case, message: Message, found: Found) -> None:
        facts = self.rows.facts(found)
        verdict = decide(facts, self.ruleset)
        self.verdicts.append(verdict)
        message.language = message.language or verdict.language
        first = case.is_new and not case.messages
        placed = not case.settled and (first or verdict.rule is not None)
        if placed:
            self._place(case, verdict)
        case.arrive(message, self.now, ignored=verdict.ignore)
        team = self._team(verdict)
        case.decisions.append(rows.decision(case.item, message, verdict, facts, team=team, placed=placed))

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
        item.rule = Item.folded(rule or "")
        words = list(dict.fromkeys(hit.text for hit in verdict.hits))[:20]
        told: dict[str, Any] = {"earlier": earlier.item} if earlier else {}
        case.note(Verb.ROUTED, to=team.slug, version=verdict.version, rule=rule, words=words, **told)

    def _team(self, verdict: Verdict) -> Team:
        """The team a decision names; for a closed one, who has taken over from it."""
        team = self.teams.get(verdict.team) or Team.objects.filter(slug=verdict.team).first()
        return team.heir() if team else self.fallback

    def _write_items(self) -> None:
        for case in self.cases:
            if case.messages:
                self.book.wind(case.item, self.now)
        inserts.insert_numbered([case.item for case in self.cases if case.is_new])
        touched = [case.item for case in self.cases if not case.is_new and case.messages]
        if touched:
            Item.objects.bulk_update(touched, TOUCHED)

    def _write_messages(self) -> None:
        for case in self.cases:
            case.bind()
        messages = [message for case in self.cases for message in case.messages]
        inserts.insert_numbered(messages)
        attachments.expect(messages)
        decisions = [decision for case in self.cases for decision in case.decisions]
        for decision in decisions:
            decision.message = decision.message  # by now it has its number
        inserts.insert(decisions)
        inserts.insert([row for case in self.cases for row in case.activities])

    def _assign(self) -> None:
        """Ask once: who writes again comes to the person who helped them, when they are there."""
        for case in self.cases:
            before = self.helped.get(case.item.contact_id or 0)
            wanted = case.is_new and case.item.state == Item.State.OPEN
            if wanted and before and before.can_take(case.item, self.book, self.now, rule=case.ask_last_helper):
                queue.claim(item=case.item.pk, by=before.person, why="helped_before", earlier=before.item)

    def _tell_holders(self) -> None:
        for case in self.cases:
            heard = case.heard()
            if heard and case.item.assignee_id and not case.is_new:
                notify.tell(Topic.CUSTOMER_WROTE, case.item, [case.item.assignee_id], key=f"wrote-{heard[-1].pk}")
