"""Messages from a company's own app that come by the API: the same form as at the generic door, proved by a token.

They take the same way as a delivery: the bytes are stored as an Event, a worker digests it. One object, one message:
whoever posts an object again learns that it is known.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from connectors import registry
from connectors.base import Delivery, ParseError, Verb
from inbox import arrivals
from inbox.connections import find_connection
from inbox.doorbell import ring_digest
from inbox.models import Connection, Event
from teams.errors import Invalid
from teams.models import User

KIND = "generic"


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a message: the event that carries it, and whether it had been there before."""

    event: Event
    is_known: bool


@transaction.atomic
def take(*, connection: int, message: Mapping[str, Any], by: User) -> Taken:
    """Store one message, edit or deletion. Raises Invalid with the name of a field that is wrong."""
    found = find_connection(connection, by)
    if found.kind != KIND:
        raise Invalid(connection=_("Only a connection of the kind “generic” takes messages by the API."))
    body = json.dumps(message, ensure_ascii=False).encode("utf-8", "surrogatepass")
    key = _key(_checked(found, body), body)
    event, is_new = Event.objects.get_or_create(
        connection=found, delivery_key=key, defaults={"body": body, "headers": {"content-type": "application/json"}}
    )
    if is_new:
        Connection.objects.filter(pk=found.pk).update(last_event_at=Now())
        arrivals.mark(found.pk)
        transaction.on_commit(partial(ring_digest, [event.pk]))
    return Taken(event, is_known=not is_new)


def _checked(connection: Connection, body: bytes) -> tuple[Verb, str]:
    """What the message asks for and the object it names, when a worker will be able to read it."""
    try:
        (entry,) = registry.get(KIND).parse(Delivery(body), connection.account())
    except ParseError as error:
        raise Invalid(message=str(error)) from error
    if entry.verb is Verb.BROKEN:
        field, _colon, reason = entry.reason.partition(": ")
        raise Invalid(**{field.partition(".")[0]: f"{field}: {reason}" if "." in field else reason})
    return entry.verb, entry.external_id


def _key(named: tuple[Verb, str], body: bytes) -> str:
    """A new message is one with its object's id; of an edit or a deletion there may be several."""
    verb, name = named
    said = name.encode("utf-8", "surrogatepass") if verb is Verb.CREATE else body
    return f"api:{verb}:{hashlib.sha256(said).hexdigest()}"
