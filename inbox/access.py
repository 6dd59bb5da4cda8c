"""The end of our access to a platform: the connection is marked, its replies wait, and people are told once."""

from __future__ import annotations

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from inbox import notify
from inbox.models import Connection, Outbound
from inbox.models.notification import Topic

MOST_TOLD = 200  # people who wait for a reply of theirs, at once
State = Outbound.State


def revoke(account: Connection, reason: str) -> None:
    """The platform withdrew our access. Admins can mend it, and who answered learns that the reply waits."""
    with transaction.atomic():
        marked = Connection.objects.filter(pk=account.pk, state=Connection.State.ACTIVE).update(
            state=Connection.State.REVOKED, last_error=reason.replace("\x00", "")[:2000], last_error_at=Now()
        )
        if marked:
            _tell(account)


def _tell(account: Connection) -> None:
    """Admins are led to the connection, who is told because of a waiting reply to its item; nobody to both."""
    key = f"access-{account.pk}-{timezone.now().isoformat()}"
    notify.tell_admins(Topic.ACCESS_ENDED, account, key=key)
    waiting = Outbound.objects.filter(
        state__in=[State.QUEUED, State.SENDING], item__connection=account, author__isnull=False
    )
    replies = waiting.select_related("item").order_by("author", "-pk").distinct("author")[:MOST_TOLD]
    for reply in replies:
        notify.tell(Topic.ACCESS_ENDED, reply.item, [reply.author_id or 0], key=key, text=account.name)
