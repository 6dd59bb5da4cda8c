"""`manage.py connection add|list|rotate|pause|resume`: the accounts that messages come from."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from inbox import connections
from inbox.models import Connection
from teams.errors import Refusal


class Command(BaseCommand):
    help = "Add a connection, or look after one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        add = actions.add_parser("add", help="make a connection and print its address and secret")
        add.add_argument("--kind", required=True, help="the platform, such as generic or telegram")
        add.add_argument("--name", required=True, help="what people here call it")
        add.add_argument("--secret", default="", help="what deliveries are proved with; made up when it is left out")
        add.add_argument("--set", action="append", default=[], metavar="K=V", help="a setting, or a further secret")
        add.add_argument("--json", action="store_true", help='print {"id", "key", "url", "secret"}')
        actions.add_parser("list", help="print all connections")
        for name, text in (("pause", "stop polling and sending"), ("resume", "go on"), ("rotate", "make a new secret")):
            action = actions.add_parser(name, help=text)
            action.add_argument("id", type=int)
            if name == "rotate":
                action.add_argument("--secret", default="", help="the new value, where the platform gives it out")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            getattr(self, options["action"])(options)
        except Refusal as refusal:
            raise CommandError(str(refusal)) from refusal

    def add(self, options: dict[str, Any]) -> None:
        added = connections.add_connection(
            kind=options["kind"], name=options["name"], secret=options["secret"], settings=_settings(options["set"])
        )
        row = added.connection
        said = {"id": row.pk, "key": row.key, "url": connections.url_of(row), "secret": added.secret}
        self.stdout.write(json.dumps(said) if options["json"] else "\n".join(f"{k}: {v}" for k, v in said.items()))

    def list(self, _options: dict[str, Any]) -> None:
        for row in Connection.objects.order_by("pk"):
            self.stdout.write(f"{row.pk}\t{row.kind}\t{row.name}\t{row.state}\t{connections.url_of(row)}")

    def pause(self, options: dict[str, Any]) -> None:
        connections.pause(connection=_find(options["id"]))

    def resume(self, options: dict[str, Any]) -> None:
        connections.resume(connection=_find(options["id"]))

    def rotate(self, options: dict[str, Any]) -> None:
        """The old secret is accepted for another day."""
        self.stdout.write(connections.rotate_secret(connection=_find(options["id"]), value=options["secret"]))


def _settings(pairs: list[str]) -> dict[str, str]:
    found = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not (name and equals):
            raise CommandError(f"--set takes NAME=VALUE, not {pair!r}.")
        found[name] = value
    return found


def _find(pk: int) -> Connection:
    row = Connection.objects.filter(pk=pk).first()
    if row is None:
        raise CommandError(f"There is no connection {pk}.")
    return row
