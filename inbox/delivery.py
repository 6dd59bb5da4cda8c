"""Reply → platform, at most once.

`sending` and the attempt's number are committed before the call, so a crash in between leaves a
row that says so. Only what the platform itself makes safe to repeat is repeated; everything else
whose outcome we did not hear becomes `unknown`, and a person decides. No network inside a transaction.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from connectors import guard, registry, reply_key
from connectors.base import Kind, NotConfigured, OutcomeUnknown, Refused, Reply, SendError, Sent, TokenRevoked, TryLater
from connectors.files import File
from inbox import public_files
from inbox.access import revoke
from inbox.models import Attachment, Attempt, Item, Message, Outbound
from inbox.outcomes import RELATED, close, confirm, mark_sent, settle

log = logging.getLogger(__name__)
State = Outbound.State

LEASE = timedelta(seconds=120)  # longer than any call may take
MOST_ATTEMPTS = Outbound.MOST_ATTEMPTS
LONGEST_PAUSE = timedelta(hours=6)

TAKE = """
UPDATE inbox_outbound SET state = 'sending', attempt_count = attempt_count + 1,
       lease_until = statement_timestamp() + %(lease)s, lease_token = %(token)s
WHERE id IN (
    SELECT o.id FROM inbox_outbound o
    JOIN inbox_item i ON i.id = o.item_id JOIN inbox_connection c ON c.id = i.connection_id
    WHERE o.state = 'queued' AND o.next_at <= statement_timestamp() AND c.state = 'active'
      AND (%(ids)s::bigint[] IS NULL OR o.id = ANY(%(ids)s))
    ORDER BY o.next_at, o.id LIMIT %(limit)s FOR UPDATE OF o SKIP LOCKED)
RETURNING id
"""


@dataclass(frozen=True, slots=True)
class Parcel:
    """One leased reply with its attempt."""

    outbound: Outbound
    attempt: Attempt


def deliver(*, ids: Sequence[int] | None = None, limit: int = 20) -> int:
    """Send what is due: the named replies, or any. Returns how many were tried."""
    parcels = _lease(ids, limit)
    for parcel in parcels:
        if _held(parcel):
            _carry(parcel)
        else:
            close(parcel.attempt, "later", TryLater("its turn came too late"))
    return len(parcels)


def key_for(outbound: Outbound) -> str:
    """The key a platform sees with every try of this reply."""
    return reply_key.of(outbound.pk)


def _lease(ids: Sequence[int] | None, limit: int) -> list[Parcel]:
    token = uuid.uuid4()
    wanted = list(ids) if ids is not None else None
    with transaction.atomic():
        with connection.cursor() as cursor:
            values: dict[str, Any] = {"lease": LEASE, "token": token, "ids": wanted, "limit": limit}
            cursor.execute(TAKE, values)
            taken = [row[0] for row in cursor.fetchall()]
        rows = Outbound.objects.filter(pk__in=taken).select_related(*RELATED).order_by("pk")
        return [Parcel(row, Attempt.objects.create(outbound=row, number=row.attempt_count)) for row in rows]


def _held(parcel: Parcel) -> bool:
    """Whether it is still ours to send. The calls before it may have taken long, so whatever is left of the batch
    gets its time anew; what was lost meanwhile is somebody else's, and sending it too would be sending it twice."""
    left = Outbound.objects.filter(state=State.SENDING, lease_token=parcel.outbound.lease_token, lease_until__gt=Now())
    left.update(lease_until=Now() + LEASE)
    return left.filter(pk=parcel.outbound.pk).exists()


def _carry(parcel: Parcel) -> None:
    if _may_be_out(parcel.outbound) and not _retry_safe(parcel.outbound):
        lost = _("An earlier try may have arrived, and the platform would no longer know it again.")
        return _failed(parcel, OutcomeUnknown(lost))
    return _call(parcel)


def _call(parcel: Parcel) -> None:
    item = parcel.outbound.item
    try:
        connector = registry.get(item.connection.kind)
        with guard.client(allow=settings.ALLOW_PRIVATE_HOSTS) as http:
            sent = connector.send(_reply(parcel.outbound), item.connection.account(), http)
    except SendError as error:
        _failed(parcel, error)
    except (NotConfigured, registry.UnknownKind) as error:  # nothing left us; an admin has to mend the connection
        _failed(parcel, Refused(str(error)))
    except Exception as error:  # a connector's bug: whether the call went out is not known
        log.exception("reply %s", parcel.outbound.pk)
        _failed(parcel, OutcomeUnknown(f"{type(error).__name__}: {error}"))
    else:
        _arrived(parcel, sent)


