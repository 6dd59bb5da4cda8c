"""Our own replies come back from many platforms. They are recognised here, so that none becomes a message twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from connectors import reply_key
from inbox import outcomes
from inbox.ingest.read import Found
from inbox.models import Outbound

WINDOW = timedelta(minutes=10)  # between our call and its echo
State = Outbound.State


def without_echoes(creates: Sequence[Found]) -> list[Found]:
    """What is left when the echoes of our own replies have been taken out and marked as sent."""
    return [found for found in creates if not (found.entry.outbound and _recognise(found))]


def _recognise(found: Found) -> bool:
    outbound = by_key(found) or _by_words(found)
    if outbound is None:
        return False
    if not outcomes.confirm(outbound, found.entry.external_id):
        outcomes.learn_name(outbound, found.entry.external_id)
    return True


def by_key(found: Found) -> Outbound | None:
    """The reply whose key the platform gave back."""
    number = reply_key.number_in(found.entry.client_key)
    if number is None:
        return None
    return Outbound.objects.filter(pk=number, item__connection=found.connection).first()


def _by_words(found: Found) -> Outbound | None:
    """A reply of ours whose outcome or name we have not heard yet, with the same words in the same thread."""
    entry = found.entry
    nameless = Q(state=State.SENT, message__external_id="")  # Slack tells the name of a message with files only here
    in_doubt = Outbound.objects.filter(
        Q(state__in=[State.SENDING, State.UNKNOWN]) | nameless,
        item__connection=found.connection,
        created_at__gt=timezone.now() - WINDOW,
        message__text=entry.text,
    )
    if entry.thread:
        in_doubt = in_doubt.filter(item__thread=entry.thread[:512])
    return in_doubt.order_by("pk").first()
