"""Telling one person that something concerns them: in the page, by e-mail, as a push message."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from inbox.models.connection import Connection
from inbox.models.item import Item
from teams.models import User


class Topic(models.TextChoices):
    ASSIGNED = "assigned", _("An item is given to me")
    RETURNED = "returned", _("Something I handed over comes back")
    CUSTOMER_WROTE = "customer_wrote", _("A customer writes again in an item I hold")
    TAKEN_BACK = "taken_back", _("An item I held goes back to the queue")
    DUE_SOON = "due_soon", _("An item is due soon")
    OVERDUE = "overdue", _("An item is overdue")
    UNCLAIMED = "unclaimed", _("An item waits for somebody to claim it")
    MENTIONED = "mentioned", _("A colleague names me in a note")
    NOT_SENT = "not_sent", _("A reply of mine did not go out")
    ACCESS_ENDED = "access_ended", _("A platform withdraws our access, and replies wait")


class Notification(models.Model):
    """One thing told to one person, about an item or, to admins, about a connection.

    Its key is what happened, so that nothing is told twice.
    """

    class Mail(models.TextChoices):
        NONE = "none", _("No e-mail")
        DUE = "due", _("To be sent")
        SENDING = "sending", _("Going out")
        SENT = "sent", _("Sent")
        UNKNOWN = "unknown", _("May have been sent")

    class Push(models.TextChoices):
        NONE = "none", _("No push message")
        DUE = "due", _("To be sent")
        SPREAD = "spread", _("Given to each browser")

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notifications")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, null=True, related_name="+")
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, null=True, related_name="+")
    topic = models.CharField(max_length=16, choices=Topic)
    key = models.CharField(max_length=100)
    text = models.CharField(max_length=300, blank=True)
    in_page = models.BooleanField(default=True)
    at = models.DateTimeField(db_default=Now())
    read_at = models.DateTimeField(null=True)
    mail = models.CharField(max_length=8, choices=Mail, default=Mail.NONE)
    mail_at = models.DateTimeField(null=True)  # not before: the end of the quiet hours
    mail_lease = models.DateTimeField(null=True)
    push = models.CharField(max_length=8, choices=Push, default=Push.NONE)
    push_at = models.DateTimeField(null=True)  # as mail_at

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="told_once"),
            models.CheckConstraint(
                condition=Q(item=None, connection__isnull=False) | Q(item__isnull=False, connection=None),
                name="told_about_one_thing",
            ),
        ]
        indexes = [
            models.Index(fields=["user", "-id"], name="notification_list", condition=Q(in_page=True)),
            models.Index(fields=["user"], name="notification_unread", condition=Q(in_page=True, read_at=None)),
            models.Index(fields=["mail_at", "id"], name="notification_mail", condition=Q(mail__in=["due", "sending"])),
            models.Index(fields=["push_at", "id"], name="notification_push", condition=Q(push="due")),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.topic}"

    def get_absolute_url(self) -> str:
        """The page of what it is about."""
        if self.item_id is None:
            return reverse("inbox:connection", args=[self.connection_id])
        return reverse("inbox:item", args=[self.item_id])


class NotificationChoice(models.Model):
    """What one person wants to be told, and how. Without a row: in the page and in their browsers, not by mail."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notification_choices")
    topic = models.CharField(max_length=16, choices=Topic)
    in_page = models.BooleanField(default=True)
    by_mail = models.BooleanField(default=False)
    by_push = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "topic"], name="one_choice_per_topic")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.topic}"
