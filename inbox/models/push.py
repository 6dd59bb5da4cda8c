"""Web Push: our key, the browsers that asked to be told, and each message to each of them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from inbox.models.notification import Notification
from teams.models import User


class PushKey(models.Model):
    """The VAPID key by which push services know this deployment. There is one row; its private half is sealed."""

    public = models.BinaryField(max_length=65)
    private = models.BinaryField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="one_push_key")]

    def __str__(self) -> str:
        return "VAPID"


class PushSubscription(models.Model):
    """One browser of one person: where its messages go, and what they are encrypted with (RFC 8291)."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="push_subscriptions")
    endpoint = models.CharField(max_length=1000, unique=True)
    p256dh = models.BinaryField(max_length=65)
    auth = models.BinaryField(max_length=16)
    name = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.user_id} {self.name}"


class Push(models.Model):
    """One notification to one browser."""

    class State(models.TextChoices):
        DUE = "due", _("To be sent")
        SENDING = "sending", _("Going out")
        SENT = "sent", _("Sent")
        UNKNOWN = "unknown", _("May have been sent")
        FAILED = "failed", _("Not sent")
        DROPPED = "dropped", _("No longer wanted")

    notification = models.ForeignKey(Notification, on_delete=models.CASCADE, related_name="pushes")
    subscription = models.ForeignKey(PushSubscription, on_delete=models.CASCADE, related_name="pushes")
    state = models.CharField(max_length=8, choices=State, default=State.DUE)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(db_default=Now())
    lease = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["notification", "subscription"], name="pushed_once")]
        indexes = [models.Index(fields=["next_at", "id"], name="push_due", condition=Q(state__in=["due", "sending"]))]

    def __str__(self) -> str:
        return f"{self.notification_id} → {self.subscription_id}: {self.state}"
