"""The small brand that the browser tests visit: two teams, three rules, one connection with a receiver."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx

from connectors.generic import sign
from inbox.models import Connection, Item
from routing.rulesets import import_yaml
from teams.models import Team, User
from tests import world as small
from tests.fault.machinery import wait
from tests.platforms.generic import SECRET, GenericServer

RULES = """
teams:
  - {slug: support, name: Support}
  - {slug: marketing, name: Marketing}
fallback: support
rules:
  - {name: Somebody needs help, any: [help, "can't", problem], team: support}
  - {name: Somebody is having fun, any: [fun, funny, engaging], team: marketing}
"""
_numbers = itertools.count(1)


@dataclass
class Site:
    url: str
    connection: Connection
    platform: GenericServer
    errors: list[str] = field(default_factory=list)

    @classmethod
    def build(cls, url: str) -> Site:
        Team.objects.get_or_create(is_fallback=True, defaults={"slug": "unsorted", "name": "Unsorted"})
        import_yaml(RULES, by=None)
        support, marketing = small.make_team("support", hue=205), small.make_team("marketing", hue=345)
        for name, team, role in (
            ("sam", support, "agent"),
            ("sue", support, "lead"),
            ("max", marketing, "agent"),
            ("mia", marketing, "lead"),
        ):
            small.make_person(name, team, role=role, display_name=name.capitalize())
        small.make_person("ada", is_admin=True, display_name="Ada")
        platform = GenericServer()
        connection = small.make_connection(secret=SECRET, reply_url=f"{platform.url}/reply")
        return cls(url, connection, platform)

    def password(self, username: str) -> str:
        return f"{username}-likes-long-words"

    def user(self, username: str) -> User:
        return User.objects.get(username=username)

    def hear(self, kind: str, text: str) -> None:
        """Errors the page's console reports; answers of 4xx are the product's own refusals."""
        if (
            kind == "error"
            and "status of 4" not in text
            and "Error Code 4" not in text
            and "net::ERR_" not in text  # a network that a test takes away
            and not text.startswith(("htmx:sendError", "htmx:afterRequest"))
        ):
            self.errors.append(text)

    def post(self, text: str, *, author: str = "Priya Raman", **more: object) -> httpx.Response:
        """A customer writes: one signed delivery through the webhook door."""
        number = next(_numbers)
        who = {"id": f"u-{author}", "name": author, "handle": author.split()[0].lower()}
        body = {"id": f"post-{number}", "kind": "mention", "text": text, "author": who, **more}
        raw = json.dumps(body).encode()
        headers = sign(SECRET, f"delivery-{number}", datetime.now(UTC), raw)
        return httpx.post(f"{self.url}/hooks/{self.connection.key}/", content=raw, headers=headers)

    def arrive(self, text: str, **more: object) -> Item:
        """The same, and wait until the workers have routed it."""
        before = set(Item.objects.values_list("pk", flat=True))
        assert self.post(text, **more).status_code == 200
        wait(lambda: Item.objects.exclude(pk__in=before).exists(), "the item")
        return Item.objects.exclude(pk__in=before).get()
