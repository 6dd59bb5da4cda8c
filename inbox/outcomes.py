"""What became of a reply: written by whoever tries to deliver it, and by those who tell us later.

Later come the platform's echoes and receipts, and people who looked there. Each of them may know better than the try.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from connectors.base import SendError
from inbox import clocks, notify, timeline
from inbox.live import nudge
from inbox.models import Attempt, Connection, EarlyChange, Item, Message, Outbound
from inbox.models.notification import Topic
from inbox.timeline import Verb

State = Outbound.State
IN_DOUBT = (State.SENDING, State.UNKNOWN, State.QUEUED)

RECEIPTS = (EarlyChange.Verb.DELIVERED, EarlyChange.Verb.READ, EarlyChange.Verb.FAILED)
EARLY_FOR = timedelta(days=1)  # a platform that has not answered by then will not
RELATED = ("message", "item__connection", "item__contact", "answers__identity")


def close(attempt: Attempt, outcome: str, error: SendError | None = None) -> None:
    Attempt.objects.filter(pk=attempt.pk).update(
        outcome=outcome,
        ended_at=Now(),
        code=error.code[:64] if error else "",
        reason=error.reason.replace("\x00", "")[:2000] if error else "",
    )


def mark_sent(outbound: Outbound, external_id: str) -> None:
    if external_id:
        _name(outbound.message, external_id[:512])
        transaction.on_commit(partial(apply_early_receipts, outbound.item.connection_id, external_id[:512]))
    settle(outbound, State.SENT)


def learn_name(outbound: Outbound, external_id: str) -> None:
    """The name of a reply that went out without one."""
    if external_id and outbound.state == State.SENT and not outbound.message.external_id:
        _name(outbound.message, external_id[:512])


def _name(message: Message, external_id: str) -> None:
    """Give our message its platform id. An echo that was stored as a message of its own gives way."""
    twin = Message.objects.filter(connection=message.connection_id, external_id=external_id).exclude(pk=message.pk)
    twin.filter(direction=Message.Direction.OUT, outbound=None).delete()
    if not twin.exists():
        Message.objects.filter(pk=message.pk).update(external_id=external_id)


VERBS = {State.SENT: Verb.SENT, State.FAILED: Verb.SEND_FAILED, State.UNKNOWN: Verb.SEND_UNKNOWN}


def settle(
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


def confirm(outbound: Outbound, external_id: str, *, by_person: bool = False) -> bool:
    """It is out after all: the platform echoed it, or a person saw it there."""
    return _confirm(outbound, external_id, [State.UNKNOWN] if by_person else IN_DOUBT)


def _confirm(outbound: Outbound, external_id: str, states: Sequence[Outbound.State]) -> bool:
    with transaction.atomic():
        Item.objects.select_for_update().get(pk=outbound.item_id)
        rows = Outbound.objects.select_for_update(of=("self",)).select_related(*RELATED)
        row = rows.filter(pk=outbound.pk, state__in=states).first()
        if row is None:
            return False
        given_up = row.state in {State.UNKNOWN, State.FAILED}
        mark_sent(row, external_id)
        if given_up and row.author_id and not _customer_wrote_since(row):
            Item.objects.filter(pk=row.item_id, state=Item.State.OPEN, assignee=row.author_id).update(
                state=Item.State.WAITING, waiting_since=None, version=F("version") + 1
            )
            clocks.rewind([row.item_id])
    return True


def _customer_wrote_since(outbound: Outbound) -> bool:
    later = Message.objects.filter(item=outbound.item_id, pk__gt=outbound.message_id)
    return later.filter(direction=Message.Direction.IN).exists()


def note_receipt(outbound: Outbound, receipt: str, reason: str) -> None:
    """What the platform says later: delivered, read, or failed after all. It may say so in any order."""
    if receipt == "failed":
        return _note_failure(outbound, reason)
    if receipt:
        _confirm(outbound, "", [*IN_DOUBT, State.FAILED])  # what reached the person is out, whatever we heard
        Outbound.objects.filter(pk=outbound.pk).exclude(receipt="read").update(receipt=receipt[:16])
        nudge(teams=[outbound.item.team_id], item=outbound.item_id)
    return None


def keep_early_receipt(connection: Connection, external_id: str, receipt: str, reason: str) -> bool:
    """Remember what is told of a message by an id that no reply of ours has, while one of ours waits for its id."""
    nameless = Outbound.objects.filter(
        item__connection=connection, state__in=IN_DOUBT, attempt_count__gt=0, message__external_id=""
    )
    if receipt not in RECEIPTS or not nameless.exists():
        return False
    EarlyChange.objects.get_or_create(
        connection=connection, external_id=external_id[:512], verb=receipt, defaults={"text": reason[:2000]}
    )
    return True


def apply_early_receipts(connection: int, external_id: str) -> None:
    """What was told of a reply before we heard its id."""
    told = EarlyChange.objects.filter(connection=connection, external_id=external_id, verb__in=RECEIPTS)
    named = Outbound.objects.filter(message__connection=connection, message__external_id=external_id)
    row = named.select_related(*RELATED).first() if told.exists() else None
    if row is None:
        return
    for early in told.order_by("pk"):
        with transaction.atomic():
            Item.objects.select_for_update().get(pk=row.item_id)
            if EarlyChange.objects.filter(pk=early.pk).delete()[0]:
                note_receipt(row, early.verb, early.text)


def forget_early_receipts() -> int:
    """Those of messages that were not ours after all. Returns how many."""
    return EarlyChange.objects.filter(verb__in=RECEIPTS, at__lt=timezone.now() - EARLY_FOR).delete()[0]


def _note_failure(outbound: Outbound, reason: str) -> None:
    with transaction.atomic():
        Item.objects.select_for_update().get(pk=outbound.item_id)
        row = Outbound.objects.select_related(*RELATED).get(pk=outbound.pk)
        if row.state != State.FAILED and row.receipt != "read":  # what was read has come, whatever is told late
            settle(row, State.FAILED, reason=reason)
