"""Fetching what came with messages: through the SSRF guard, with limits, into a folder of ours.

Links on platforms live for minutes, so this happens as soon as a worker can. Nothing in a page loads
from a third party; what is not stored is named, not shown.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import fields
from datetime import timedelta
from typing import cast
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now

from connectors import email, generic, guard, media, registry
from connectors.base import Media, NotConfigured, ParseError, Refused, SendError
from connectors.platform import Platform
from inbox import images
from inbox.live import nudge
from inbox.models import Attachment, Item, Message
from inbox.models.item import ItemQuerySet

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=3)
MOST_ATTEMPTS = 6
MOST_PER_MESSAGE = 20
LIMITS = media.FetchLimits()
WITHIN = "part:"  # how the name of a file begins that came within its delivery
INSIDE = {"email": email.attachment, "generic": generic.attachment}
State = Attachment.State


def expect(messages: Sequence[Message]) -> None:
    """Note down what is to be fetched, in the transaction that stores the messages."""
    Attachment.objects.bulk_create(
        Attachment(message=message, position=position)
        for message in messages
        for position, _medium in enumerate(message.media[:MOST_PER_MESSAGE])
    )


def fetch_due(*, limit: int = 10) -> int:
    """Fetch what waits; returns how many were tried."""
    taken = _lease(limit)
    for row in taken:
        _fetch(row)
    return len(taken)


def find(token: UUID, items: ItemQuerySet) -> Attachment | None:
    """A stored attachment, if its message is in one of these items and was not deleted."""
    return kept(token).filter(message__item__in=items).first()


def kept(token: UUID) -> QuerySet[Attachment]:
    """The stored attachment of that name, as long as its message is not deleted."""
    return Attachment.objects.filter(token=token, state=State.STORED, message__deleted_at=None)


def _lease(limit: int) -> list[Attachment]:
    with transaction.atomic():
        due = Attachment.objects.filter(state=State.PENDING, next_at__lte=Now()).order_by("next_at", "pk")
        numbers = list(due.select_for_update(skip_locked=True).values_list("pk", flat=True)[:limit])
        Attachment.objects.filter(pk__in=numbers).update(next_at=Now() + LEASE, attempts=F("attempts") + 1)
    return list(Attachment.objects.filter(pk__in=numbers).select_related("message__connection", "message__event"))


def _fetch(row: Attachment) -> None:
    try:
        got = _get(row)
        body = images.remake(got.bytes, got.type) if got.type in images.TYPES else got.bytes
    except (Refused, NotConfigured, ParseError, images.Unreadable, registry.UnknownKind) as error:
        _settle(row, State.REFUSED, reason=str(error))
    except Exception as error:  # whatever it was, it may be had later; in the end it is refused with this reason
        if not isinstance(error, SendError):
            log.exception("attachment %s", row.pk)
        _later(row, str(error))
    else:
        _write(row, body)
        _settle(row, State.STORED, type=got.type, name=got.name[:255], size=len(body))


def _get(row: Attachment) -> media.Fetched:
    told = row.message.media[row.position]
    medium = Media(**{field.name: told[field.name] for field in fields(Media) if field.name in told})
    connection = row.message.connection
    if medium.url.startswith(WITHIN) and connection.kind in INSIDE:
        event = row.message.event
        if event is None:
            raise ParseError("the delivery itself is gone")
        return _checked(INSIDE[connection.kind](event.delivery(), medium, connection.account()), medium)
    with guard.client(allow=settings.ALLOW_PRIVATE_HOSTS) as http:
        source = cast(Platform, registry.get(connection.kind)).locate(medium, connection.account(), http)
        return media.fetch(source.url, http, LIMITS, headers=source.headers, name=medium.name)


def _checked(body: bytes, medium: Media) -> media.Fetched:
    """The limits of a download for what came inside the delivery itself."""
    kind = media.sniff(body)
    if len(body) > LIMITS.size:
        raise Refused(f"larger than {LIMITS.size} bytes")
    if kind not in LIMITS.types:
        raise Refused(f"a file of type {kind or 'unknown'} is not kept")
    return media.Fetched(body, kind, media.safe_name(medium.name))


def _write(row: Attachment, body: bytes) -> None:
    row.path.parent.mkdir(parents=True, exist_ok=True)
    partial = row.path.with_suffix(".part")
    partial.write_bytes(body)
    partial.replace(row.path)


def _later(row: Attachment, reason: str) -> None:
    if row.attempts >= MOST_ATTEMPTS:
        _settle(row, State.REFUSED, reason=reason)
    else:
        pause = timedelta(seconds=10 * 3**row.attempts)
        Attachment.objects.filter(pk=row.pk).update(next_at=Now() + pause, reason=reason.replace("\x00", "")[:500])


def _settle(row: Attachment, state: Attachment.State, *, reason: str = "", **facts: object) -> None:
    """Finish the row, and tell the message what it has: pages and API read it from there."""
    with transaction.atomic():
        item = Item.objects.select_for_update().get(pk=row.message.item_id)
        done = Attachment.objects.filter(pk=row.pk, state=State.PENDING)
        if not done.update(state=state, reason=reason.replace("\x00", "")[:500], **facts):
            return
        message = Message.objects.get(pk=row.message_id)
        known = {"token": str(row.token)} | facts if state == State.STORED else {"refused": reason[:200]}
        message.media[row.position] |= known
        message.save(update_fields=["media"])
        nudge(teams=[item.team_id], item=item.pk)
