"""Who comes to the door, and every address there is: what the stranger tests ask with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.test import Client
from django.urls import URLResolver, get_resolver

from inbox.models import (
    Activity,
    Attachment,
    Connection,
    Draft,
    DraftFile,
    Event,
    Handoff,
    Item,
    Mention,
    Message,
    Notification,
    NotificationChoice,
    Outbound,
    PushSubscription,
    SavedReply,
    SavedView,
)
from routing.models import Rule, RulesetVersion
from routing.rulesets import create_rule, publish
from teams.models import ApiToken, Membership, Team, User
from teams.tokens import create_token
from tests.world import World, make_item

SECRET_WORDS = "the quiet settlement"
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")


@dataclass(frozen=True)
class Hidden:
    """What belongs to the private team Legal, or to people, and what each address is filled with."""

    item: Item
    reply: Outbound
    event: Event
    token: ApiToken
    rule: Rule
    world: World
    file: Attachment
    saved: SavedReply
    told: Notification
    view: SavedView
    enclosed: DraftFile

    @classmethod
    def make(cls, world: World) -> Hidden:
        item = make_item(world.connection, world.legal, SECRET_WORDS, thread="t1")
        message = Message.objects.create(
            item=item,
            connection=world.connection,
            direction="out",
            user=world.dora,
            text=SECRET_WORDS,
            at=item.created_at,
        )
        reply = Outbound.objects.create(
            item=item, message=message, author=world.dora, client_key="k", state=Outbound.State.UNKNOWN
        )
        event = Event.objects.create(
            connection=world.connection, delivery_key="dead", body=SECRET_WORDS.encode(), state=Event.State.DEAD
        )
        create_token(world.dora)
        file = Attachment.objects.create(
            message=message, position=0, state=Attachment.State.STORED, type="application/pdf", name="secret.pdf"
        )
        file.path.parent.mkdir(parents=True, exist_ok=True)
        file.path.write_bytes(b"%PDF-1.7")
        Draft.objects.create(item=item, author=world.dora, mode=Draft.Mode.REPLY, text=SECRET_WORDS)
        enclosed = DraftFile.objects.create(item=item, author=world.dora, type="image/png", name=SECRET_WORDS, size=1)
        saved = SavedReply.objects.create(name="Law", shortcut="law", text=SECRET_WORDS, team=world.legal)
        rule = create_rule({"name": "Law", "any": [SECRET_WORDS], "team": "legal", "state": "live"})
        publish(by=world.ada)
        told = Notification.objects.create(user=world.dora, item=item, topic="overdue", key="k", text=SECRET_WORDS)
        view = SavedView.objects.create(name=SECRET_WORDS, team=world.legal, scope="open")
        token = ApiToken.objects.get(user=world.dora)
        return cls(item, reply, event, token, rule, world, file, saved, told, view, enclosed)

    def path(self, route: str) -> str:
        """The address with this world's objects in it."""
        return "/" + PARAMETER.sub(lambda found: str(self._value(route, found[1])), route)

    def _value(self, route: str, name: str) -> object:
        if "attachments/" in route:
            return self.file.token
        if "files/" in route and name == "token":
            return self.enclosed.token
        if "bulk/undo/" in route:
            return uuid4()
        if name == "pk":
            return self.number(route)
        named = {
            "outbound": self.reply.pk,
            "slug": "legal",
            "view": "mine",
            "kind": "generic",
            "name": "secret",
            "key": self.world.connection.key,
            "token": "1:x",
            "signed": self.file.token.hex,  # its name is not its signature
            "rest": "nowhere/",
            "number": 1,
            "username": "dora",
        }
        return named[name]

    def number(self, route: str) -> int:
        """The id of the object that a pattern of an address, or a path of the schema, stands for."""
        return next(row.pk for part, row in self._rows().items() if re.search(f"{part}/[<{{]", route))

    def _rows(self) -> dict[str, Any]:
        return {
            "items": self.item,
            "saved-replies": self.saved,
            "notifications": self.told,
            "replies": self.reply,
            "events": self.event,
            "tokens": self.token,
            "people/teams": self.world.legal,
            "people": self.world.dora,
            "connections": self.world.connection,
            "rules": self.rule,
            "views": self.view,
        }


def routes() -> Iterator[str]:
    """Every address of the URLconf, as a pattern."""
    yield from _walk(get_resolver().url_patterns, "")


def _walk(patterns: Any, prefix: str) -> Iterator[str]:
    for each in patterns:
        path = prefix + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from _walk(each.url_patterns, path)
        else:
            yield path


def ask(client: Client, method: str, path: str, *, is_api: bool, body: str = "{}") -> Any:
    options: dict[str, Any] = {"content_type": "application/json", "data": body} if is_api and method != "GET" else {}
    return client.generic(method, path, **options)


TABLES = (
    Activity,
    Connection,
    Draft,
    DraftFile,
    Event,
    Handoff,
    Item,
    Mention,
    Message,
    Notification,
    NotificationChoice,
    Outbound,
    PushSubscription,
    ApiToken,
    Membership,
    Team,
    User,
    Rule,
    RulesetVersion,
    SavedReply,
    SavedView,
)


def state_of_everything() -> dict[str, Any]:
    """All rows that a stranger could want to change. Times of use change by looking, so they are left out."""
    ignored = {"last_used_at", "last_login", "seen_at"}
    return {
        table.__name__: [
            {name: value for name, value in row.items() if name not in ignored}
            for row in table.objects.order_by("pk").values()  # type: ignore[attr-defined]
        ]
        for table in TABLES
    }
