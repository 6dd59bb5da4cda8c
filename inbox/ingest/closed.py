"""Out of hours the customer gets the team's message: once for an item in one closed period."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import partial

from django.db import transaction

from inbox import timeline
from inbox.clocks import Book
from inbox.doorbell import ring_delivery
from inbox.ingest.case import Case
from inbox.models import Item, Message, Outbound
from inbox.timeline import Verb


def tell(cases: Iterable[Case], book: Book, now: datetime) -> None:
    """Put the message of a team that nobody covers now into the items that customers have just written to."""
    for case in cases:
        heard = case.heard()
        if heard and case.item.state == Item.State.OPEN:
            _tell(case.item, heard[-1], book, now)


def _tell(item: Item, answers: Message, book: Book, now: datetime) -> None:
    team = book.teams.get(item.team_id)
    if team is None or not team.away_message.strip() or book.somebody_covers(team, now):
        return
    since = book.hours[team.pk].off_duty_since(now)
    key = f"closed-{team.pk}-{since.timestamp():.0f}" if since else ""
    if not key or Outbound.objects.filter(item=item, client_key=key).exists():
        return
    message = Message.objects.create(
        item=item,
        connection=item.connection,
        direction=Message.Direction.OUT,
        kind=item.kind,
        text=team.away_message.strip(),
        at=now,
    )
    outbound = Outbound.objects.create(item=item, message=message, author=None, client_key=key, answers=answers)
    timeline.record(item, Verb.REPLIED, outbound=outbound.pk, automatic=True)
    transaction.on_commit(partial(ring_delivery, [outbound.pk]))
