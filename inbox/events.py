"""Looking after deliveries: what came in, what died and why, and another try."""

from __future__ import annotations

from functools import partial

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from inbox.connections import admins_only
from inbox.doorbell import ring_digest
from inbox.models import Event
from teams.errors import NotFound, Refusal
from teams.models import User

State = Event.State


class InWork(Refusal):
    """The event has not ended yet, so there is nothing to do over."""

    code = "in_work"


def events_for(by: User) -> QuerySet[Event]:
    """Raw deliveries carry every team's messages, so only admins read them."""
    admins_only(by)
    return Event.objects.select_related("connection").order_by("-pk")


def find_event(pk: int, by: User) -> Event:
    event = events_for(by).filter(pk=pk).first()
    if event is None:
        raise NotFound(_("There is no such event."))
    return event


def replay(*, event: int, by: User | None = None) -> Event:
    """Digest a delivery once more, with all its attempts. What it brought before is not brought twice."""
    admins_only(by)
    ended = Event.objects.filter(pk=event, state__in=[State.DEAD, State.IGNORED, State.DONE])
    with transaction.atomic():
        again = ended.update(state=State.PENDING, attempts=0, next_at=Now(), reason="", settled_at=None)
        transaction.on_commit(partial(ring_digest, [event]))
    row = Event.objects.select_related("connection").filter(pk=event).first()
    if row is None:
        raise NotFound(_("There is no such event."))
    if not again:
        raise InWork(_("This event is waiting or in work already."))
    return row
