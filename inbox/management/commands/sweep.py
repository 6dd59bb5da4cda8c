"""The sweeper: finishes what the broker forgot, wakes what sleeps, for as long as it runs."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, close_old_connections, connection

from inbox.sweep import Swept, carry, tidy

log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Work rows that the workers have not taken, wake snoozed items, settle overdue replies; until stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--every", type=float, default=1.0, metavar="SECONDS", help="pause between rounds")

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()

        def end(_signal: int, _frame: FrameType | None) -> None:
            stop.set()

        signal.signal(signal.SIGTERM, end)
        signal.signal(signal.SIGINT, end)
        # A platform that answers slowly must not hold up what only needs the database.
        courier = threading.Thread(target=self._until, args=(stop, options["every"], carry), name="courier")
        courier.start()
        self._until(stop, options["every"], tidy)
        courier.join()

    def _until(self, stop: threading.Event, pause: float, work: Callable[[], Swept]) -> None:
        while not stop.is_set():
            if not _round(work):
                stop.wait(pause)
        connection.close()


def _round(work: Callable[[], Swept]) -> bool:
    """One round; whether there was anything to do. A database that is away is waited for."""
    try:
        return bool(work())
    except DatabaseError as error:
        log.warning("the database does not answer: %s", error)
        close_old_connections()
        return False
