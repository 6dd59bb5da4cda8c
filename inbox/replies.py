"""Answering: a reply is a row first, and goes out after the commit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from connectors import measure
from connectors.base import TooLong
from inbox import clocks, delivery, draft_files, outcomes, queue, timeline
from inbox.doorbell import ring_delivery
from inbox.draft_files import limits_for
from inbox.errors import KeyReused, Stale, WrongState
from inbox.live import nudge
from inbox.models import DraftFile, Item, Message, Outbound
from inbox.timeline import Verb
from teams.errors import Invalid, NotFound
from teams.models import User

TEXT_LENGTH = 100_000  # characters, where the platform sets no limit of its own
KEY_LENGTH = 100
State = Outbound.State


def reply(
    *,
    item: int,
    by: User,
    text: str,
    key: str,
    files: Mapping[UUID, str] | None = None,
    seen: int | None = None,
    hold: timedelta = timedelta(),
) -> Outbound:
    """Answer the customer, as `reply_once` does, for whom it is all one whether this is the first time."""
    return reply_once(item=item, by=by, text=text, key=key, files=files, seen=seen, hold=hold)[0]


def reply_once(
    *,
    item: int,
    by: User,
    text: str,
    key: str,
    files: Mapping[UUID, str] | None = None,
    seen: int | None = None,
    hold: timedelta = timedelta(),
) -> tuple[Outbound, bool]:
    """Answer the customer. The same key is the same reply, however often it comes; says whether this made it.

    An unclaimed item is claimed on the way; an item that a colleague holds is refused. `hold` is
    how long it can still be taken back before it leaves. `files` names those of the draft that go along, each with
    what it shows in words.
    """
    text = text.replace("\x00", "").strip()
    _check_key(key)
    with queue.locked(item, by) as row:  # held to the end: ten clicks at once come one after the other
        known = _known(row, key, text)
        if known:
            return known, False
        if seen is not None and seen != row.version:
            raise Stale(row)  # before anything is claimed
        queue.claim(item=item, by=by)
        with queue.held(item, by) as row:
            answers = row.messages.filter(direction=Message.Direction.IN).order_by("-pk").first()
            enclosed = draft_files.named(row, by, files or {})
            _check(text, row, enclosed)
            outbound = _write(row, by, text, key, answers, hold, enclosed)
            row.state, row.snoozed_until, row.waiting_since = Item.State.WAITING, None, None
            row.helper, row.helped_at = by, timezone.now()
            row.first_reply_at = row.first_reply_at or row.helped_at
            row.last_message_at = max(row.last_message_at, timezone.now())
            queue.save(row)
            timeline.record(row, Verb.REPLIED, by=by, outbound=outbound.pk)
        if not hold:
            transaction.on_commit(partial(ring_delivery, [outbound.pk]))
    return outbound, True


def take_back(*, outbound: int, by: User) -> Outbound:
    """Undo a reply that has not left yet; its text goes back to its author."""
    with transaction.atomic():
        row = _of_mine(outbound, by)
        taken = Outbound.objects.filter(pk=row.pk, state=State.QUEUED).update(
            state=State.CANCELLED, settled_at=timezone.now()
        )
        if not taken:
            raise WrongState(_("It has left already."), row.item)
        draft_files.come_back(row.message, by)
        _back_to_work(row)
    row.refresh_from_db()
    return row


def mark_sent(*, outbound: int, by: User) -> Outbound:
    """A person looked at the platform and saw the reply there."""
    row = _of_mine(outbound, by)
    if not outcomes.confirm(row, "", by_person=True):
        raise WrongState(_("Only a reply with an unknown outcome can be marked as sent."), row.item)
    row.refresh_from_db()
    return row


def send_again(*, outbound: int, by: User) -> Outbound:
    """A person decides to try once more what failed, or what may have gone out."""
    with transaction.atomic():
        row = _of_mine(outbound, by)
        tried = Outbound.objects.filter(Q(state=State.FAILED) | Q(state=State.UNKNOWN), pk=row.pk).update(
            state=State.QUEUED,
            next_at=Now(),
            reason="",
            code="",
            settled_at=None,
            most_attempts=F("attempt_count") + delivery.MOST_ATTEMPTS,
        )
        if not tried:
            raise WrongState(_("Only what failed, or may have failed, can be sent again."), row.item)
        timeline.record(row.item, Verb.REPLIED, by=by, outbound=row.pk, again=True)
        nudge(teams=[row.item.team_id], item=row.item_id)
        transaction.on_commit(partial(ring_delivery, [row.pk]))
    row.refresh_from_db()
    return row


def _check_key(key: str) -> None:
    if not key or len(key) > KEY_LENGTH or "\x00" in key:
        raise Invalid(key=_("A reply needs a key of 1 to %(limit)s characters.") % {"limit": KEY_LENGTH})


def _known(row: Item, key: str, text: str) -> Outbound | None:
    known = Outbound.objects.select_related("message", "item").filter(item=row, client_key=key).first()
    if known and known.message.text != text:
        raise KeyReused(row)
    return known


def _check(text: str, row: Item, enclosed: Sequence[DraftFile]) -> None:
    if not text and not enclosed:
        raise Invalid(text=_("Write something first."))
    limits = limits_for(row, row.connection)
    draft_files.check(enclosed, text, limits, row.connection)
    if enclosed and limits.files and limits.files.text:
        limits = replace(limits, length=limits.files.text)
    try:
        measure.check(text, limits)
    except TooLong as error:
        raise Invalid(text=error.reason) from error
    if len(text) > TEXT_LENGTH:
        raise Invalid(text=_("A reply holds %(limit)s characters.") % {"limit": TEXT_LENGTH})


def _write(
    row: Item,
    by: User,
    text: str,
    key: str,
    answers: Message | None,
    hold: timedelta,
    enclosed: Sequence[DraftFile],
) -> Outbound:
    message = Message.objects.create(
        item=row,
        connection=row.connection,
        direction=Message.Direction.OUT,
        kind=row.kind,
        user=by,
        text=text,
        media=[draft_files.told(each) for each in enclosed],
        at=timezone.now(),
    )
    draft_files.go_out(enclosed, message)
    return Outbound.objects.create(
        item=row, message=message, author=by, client_key=key, answers=answers, next_at=Now() + hold
    )


def _of_mine(outbound: int, by: User) -> Outbound:
    """The reply, if this person may see its item."""
    row = Outbound.objects.select_related("item__team", "item__assignee", "message").filter(pk=outbound).first()
    if row is None or not Item.objects.visible_to(by).filter(pk=row.item_id).exists():
        raise NotFound(_("There is no such reply."))
    return row


def _back_to_work(row: Outbound) -> None:
    item = Item.objects.select_for_update().get(pk=row.item_id)
    if item.state == Item.State.WAITING:
        item.state, item.waiting_since = Item.State.OPEN, timezone.now()
    queue.save(item)
    clocks.reply_is_off(item.pk)
    nudge(teams=[item.team_id], item=item.pk)
