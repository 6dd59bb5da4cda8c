"""`manage.py apitoken USERNAME` prints a new API token and nothing else."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from teams.models import User
from teams.tokens import create_token


class Command(BaseCommand):
    help = "Make an API token for a person and print it. It is shown this once."
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--name", default="apitoken", help="what the token is for")

    def handle(self, *_args: Any, **options: Any) -> None:
        person = User.objects.filter(username=options["username"]).first()
        if person is None:
            raise CommandError(f"There is nobody called {options['username']!r}.")
        if not person.is_active:
            raise CommandError(f"{person.username} is deactivated and cannot use the API.")
        self.stdout.write(create_token(person, name=options["name"][:80]))
