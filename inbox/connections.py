"""Adding and keeping connections. Commands call these on behalf of nobody, pages and the API of an admin."""

from __future__ import annotations

import base64
import secrets as random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings as site
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from connectors import registry
from connectors.base import Connector
from inbox.models import Connection, ConnectionSecret
from teams.errors import Invalid, NotAllowed, NotFound
from teams.models import User

OVERLAP = timedelta(hours=24)  # how long an old secret is still accepted after a rotation
OWN_ID = "external_id"  # a setting of every kind: our own id on the platform
MAIN = "secret"
OURS = frozenset({MAIN, "url_token", "verify_token"})  # secrets that we choose; platforms give out the others
_LONGEST_NAME, _LONGEST_VALUE = 120, 4000
State = Connection.State


@dataclass(frozen=True, slots=True)
class Added:
    """A new connection and its secret, which is shown this once, as is whatever else we made up for it."""

    connection: Connection
    secret: str
    made: Mapping[str, str] = field(default_factory=dict)


def url_of(connection: Connection) -> str:
    """Where the platform posts to."""
    return f"{site.BASE_URL}/hooks/{connection.key}/"


@transaction.atomic
def add_connection(
    *,
    kind: str,
    name: str,
    secret: str = "",
    settings: Mapping[str, str] | None = None,
    by: User | None = None,
) -> Added:
    """Make a connection. `secret` is what its deliveries are proved with; it is made up where we may choose it."""
    admins_only(by)
    connector = _connector(kind)
    name, main = _name(name), main_secret(connector)
    plain, sealed = _sorted(connector, settings or {})
    if secret:
        sealed[main] = _checked_secret(kind, secret)
    made = {each: _new_secret(kind) for each in connector.secrets if each in OURS and each not in sealed}
    sealed |= made
    connection = Connection.objects.create(
        kind=kind, name=name, external_id=plain.pop(OWN_ID, "")[:255], settings=plain
    )
    for each, value in sealed.items():
        keep_secret(connection, each, value)
    return Added(connection, sealed.get(main, ""), made)


@transaction.atomic
def rotate_secret(*, connection: Connection, name: str = "", value: str = "", by: User | None = None) -> str:
    """Give a secret a new value. The old one is accepted for another day, so that no delivery is refused."""
    admins_only(by)
    connector = _connector(connection.kind)
    name = name or main_secret(connector)
    if name not in connector.secrets:
        raise Invalid(name=_("A connection of this kind has no such secret."))
    if not value and name not in OURS:
        raise Invalid(value=_("The platform gives this secret out; enter what it says."))
    fresh = _checked_secret(connection.kind, value) if value else _new_secret(connection.kind)
    alive = Q(expires_at=None) | Q(expires_at__gt=timezone.now() + OVERLAP)
    connection.secrets.filter(alive, name=name).update(expires_at=timezone.now() + OVERLAP)
    keep_secret(connection, name, fresh)
    return fresh


@transaction.atomic
def change_connection(
    *, connection: Connection, name: str, settings: Mapping[str, str], by: User | None = None
) -> Connection:
    """Rename it, change its settings; a confidential one that is named gets a new value."""
    admins_only(by)
    plain, confidential = _sorted(_connector(connection.kind), settings)
    connection.name, connection.external_id = _name(name), plain.pop(OWN_ID, connection.external_id)[:255]
    connection.settings = plain
    connection.save(update_fields=["name", "external_id", "settings"])
    for each, value in confidential.items():
        rotate_secret(connection=connection, name=each, value=value)
    return connection


def pause(*, connection: Connection, by: User | None = None) -> Connection:
    """The door still stores what comes; nothing is polled or sent until it is resumed."""
    return _switch(connection, by, State.PAUSED)


def resume(*, connection: Connection, by: User | None = None) -> Connection:
    return _switch(connection, by, State.ACTIVE)


