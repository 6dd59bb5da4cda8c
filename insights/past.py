"""The rules as they are being edited, asked about messages that have already come: what would go elsewhere."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from inbox.models import Decision as Recorded
from inbox.models import Item
from routing.engine import Decision, Ruleset, decide
from routing.facts import Facts
from routing.marking import Piece, pieces
from teams.models import Team, User

MESSAGES = 1_000
SHOWN = 60
CUT = 300
GAINED, LOST, MOVED = "gained", "lost", "moved"


@dataclass(frozen=True, slots=True)
class Change:
    """One message that would go elsewhere: `kind` says whether a rule gains it, loses it, or takes it from another."""

    kind: str
    item: Item
    pieces: list[Piece]
    before: Team
    after: Team | None
    rule: str


@dataclass(slots=True)
class Past:
    """The newest messages, asked again."""

    asked: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    changes: list[Change] = field(default_factory=list)
    matched_in_shadow: Counter[str] = field(default_factory=Counter)
    decided_in_shadow: Counter[str] = field(default_factory=Counter)

    @property
    def changed(self) -> int:
        return self.counts[GAINED] + self.counts[LOST] + self.counts[MOVED]

    @property
    def shadow(self) -> list[tuple[str, int, int]]:
        """Each rule in shadow: the messages it matches, and those of them that it would decide."""
        return [(name, matched, self.decided_in_shadow[name]) for name, matched in self.matched_in_shadow.items()]

    def note_shadow(self, now: Decision) -> None:
        for rule in now.shadow:
            self.matched_in_shadow[rule.name] += 1
            self.decided_in_shadow[rule.name] += now.would_decide(rule)


def ask(ruleset: Ruleset, viewer: User, *, most: int = MESSAGES) -> Past:
    """Of the items this person sees, the newest messages that are still there, with the facts as recorded."""
    seen = Recorded.objects.filter(item__in=Item.objects.visible_to(viewer), message__deleted_at=None)
    newest = seen.select_related("item__connection", "team").defer("outcome").order_by("-pk")[:most]
    teams = {team.slug: team for team in Team.objects.all()}
    past = Past()
    for recorded in newest:
        now = decide(Facts.from_json(recorded.facts), ruleset)
        past.asked += 1
        past.note_shadow(now)
        kind = _kind(recorded, now)
        past.counts[kind] += 1
        if kind and len(past.changes) < SHOWN:
            past.changes.append(_change(kind, recorded, now, teams.get(now.team)))
    return past


def _kind(recorded: Recorded, now: Decision) -> str:
    """Empty where the message would go where it went; by which rule is of no matter."""
    if recorded.team.slug == now.team:
        return ""
    if now.rule is None:
        return LOST
    return MOVED if recorded.rule else GAINED


def _change(kind: str, recorded: Recorded, now: Decision, after: Team | None) -> Change:
    text = recorded.facts["text"][:CUT]
    hits = [hit for hit in now.hits if hit.end <= len(text)]
    rule = now.rule.name if now.rule else ""
    return Change(kind, recorded.item, pieces(text, hits), recorded.team, after, rule)
