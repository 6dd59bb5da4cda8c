"""`manage.py drain` works every pending row in this process, without Redis and without workers."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import fields
from typing import Any

from django.core.management.base import BaseCommand

from inbox.models import Event, Outbound
from inbox.sweep import drain


class Command(BaseCommand):
    help = "Work all pending rows: digest deliveries, send replies, wake what was snoozed. Needs PostgreSQL alone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--quiet", action="store_true", help="say nothing but errors")

    def handle(self, *_args: Any, **options: Any) -> None:
        done = drain()
        if options["quiet"]:
            return
        for each in fields(done):
            self.stdout.write(f"{each.name}: {getattr(done, each.name)}")
        self.stdout.write(f"still waiting: {_waiting()}")


def _waiting() -> int:
    """Rows that are to be tried again later, or that another worker holds right now."""
    events = Event.objects.filter(state__in=[Event.State.PENDING, Event.State.LEASED]).count()
    replies = Outbound.objects.filter(state__in=[Outbound.State.QUEUED, Outbound.State.SENDING]).count()
    return events + replies
