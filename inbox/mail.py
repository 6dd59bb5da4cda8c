"""Notifications by e-mail: a row is leased, committed as going out, sent, and then marked.

A worker that dies in between leaves a row whose outcome nobody knows; it is not sent again, and the
notification stands in the page all the same.
"""

from __future__ import annotations

import logging
import smtplib
from datetime import timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import connection
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from inbox import notify
from inbox.models import Notification

log = logging.getLogger(__name__)
Mail = Notification.Mail

LEASE = timedelta(minutes=5)
AGAIN_AFTER = timedelta(minutes=5)
# Failures after which the server has certainly not taken the message.
NOT_TAKEN = (
    ConnectionError,
    smtplib.SMTPConnectError,
    smtplib.SMTPHeloError,
    smtplib.SMTPAuthenticationError,
    smtplib.SMTPSenderRefused,
    smtplib.SMTPRecipientsRefused,
)
TAKE = """
UPDATE inbox_notification SET mail = 'sending', mail_lease = %(until)s
WHERE id IN (SELECT id FROM inbox_notification WHERE mail = 'due' AND mail_at <= %(now)s
             ORDER BY mail_at, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
RETURNING id
"""


def send_due(*, limit: int = 20) -> int:
    """Send the mails whose time has come. Returns how many rows were settled."""
    now = timezone.now()
    expired = Notification.objects.filter(mail=Mail.SENDING, mail_lease__lt=now).update(mail=Mail.UNKNOWN)
    with connection.cursor() as cursor:
        cursor.execute(TAKE, {"now": now, "until": now + LEASE, "limit": limit})
        taken = [row[0] for row in cursor.fetchall()]
    rows = Notification.objects.filter(pk__in=taken).select_related("user", "item__team", "connection").order_by("pk")
    for row in rows:
        _send(row)
    return len(taken) + expired


def _send(row: Notification) -> None:
    if not notify.still_concerns(row):
        return _settle(row, Mail.NONE)
    row.mail_at = notify.after_quiet_hours(row.user, timezone.now())
    if row.mail_at > timezone.now():  # the quiet hours were changed since
        return _settle(row, Mail.DUE)
    try:
        _message(row).send()
    except NOT_TAKEN as error:
        log.warning("a notification waits for the mail server: %s", type(error).__name__)
        row.mail_at = timezone.now() + AGAIN_AFTER
        return _settle(row, Mail.DUE)
    except (OSError, smtplib.SMTPException) as error:
        log.warning("a notification may have been sent: %s", type(error).__name__)
        return _settle(row, Mail.UNKNOWN)
    return _settle(row, Mail.SENT)


def _settle(row: Notification, state: Notification.Mail) -> None:
    row.mail, row.mail_lease = state, None
    row.save(update_fields=["mail", "mail_at", "mail_lease"])


def _message(row: Notification) -> EmailMessage:
    """Plain text; the customer's words stay in the inbox."""
    with translation.override(row.user.language):
        topic, item = row.get_topic_display(), row.item
        about = (
            _("%(topic)s. Item #%(number)s, team %(team)s.")
            % {"topic": topic, "number": item.pk, "team": item.team.name}
            if item
            else f"{topic}."
        )
        subject = f"{topic}: {f'#{item.pk}' if item else row.connection}"
        lines = [
            about,
            row.text,
            f"{settings.BASE_URL}{row.get_absolute_url()}",
            _("You chose to be told by e-mail: %(url)s") % {"url": f"{settings.BASE_URL}/preferences/#told"},
        ]
    body = "\n\n".join(line for line in lines if line)
    headers = {"Message-ID": f"<notification-{row.pk}@relaybox>", "Auto-Submitted": "auto-generated"}
    return EmailMessage(" ".join(subject.split()), body, to=[row.user.email], headers=headers)
