"""What was found on a platform, as rows of ours and as the facts that rules look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from inbox.ingest import people
from inbox.ingest.people import Key
from inbox.ingest.read import Found
from inbox.models import Decision, Identity, Item, Message
from routing.engine import Decision as Verdict
from routing.facts import Facts
from teams.models import Team

FUTURE = timedelta(minutes=5)  # a platform's clock may be ahead of ours by this much


@dataclass(frozen=True, slots=True)
class Rows:
    """Makes the rows of one batch; saves none."""

    now: datetime
    identities: Mapping[Key, Identity]
    covered: frozenset[str]  # the teams on duty now

    def item(self, found: Found, team: Team) -> Item:
        identity = self._identity(found)
        return Item(
            connection=found.connection,
            contact_id=identity.contact_id if identity else None,
            team=team,
            thread=found.entry.thread[:512],
            kind=found.entry.kind.value,
            rating=found.entry.rating,
            created_at=self.now,
            team_since=self.now,
            last_message_at=self._time(found),
        )

    def message(self, found: Found, item: Item) -> Message:
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
            remark=entry.reason,
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

    def facts(self, found: Found) -> Facts:
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


def decision(item: Item, message: Message, verdict: Verdict, facts: Facts, *, team: Team, placed: bool) -> Decision:
    """What the ruleset said about a message, with all it looked at."""
    return Decision(
        message=message,
        item=item,
        version=verdict.version,
        rule=verdict.rule.name if verdict.rule else "",
        rule_id=verdict.rule.id if verdict.rule else None,
        team=team,
        placed=placed,
        outcome=verdict.to_json(),
        facts=facts.to_json(),
    )
