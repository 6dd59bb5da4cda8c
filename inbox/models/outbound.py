"""Replies on their way out: the ledger that keeps a reply from going twice."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from inbox.models.item import Item, Message
from teams.models import User


class Outbound(models.Model):
    """A reply to deliver. At most one automatic try reaches the platform, unless it makes a retry safe."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting to go")
        SENDING = "sending", _("Going out")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Not sent")
        UNKNOWN = "unknown", _("Unknown")
        CANCELLED = "cancelled", _("Taken back")

    MOST_ATTEMPTS = 8  # without a person's word

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="outbounds")
    message = models.OneToOneField(Message, on_delete=models.PROTECT, related_name="outbound")
    author = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+"
    )  # nobody: the team's message
    client_key = models.CharField(max_length=100)  # one per composer; a double click is one reply
    answers = models.ForeignKey(Message, on_delete=models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=9, choices=State, default=State.QUEUED)
    reason = models.TextField(blank=True)
    code = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    next_at = models.DateTimeField(db_default=Now())  # not before: undo time, or the platform's Retry-After
    lease_until = models.DateTimeField(null=True)
    lease_token = models.UUIDField(null=True)
    attempt_count = models.PositiveSmallIntegerField(default=0)
    most_attempts = models.PositiveSmallIntegerField(default=MOST_ATTEMPTS)
    settled_at = models.DateTimeField(null=True)
    receipt = models.CharField(max_length=16, blank=True)  # delivered | read, when the platform tells

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "client_key"], name="one_reply_per_key")]
        indexes = [
            models.Index(fields=["next_at", "id"], name="outbound_due", condition=Q(state__in=["queued", "sending"])),
            models.Index(fields=["-id"], name="outbound_unsettled", condition=Q(state__in=["failed", "unknown"])),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.state}"


class Attempt(models.Model):
    """One try at delivering a reply."""

    outbound = models.ForeignKey(Outbound, on_delete=models.PROTECT, related_name="attempts")
    number = models.PositiveSmallIntegerField()
    started_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=16, blank=True)  # sent | refused | later | revoked | unknown
    code = models.CharField(max_length=64, blank=True)
    reason = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["outbound", "number"], name="attempts_are_numbered")]

    def __str__(self) -> str:
        return f"{self.outbound_id}/{self.number} {self.outcome}"
