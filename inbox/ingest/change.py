"""Edits, deletes, reactions, receipts: what happens to messages we may or may not have yet.

A change whose message has not come is kept as an EarlyChange. Whoever commits last, the change or
the message, looks for the other afterwards (`settle_early`), so neither order loses it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from connectors.base import Verb as Does
from inbox import access, clocks, outcomes, timeline
from inbox.ingest.case import PREVIEW
from inbox.ingest.echo import by_key
from inbox.ingest.read import Found
from inbox.live import nudge
from inbox.models import Connection, EarlyChange, Item, Message, MessageRevision, Outbound
from inbox.timeline import Verb


def apply_all(changes: Sequence[Found]) -> None:
    for found in changes:
        what = HOW.get(found.entry.verb)
        if what:
            what(found)


def settle_early(batch: Sequence[Found]) -> None:
    """Apply the changes of this batch's objects that came before their message."""
    keys = {(f.connection.pk, f.entry.external_id[:512]) for f in batch if f.entry.external_id}
    if keys and EarlyChange.objects.exists():  # hardly ever; asked first, because the whole question costs more
        _settle(EarlyChange.objects.filter(connection__in={c for c, _i in keys}, external_id__in={i for _c, i in keys}))


def settle_all_early() -> int:
    """The same for everything that waits; the sweeper calls it, in case a worker died in between."""
    return _settle(EarlyChange.objects.all())


def _settle(waiting: QuerySet[EarlyChange]) -> int:
    has_come = Message.objects.filter(connection=OuterRef("connection"), external_id=OuterRef("external_id"))
    ready = list(waiting.filter(Exists(has_come)).select_related("connection").order_by("pk"))
    for early in ready:
        with transaction.atomic():
            message = _find(early.connection, early.external_id)
            if message and EarlyChange.objects.filter(pk=early.pk).delete()[0]:
                HOW_EARLY[EarlyChange.Verb(early.verb)](message, early)
    return len(ready)


def edit(found: Found) -> None:
    entry = found.entry
    message = _find(found.connection, entry.external_id)
    if message is None:
        _keep(found, EarlyChange.Verb.EDIT)
    else:
        _edit(message, entry.text, entry.version or entry.at, entry.rating)


def delete(found: Found) -> None:
    message = _find(found.connection, found.entry.external_id)
    if message is None:
        _keep(found, EarlyChange.Verb.DELETE)
    else:
        _delete(message, born_deleted=False)


def react(found: Found) -> None:
    """A reaction to a message; an empty one takes it back."""
    message = _find(found.connection, found.entry.external_id)
    if message is None:
        return
    who = found.entry.author.id if found.entry.author else ""
    others = [row for row in message.reactions if row["by"] != who]
    given = [{"by": who, "emoji": found.entry.reaction}] if found.entry.reaction else []
    message.reactions = [*others, *given][:200]
    message.save(update_fields=["reactions"])
    _tell(message.item)


def receive_receipt(found: Found) -> None:
    """The platform reports on a reply of ours, maybe before it has told us how it calls it."""
    entry = found.entry
    outbound = _reply(found)
    if outbound is None and entry.external_id:
        kept = outcomes.keep_early_receipt(found.connection, entry.external_id, entry.receipt, entry.reason)
        outbound = None if kept else _reply(found)  # its id may have been written between the two questions
    if outbound:
        outcomes.note_receipt(outbound, entry.receipt, entry.reason)


def _reply(found: Found) -> Outbound | None:
    message = _find(found.connection, found.entry.external_id)
    return getattr(message, "outbound", None) or by_key(found)


def revoke(found: Found) -> None:
    access.revoke(found.connection, found.entry.reason)


HOW: dict[Does, Callable[[Found], None]] = {
    Does.EDIT: edit,
    Does.DELETE: delete,
    Does.REACTION: react,
    Does.RECEIPT: receive_receipt,
    Does.REVOKED: revoke,
}


def _early_delete(message: Message, early: EarlyChange) -> None:
    _delete(message, born_deleted=True)


def _early_edit(message: Message, early: EarlyChange) -> None:
    _edit(message, early.text, early.version, early.rating)


def _early_receipt(message: Message, early: EarlyChange) -> None:
    if outbound := Outbound.objects.select_related(*outcomes.RELATED).filter(message=message).first():
        outcomes.note_receipt(outbound, early.verb, early.text)


HOW_EARLY: dict[EarlyChange.Verb, Callable[[Message, EarlyChange], None]] = {
    EarlyChange.Verb.DELETE: _early_delete,
    EarlyChange.Verb.EDIT: _early_edit,
    **dict.fromkeys(outcomes.RECEIPTS, _early_receipt),
}


def _find(connection: Connection, external_id: str) -> Message | None:
    """The message, with its item's row locked: items first, always, so that nobody waits crosswise."""
    if not external_id:
        return None
    found = (
        Message.objects.filter(connection=connection, external_id=external_id[:512]).values_list("item", "pk").first()
    )
    if found is None:
        return None
    item = Item.objects.select_for_update().get(pk=found[0])
    message = Message.objects.get(pk=found[1])
    message.item = item
    return message


def _keep(found: Found, verb: EarlyChange.Verb) -> None:
    """Remember a change for a message that is still to come; of several edits the newest."""
    entry = found.entry
    version = entry.version or entry.at
    values = {"text": entry.text, "version": version, "rating": entry.rating}
    row, made = EarlyChange.objects.get_or_create(
        connection=found.connection, external_id=entry.external_id[:512], verb=verb, defaults=values
    )
    if not made:
        older = Q(version=None) | Q(version__lte=version) if version else Q()
        EarlyChange.objects.filter(older, pk=row.pk).update(**values)


def _edit(message: Message, text: str, version: datetime | None, rating: int | None) -> None:
    """An edit that names no rating leaves the one that was given."""
    rating = rating or message.rating
    if message.deleted_at or (version and message.version and version < message.version):
        return
    if (message.text, message.rating) == (text, rating):
        return
    _rate(message, rating)
    if message.text != text:
        MessageRevision.objects.create(message=message, text=message.text)
    before, message.text, message.version = message.text, text, version or message.version
    message.edited_at = timezone.now()
    message.save(update_fields=["text", "rating", "version", "edited_at"])
    timeline.record(message.item, Verb.EDITED, message=message.pk)
    if message.item.preview == before[:PREVIEW]:
        message.item.preview = text[:PREVIEW]
    _tell(message.item)


def _rate(message: Message, rating: int | None) -> None:
    """The stars of a review are also its item's, in the lists."""
    if message.item.rating == message.rating:
        message.item.rating = rating
    message.rating = rating


def _delete(message: Message, *, born_deleted: bool) -> None:
    if message.deleted_at:
        return
    Message.objects.filter(pk=message.pk).update(deleted_at=Now())
    timeline.record(message.item, Verb.DELETED, message=message.pk)
    item = message.item
    if item.preview == message.text[:PREVIEW]:
        item.preview = ""
    alone = not Message.objects.filter(item=item, deleted_at=None).exists()
    if born_deleted and alone and item.assignee_id is None and item.state == Item.State.OPEN:
        # It was gone before anybody could see it: there is nothing to answer.
        item.state, item.waiting_since = Item.State.IGNORED, None
        timeline.record(item, Verb.IGNORED, reason="deleted")
    _tell(item)


def _tell(item: Item) -> None:
    item.version += 1
    clocks.wind(item)
    item.save(update_fields=["version", "preview", "rating", "state", "waiting_since", *clocks.FIELDS])
    nudge(teams=[item.team_id], item=item.pk)
