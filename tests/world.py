"""A small world for tests: two open teams, a private one, and a stranger who belongs nowhere.

alice is in Support (and leads it), bob is in Marketing, dora is in the private team Legal, ada is the
admin, charlie is a stranger: signed in, active, in no team. Everything is made through real services.
"""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from functools import lru_cache

from django.db import transaction

from connectors.base import Author, Entry, Kind, Verb
from inbox.ingest.intake import apply, digest
from inbox.ingest.read import Found
from inbox.models import Connection, ConnectionSecret, Event, Item
from teams.models import Membership, Team, User

SECRET = "whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LTEyMzQ="
_numbers = itertools.count(1)


@dataclass(frozen=True)
class World:
    support: Team
    marketing: Team
    legal: Team  # private
    fallback: Team
    alice: User
    bob: User
    charlie: User
    dora: User
    ada: User
    connection: Connection

    @property
    def people(self) -> tuple[User, ...]:
        return (self.alice, self.bob, self.charlie, self.dora, self.ada)


def build() -> World:
    # A test that commits empties all tables behind it, and with them what the migrations put there.
    fallback, _new = Team.objects.get_or_create(is_fallback=True, defaults={"slug": "unsorted", "name": "Unsorted"})
    support = make_team("support")
    marketing = make_team("marketing")
    legal = make_team("legal", is_private=True)
    return World(
        support=support,
        marketing=marketing,
        legal=legal,
        fallback=fallback,
        alice=make_person("alice", support, role=Membership.Role.LEAD),
        bob=make_person("bob", marketing),
        charlie=make_person("charlie"),
        dora=make_person("dora", legal),
        ada=make_person("ada", is_admin=True),
        connection=make_connection(),
    )


@lru_cache(maxsize=1)
def build_once() -> World:
    """The world of a test that runs many examples in one database."""
    return build()


def fresh(prefix: str) -> str:
    """A name nobody has used in this run."""
    return f"{prefix}{next(_numbers)}"


def make_team(slug: str, **fields: object) -> Team:
    team, _new = Team.objects.update_or_create(slug=slug, defaults={"name": slug.capitalize(), **fields})
    return team


def make_person(username: str, *teams: Team, role: str = Membership.Role.AGENT, **fields: object) -> User:
    person = User.objects.create_user(username, password=f"{username}-likes-long-words", **fields)
    for team in teams:
        Membership.objects.create(user=person, team=team, role=role)
    return person


def make_connection(kind: str = "generic", *, secret: str = SECRET, **settings: str) -> Connection:
    connection = Connection.objects.create(kind=kind, name=f"{kind} {next(_numbers)}", settings=settings)
    add_secret(connection, "secret", secret)
    return connection


def add_secret(connection: Connection, name: str, value: str) -> None:
    row = ConnectionSecret(connection=connection, name=name)
    row.seal(value)
    row.save()


def entry(text: str = "Hello", **fields: object) -> Entry:
    """One entry as a connector would hand it over."""
    values: dict[str, object] = {
        "verb": Verb.CREATE,
        "external_id": f"m{next(_numbers)}",
        "kind": Kind.MENTION,
        "text": text,
        "author": Author(id="u1", handle="customer", name="A Customer"),
    }
    return Entry(**{**values, **fields})  # type: ignore[arg-type]


def receive(connection: Connection, *entries: Entry) -> list[Item]:
    """Let entries come in as a worker would store them; returns the items they are in."""
    with transaction.atomic():
        apply([Found(each, connection, None) for each in entries])
    ids = {each.external_id for each in entries}
    return list(
        Item.objects.filter(messages__connection=connection, messages__external_id__in=ids).distinct().order_by("pk")
    )


def make_item(connection: Connection, team: Team, text: str = "Hello", **fields: object) -> Item:
    """An item that came in and lies in one team's queue."""
    (item,) = receive(connection, entry(text, **fields))
    Item.objects.filter(pk=item.pk).update(team=team)
    item.refresh_from_db()
    return item


def store(connection: Connection, each: Entry) -> Event:
    """The event row of a `generic` delivery with this entry, as the door writes it."""
    author = each.author or Author(id="u1")
    body = {
        "id": each.external_id,
        "event": each.verb.value,
        "kind": each.kind.value,
        "text": each.text,
        "author": {"id": author.id, "handle": author.handle, "name": author.name},
    }
    if each.thread:
        body["thread"] = each.thread
    return Event.objects.create(connection=connection, delivery_key=fresh("d"), body=json.dumps(body).encode())


def deliver(connection: Connection, each: Entry) -> Event:
    """Store one delivery and let a worker digest it."""
    event = store(connection, each)
    digest([event.pk])
    event.refresh_from_db()
    return event