def find_connection(pk: int, by: User) -> Connection:
    admins_only(by)
    connection = Connection.objects.filter(pk=pk).first()
    if connection is None:
        raise NotFound(_("There is no such connection."))
    return connection


def admins_only(by: User | None) -> None:
    """Nobody (a command on this machine) may; a person only as an admin."""
    if by is not None and not (by.is_active and by.is_admin):
        raise NotAllowed(_("Only an admin may do this."))


def keep_secret(connection: Connection, name: str, value: str) -> None:
    row = ConnectionSecret(connection=connection, name=name)
    row.seal(value)
    row.save()


def main_secret(connector: Connector) -> str:
    """The name of the secret that deliveries are proved with: every connector names it first."""
    return connector.secrets[0]


def _switch(connection: Connection, by: User | None, state: Connection.State) -> Connection:
    admins_only(by)
    connection.state = state
    connection.save(update_fields=["state"])
    return connection


def _connector(kind: str) -> Connector:
    if kind not in registry.CONNECTORS:
        kinds = ", ".join(sorted(registry.CONNECTORS))
        raise Invalid(kind=_("There is no platform “%(kind)s”. There are: %(kinds)s.") % {"kind": kind, "kinds": kinds})
    return registry.CONNECTORS[kind]


def _name(name: str) -> str:
    name = name.replace("\x00", "").strip()
    if not name or len(name) > _LONGEST_NAME:
        raise Invalid(name=_("A name has 1 to %(limit)s characters.") % {"limit": _LONGEST_NAME})
    if not _is_storable(name):
        raise Invalid(name=_("The value of %(name)s cannot be stored.") % {"name": "name"})
    return name


def _is_storable(text: str) -> bool:
    """Neither NUL nor half a character, as a shell passes bytes on that are no UTF-8."""
    return not any(character == "\x00" or "\ud800" <= character <= "\udfff" for character in text)


def _sorted(connector: Connector, given: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """What may lie open, and what has to be sealed. A name that the platform does not have is refused."""
    known = {OWN_ID, *connector.settings, *connector.secrets}
    for name, value in given.items():
        if name not in known:
            raise Invalid(settings=_unknown(name, known))
        if not _is_storable(value) or len(value) > _LONGEST_VALUE:
            raise Invalid(settings=_("The value of %(name)s cannot be stored.") % {"name": name})
        if name.endswith("_url") and value:
            _check_address(name, value)
    confidential = {name: value for name, value in given.items() if name in connector.secrets}
    sealed = {name: _checked_secret(connector.kind, value) for name, value in confidential.items() if value}
    return {name: value for name, value in given.items() if name not in confidential}, sealed


def _unknown(name: str, known: Iterable[str]) -> str:
    message = _("There is no setting “%(name)s”. There are: %(known)s.")
    return message % {"name": name[:100], "known": ", ".join(sorted(known))}


def _check_address(name: str, value: str) -> None:
    try:
        parts = urlsplit(value)
        fits = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fits = False
    if not fits:
        raise Invalid(settings=_("%(name)s is an address that begins with https:// or http://.") % {"name": name})


def _new_secret(kind: str) -> str:
    """Base64 with the prefix of Standard Webhooks, or what other platforms take: letters, digits, - and _."""
    if kind == "generic":
        return f"whsec_{base64.b64encode(random.token_bytes(32)).decode()}"
    return random.token_urlsafe(32)


def _checked_secret(kind: str, value: str) -> str:
    if not _is_storable(value) or len(value) > _LONGEST_VALUE:
        raise Invalid(secret=_("This secret cannot be stored."))
    if kind == "generic":
        _check_standard(value)
    return value


def _check_standard(value: str) -> None:
    """A secret that cannot be decoded would refuse every delivery for ever; say so now."""
    try:
        key = base64.b64decode(value.removeprefix("whsec_"), validate=True)
    except ValueError:
        key = b""
    if not key:
        raise Invalid(secret=_("The secret is not whsec_ followed by base64."))
