"""The publisher: say after a commit that queues changed. It never raises and never takes long."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.db import transaction

from inbox.fuse import FusedRedis
from inbox.live.message import Change, Message


def nudge(*, teams: Iterable[int], item: int | None = None, users: Iterable[int] = ()) -> None:
    """Tell open tabs, once this transaction is committed. `teams` are all whose queues show the change.

    `users` are people for whom something changed: their tabs re-read, and what they may see is checked anew.
    """
    pending = _pending()
    if pending is None:
        message = Message()
        message.add(teams, item, users)
        publisher.publish(message)
    else:
        pending.message.add(teams, item, users)


def look(*, team: int, item: int) -> None:
    """Tell open tabs that somebody came to an item, left it, or types in it. Nothing else about it has changed."""
    publisher.publish(Message(looks={Change(frozenset({team}), item)}))


class _AfterCommit:
    """The nudges of one transaction, gathered until its commit."""

    def __init__(self) -> None:
        self.message = Message()

    def __call__(self) -> None:
        publisher.publish(self.message)


def _pending() -> _AfterCommit | None:
    """What this transaction will publish; None outside of one.

    A savepoint that is rolled back takes along what was first said in it. All that was added to it meanwhile
    was said inside of that savepoint too, so nothing else is lost.
    """
    connection = transaction.get_connection()
    if not connection.in_atomic_block:
        return None
    for _, callback, _ in reversed(connection.run_on_commit):
        if isinstance(callback, _AfterCommit):
            return callback
    callback = _AfterCommit()
    transaction.on_commit(callback, robust=True)
    return callback


class Publisher:
    """Speaks to all open tabs of the installation at once."""

    def __init__(self) -> None:
        self.redis = FusedRedis(silence=2.0, then="open tabs were not nudged, they poll")

    def publish(self, message: Message) -> None:
        self.redis.ask(lambda client: client.publish(settings.LIVE_CHANNEL, message.to_json()))


publisher = Publisher()
