"""`manage.py demo` loads a small brand's day: posts go through the real webhook door to the real workers."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from inbox.demo import brand, posts, sending, story
from inbox.models import Connection, Event, Item


class Command(BaseCommand):
    help = "Load the demo into a running Relaybox and print its logins."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--if-empty", action="store_true", help="do nothing when there is anything already")
        parser.add_argument("--force", action="store_true", help="also beside real connections and items")

    def handle(self, *_args: Any, **options: Any) -> None:
        if self._strangers() and not options["force"]:
            if options["if_empty"]:
                return self._print_logins()
            raise CommandError("There are real connections or items here. --force loads the demo beside them.")
        sent = posts.all_posts(timezone.now())
        if not self._is_loaded(len(sent)):
            self._load(sent)
        return self._print_logins()

    def _strangers(self) -> bool:
        """Whether there is anything that the demo did not bring."""
        ours = [connection.pk for connection in brand.own_connections()]
        return Connection.objects.exclude(pk__in=ours).exists() or Item.objects.exclude(connection__in=ours).exists()

    def _is_loaded(self, expected: int) -> bool:
        return Event.objects.filter(connection__in=brand.own_connections()).count() >= expected

    def _load(self, sent: list[posts.Post]) -> None:
        try:
            sending.check_door(settings.BASE_URL)
            doors = brand.set_up()
            self._say(f"Sending {len(sent)} posts to {settings.BASE_URL}/hooks/")
            sending.send(sent, doors, self._say)
        except sending.DoorClosed as closed:
            raise CommandError(str(closed)) from closed
        if not sending.wait_until_digested(doors, self._say):
            left = sending.unfinished(doors).count()
            raise CommandError(f"{left} deliveries are not digested; is a worker running? `manage.py drain` does it.")
        story.tell()

    def _say(self, text: str) -> None:
        """Progress goes to standard error, so that standard output holds the logins alone."""
        self.stderr.write(text)
        self.stderr.flush()

    def _print_logins(self) -> None:
        people = brand.logins()
        if not people:
            return
        self.stdout.write("Logins of the demo (change or deactivate them before anybody else can reach this):")
        for person in people:
            role = "admin" if not person.team else f"{person.team.title()}{', leads' if person.leads else ''}"
            self.stdout.write(f"  {person.username:<5} {person.password:<20} {person.name}, {role}")