def _reply(outbound: Outbound) -> Reply:
    answers = outbound.answers
    identity = answers.identity if answers else None
    return Reply(
        key=key_for(outbound),
        text=outbound.message.text,
        thread=outbound.item.thread,
        parent=answers.external_id if answers else "",
        kind=Kind(outbound.item.kind),
        to=identity.external_id if identity else "",
        to_handle=identity.handle if identity else "",
        subject=str(answers.raw.get("subject", "")) if answers else "",
        files=_files(outbound.message),
        automatic=outbound.author_id is None,
    )


def _files(message: Message) -> tuple[File, ...]:
    if not message.media:
        return ()
    rows = message.attachments.order_by("position")
    return tuple(_file(row, str(message.media[row.position].get("alt", ""))) for row in rows)


def _file(row: Attachment, alt: str) -> File:
    return File(row.path, row.type, row.name, alt, *public_files.addresses(row))


# --- what came of it -----------------------------------------------------------------------------


def _arrived(parcel: Parcel, sent: Sent) -> None:
    with transaction.atomic():
        outbound = _still_ours(parcel)
        close(parcel.attempt, "sent")
        if outbound:
            mark_sent(outbound, sent.external_id)
    if outbound is None:  # we were given up, and know better
        confirm(parcel.outbound, sent.external_id)


def _failed(parcel: Parcel, error: SendError) -> None:
    outcome, state = _meaning(parcel.outbound, error)
    with transaction.atomic():
        close(parcel.attempt, outcome, error)
        outbound = _still_ours(parcel)
        if outbound is None:
            return
        if isinstance(error, TokenRevoked):
            revoke(outbound.item.connection, error.reason)
        settle(outbound, state, reason=error.reason, code=error.code, pause=_pause(outbound, error))


def _meaning(outbound: Outbound, error: SendError) -> tuple[str, Outbound.State]:
    """The connector says which kind of failure it was; whether to try again is decided here alone."""
    ended = State.UNKNOWN if _may_be_out(outbound) else State.FAILED
    again = State.QUEUED if outbound.attempt_count < outbound.most_attempts else ended
    if isinstance(error, TokenRevoked):
        return "revoked", State.QUEUED  # it waits until the connection is well again
    if isinstance(error, TryLater):
        return "later", again
    if isinstance(error, OutcomeUnknown):
        return "unknown", again if _retry_safe(outbound) and again == State.QUEUED else State.UNKNOWN
    return "refused", ended


def _may_be_out(outbound: Outbound) -> bool:
    """Whether one of the tries before this one, since a person last decided, ended without an answer."""
    decided = outbound.most_attempts - MOST_ATTEMPTS
    earlier = outbound.attempts.filter(number__gt=decided, number__lt=outbound.attempt_count)
    return earlier.filter(outcome__in=["", "unknown"]).exists()


def _retry_safe(outbound: Outbound) -> bool:
    account = outbound.item.connection.account()
    limits = registry.get(account.kind).limits(Kind(outbound.item.kind), account)
    first = outbound.attempts.order_by("number").values_list("started_at", flat=True).first()
    in_time = limits.retry_within is None or first is None or timezone.now() - first < limits.retry_within
    return limits.retry_safe and in_time  # some platforms forget a key after a while


def _pause(outbound: Outbound, error: SendError) -> timedelta:
    wished = error.after if isinstance(error, TryLater) and error.after else None
    return min(wished or timedelta(seconds=5 * 2**outbound.attempt_count), LONGEST_PAUSE)


def _still_ours(parcel: Parcel) -> Outbound | None:
    """The reply's row, locked after its item's, if nobody took the lease from us."""
    Item.objects.select_for_update().get(pk=parcel.outbound.item_id)
    mine = Outbound.objects.select_for_update(of=("self",)).select_related(*RELATED)
    return mine.filter(pk=parcel.outbound.pk, state=State.SENDING, lease_token=parcel.outbound.lease_token).first()


def expire() -> int:
    """Replies whose worker never came back: tried again where that is safe, else `unknown`."""
    late = Outbound.objects.filter(state=State.SENDING, lease_until__lt=Now()).values_list("pk", "item")
    for number, item in late:
        with transaction.atomic():
            Item.objects.select_for_update().get(pk=item)
            row = (
                Outbound.objects.select_for_update(of=("self",))
                .select_related(*RELATED)
                .filter(Q(lease_until__lt=timezone.now()), pk=number, state=State.SENDING)
                .first()
            )
            if row:
                lost = OutcomeUnknown(_("The worker that sent it ended before the platform answered."))
                settle(row, _meaning(row, lost)[1], reason=lost.reason)
    return len(late)
