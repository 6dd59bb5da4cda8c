"""Notifications by Web Push: each to each browser at most once, as chosen, and never in the quiet hours.

First a notification whose time has come is spread over its person's browsers, one row each; then each row is leased,
committed as going out, sent and settled. What was certainly not taken is tried again; an outcome that nobody heard is
not. The message says what kind of thing happened and carries no word of the item: it is read when the page opens.
"""

from __future__ import annotations

import json
import logging
from datetime import datetime, timedelta

import httpx
from django.conf import settings
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone, translation

from connectors import guard
from connectors.base import OutcomeUnknown, Refused, SendError, TokenRevoked, TryLater
from connectors.http import call
from inbox import notify
from inbox.models import Notification, Push, PushSubscription
from inbox.push.envelope import seal
from inbox.push.keys import authorization, encode

log = logging.getLogger(__name__)
State = Push.State

LEASE = timedelta(minutes=2)
USEFUL_FOR = timedelta(hours=12)  # a message that could not be brought for so long is not brought any more
MOST_ATTEMPTS = 8
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=1)
GONE = frozenset({httpx.codes.NOT_FOUND, httpx.codes.GONE})
TAKE = """
UPDATE inbox_push SET state = 'sending', attempts = attempts + 1, lease = %(until)s
WHERE id IN (SELECT id FROM inbox_push WHERE state = 'due' AND next_at <= %(now)s
             ORDER BY next_at, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
RETURNING id
"""


class Gone(SendError):
    """The browser has ended its subscription."""


def send_due(*, limit: int = 20) -> int:
    """Send what has come due. Returns how many rows were spread or settled."""
    now = timezone.now()
    expired = Push.objects.filter(state=State.SENDING, lease__lt=now).update(state=State.UNKNOWN)
    spread = _spread(now, limit)
    with connection.cursor() as cursor:
        cursor.execute(TAKE, {"now": now, "until": now + LEASE, "limit": limit})
        taken = [row[0] for row in cursor.fetchall()]
    rows = Push.objects.filter(pk__in=taken).select_related("subscription__user", "notification__item").order_by("pk")
    if rows:
        with guard.client(allow=settings.ALLOW_PRIVATE_HOSTS) as http:
            for row in rows:
                _carry(row, http)
    return expired + spread + len(taken)


def payload(notification: Notification) -> bytes:
    """What the browser shows: the kind of thing that happened, in the person's language."""
    with translation.override(notification.user.language):
        shown = {
            "title": "Relaybox",
            "body": str(notification.get_topic_display()),
            "tag": f"relaybox-{notification.pk}",
            "url": reverse("inbox:told", args=[notification.pk]),
            "lang": notification.user.language,
        }
    return json.dumps(shown, ensure_ascii=False).encode()


@transaction.atomic
def _spread(now: datetime, limit: int) -> int:
    """One row a browser; a notification is spread once, so a browser that comes later is not told of it."""
    due = Notification.objects.filter(push=Notification.Push.DUE, push_at__lte=now).order_by("push_at", "pk")
    rows = list(due.select_for_update(of=("self",), skip_locked=True).select_related("user")[:limit])
    later = [row for row in rows if notify.after_quiet_hours(row.user, now) > now]
    for row in later:  # the quiet hours were changed since
        row.push_at = notify.after_quiet_hours(row.user, now)
    ready = [row for row in rows if row not in later]
    for row in ready:
        row.push = Notification.Push.SPREAD
    browsers = PushSubscription.objects.filter(user__in={row.user_id for row in ready})
    pairs = [(row, each) for row in ready for each in browsers if each.user_id == row.user_id]
    made = [Push(notification=row, subscription=each, next_at=now) for row, each in pairs]
    Push.objects.bulk_create(made, ignore_conflicts=True)
    Notification.objects.bulk_update(rows, ["push", "push_at"])
    return len(rows)


def _carry(row: Push, http: httpx.Client) -> None:
    if not _is_wanted(row):
        return _settle(row, State.DROPPED)
    try:
        _send(row, http)
    except Gone:
        row.subscription.delete()
    except TryLater as error:
        _try_later(row, error)
    except OutcomeUnknown as error:
        _settle(row, State.UNKNOWN, error.reason)
    except (Refused, TokenRevoked) as error:
        log.warning("a push service refused a message: %s", error.reason)
        _settle(row, State.FAILED, error.reason)
    else:
        PushSubscription.objects.filter(pk=row.subscription_id).update(sent_at=timezone.now())
        _settle(row, State.SENT)


def _is_wanted(row: Push) -> bool:
    """Asked right before the message leaves: sight, account, browser, and whether it has been read meanwhile."""
    told, browser = row.notification, row.subscription
    if browser.user_id != told.user_id or timezone.now() - (told.push_at or told.at) > USEFUL_FOR:
        return False
    if Notification.objects.filter(pk=told.pk).exclude(read_at=None).exists():
        return False
    return notify.still_concerns(told)


def _send(row: Push, http: httpx.Client) -> None:
    endpoint = row.subscription.endpoint
    headers = {
        "Authorization": authorization(endpoint),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(int(USEFUL_FOR.total_seconds())),
        "Topic": encode(f"told-{row.notification_id}".encode())[:32],
        "Urgency": "normal",
    }
    browser = row.subscription
    sealed = seal(payload(row.notification), p256dh=bytes(browser.p256dh), auth=bytes(browser.auth))
    call(http, "POST", endpoint, judge=_judge, content=sealed, headers=headers)


def _judge(response: httpx.Response) -> SendError | None:
    """5xx says that it was not taken. Had it been all the same, the repeat would replace it in silence: the browser
    shows one notification for one tag."""
    if response.status_code in GONE:
        return Gone("the subscription has ended", status=response.status_code)
    if response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
        return TryLater(f"{response.status_code}", status=response.status_code)
    return None


def _try_later(row: Push, error: TryLater) -> None:
    if row.attempts >= MOST_ATTEMPTS:
        return _settle(row, State.FAILED, error.reason)
    pause = error.after or FIRST_PAUSE * 2 ** (row.attempts - 1)
    row.next_at = notify.after_quiet_hours(row.subscription.user, timezone.now() + min(pause, LONGEST_PAUSE))
    return _settle(row, State.DUE, error.reason)


def _settle(row: Push, state: Push.State, reason: str = "") -> None:
    Push.objects.filter(pk=row.pk, state=State.SENDING, attempts=row.attempts).update(
        state=state, lease=None, reason=reason[:200], next_at=row.next_at
    )
