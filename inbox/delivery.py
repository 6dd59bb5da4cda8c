"""Reply → platform, at most once.

`sending` and the attempt's number are committed before the call, so a crash in between leaves a
row that says so. Only what the platform itself makes safe to repeat is repeated; everything else
whose outcome we did not hear becomes `unknown`, and a person decides. No network inside a transaction.
"""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from connectors import guard, registry
from connectors.base import Kind, NotConfigured, OutcomeUnknown, Refused, Reply, SendError, Sent, TokenRevoked, TryLater
from inbox import clocks, notify, timeline
from inbox.live import nudge
from inbox.models import Attempt, Connection, Item, Message, Outbound
from inbox.models.notification import Topic
from inbox.timeline import Verb

log = logging.getLogger(__name__)
State = Outbound.State

LEASE = timedelta(seconds=120)  # longer than any call may take
MOST_ATTEMPTS = Outbound.MOST_ATTEMPTS
LONGEST_PAUSE = timedelta(hours=6)
KEY = "relaybox-{number}"

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
        _carry(parcel)
    return len(parcels)


def key_for(outbound: Outbound) -> str:
    """The key a platform sees with every try of this reply."""
    return KEY.format(number=outbound.pk)


def number_in(key: str) -> int | None:
    """The reply behind a key that came back to us; None for anything else."""
    found = re.fullmatch(KEY.format(number=r"(\d{1,18})"), key, re.ASCII)
    return int(found[1]) if found else None


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


RELATED = ("message", "item__connection", "item__contact", "answers__identity")


def _carry(parcel: Parcel) -> None:
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
    )


# --- what came of it -----------------------------------------------------------------------------


def _arrived(parcel: Parcel, sent: Sent) -> None:
    with transaction.atomic():
        outbound = _still_ours(parcel)
        _close(parcel.attempt, "sent")
        if outbound:
            _mark_sent(outbound, sent.external_id)


def _failed(parcel: Parcel, error: SendError) -> None:
    outcome, state = _meaning(parcel.outbound, error)
    with transaction.atomic():
        _close(parcel.attempt, outcome, error)
        outbound = _still_ours(parcel)
        if outbound is None:
            return
        if isinstance(error, TokenRevoked):
            revoke(outbound.item.connection, error.reason)
        _settle(outbound, state, reason=error.reason, code=error.code, pause=_pause(outbound, error))


def _meaning(outbound: Outbound, error: SendError) -> tuple[str, Outbound.State]:
    """The connector says which kind of failure it was; whether to try again is decided here alone."""
    again = State.QUEUED if outbound.attempt_count < outbound.most_attempts else State.FAILED
    if isinstance(error, TokenRevoked):
        return "revoked", State.QUEUED  # it waits until the connection is well again
    if isinstance(error, TryLater):
        return "later", again
    if isinstance(error, OutcomeUnknown):
        return "unknown", again if _retry_safe(outbound) and again == State.QUEUED else State.UNKNOWN
    return "refused", State.FAILED


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


def _close(attempt: Attempt, outcome: str, error: SendError | None = None) -> None:
    Attempt.objects.filter(pk=attempt.pk).update(
        outcome=outcome,
        ended_at=Now(),
        code=error.code[:64] if error else "",
        reason=error.reason.replace("\x00", "")[:2000] if error else "",
    )


def _mark_sent(outbound: Outbound, external_id: str) -> None:
    if external_id:
        _name(outbound.message, external_id[:512])
    _settle(outbound, State.SENT)


def _name(message: Message, external_id: str) -> None:
    """Give our message its platform id. An echo that was stored as a message of its own gives way."""
    twin = Message.objects.filter(connection=message.connection_id, external_id=external_id).exclude(pk=message.pk)
    twin.filter(direction=Message.Direction.OUT, outbound=None).delete()
    if not twin.exists():
        Message.objects.filter(pk=message.pk).update(external_id=external_id)


VERBS = {State.SENT: Verb.SENT, State.FAILED: Verb.SEND_FAILED, State.UNKNOWN: Verb.SEND_UNKNOWN}


def _settle(
    outbound: Outbound, state: Outbound.State, *, reason: str = "", code: str = "", pause: timedelta = timedelta()
) -> None:
    """Move a locked reply on. What did not go out brings its item back into the queue."""
    ended = None if state == State.QUEUED else Now()
    Outbound.objects.filter(pk=outbound.pk).update(
        state=state,
        reason=reason.replace("\x00", "")[:2000],
        code=code[:64],
        next_at=Now() + pause,
        lease_until=None,
        lease_token=None,
        settled_at=ended,
    )
    item = outbound.item
    if state in VERBS:
        timeline.record(item, VERBS[state], outbound=outbound.pk, reason=reason[:500], code=code[:64])
    if state in {State.FAILED, State.UNKNOWN} and outbound.author_id:
        Item.objects.filter(pk=item.pk, state=Item.State.WAITING).update(
            state=Item.State.OPEN, waiting_since=Now(), version=F("version") + 1
        )
        clocks.reply_is_off(item.pk)
        notify.tell(Topic.NOT_SENT, item, [outbound.author_id], key=f"unsent-{outbound.pk}-{outbound.attempt_count}")
    nudge(teams=[item.team_id], item=item.pk, users=[outbound.author_id] if outbound.author_id else [])


# --- told by others: echoes, receipts, people, the clock -------------------------------------------


def confirm(outbound: Outbound, external_id: str, *, by_person: bool = False) -> bool:
    """It is out after all: the platform echoed it, or a person saw it there."""
    with transaction.atomic():
        Item.objects.select_for_update().get(pk=outbound.item_id)
        states = [State.UNKNOWN] if by_person else [State.SENDING, State.UNKNOWN, State.QUEUED]
        rows = Outbound.objects.select_for_update(of=("self",)).select_related(*RELATED)
        row = rows.filter(pk=outbound.pk, state__in=states).first()
        if row is None:
            return False
        in_doubt = row.state == State.UNKNOWN
        _mark_sent(row, external_id)
        if in_doubt and row.author_id and not _customer_wrote_since(row):
            Item.objects.filter(pk=row.item_id, state=Item.State.OPEN, assignee=row.author_id).update(
                state=Item.State.WAITING, waiting_since=None, version=F("version") + 1
            )
            clocks.rewind([row.item_id])
    return True


def _customer_wrote_since(outbound: Outbound) -> bool:
    later = Message.objects.filter(item=outbound.item_id, pk__gt=outbound.message_id)
    return later.filter(direction=Message.Direction.IN).exists()


def note_receipt(outbound: Outbound, receipt: str, reason: str) -> None:
    """What the platform says later: delivered, read, or failed after all."""
    with transaction.atomic():
        Item.objects.select_for_update().get(pk=outbound.item_id)
        if receipt == "failed":
            row = Outbound.objects.select_related(*RELATED).get(pk=outbound.pk)
            if row.state != State.FAILED:
                _settle(row, State.FAILED, reason=reason)
        elif receipt and outbound.receipt != "read":
            Outbound.objects.filter(pk=outbound.pk).update(receipt=receipt[:16])
            nudge(teams=[outbound.item.team_id], item=outbound.item_id)


def revoke(account: Connection, reason: str) -> None:
    """The platform withdrew our access: mark it, so that people are told and its replies wait."""
    Connection.objects.filter(pk=account.pk, state=Connection.State.ACTIVE).update(
        state=Connection.State.REVOKED, last_error=reason.replace("\x00", "")[:2000], last_error_at=Now()
    )


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
                _settle(row, _meaning(row, lost)[1], reason=lost.reason)
    return len(late)
