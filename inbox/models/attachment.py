"""A picture or file that came with a message: fetched once, kept by us, served by us."""

from __future__ import annotations

import uuid
from pathlib import Path

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from inbox.models.item import Message


class Attachment(models.Model):
    """The row is the work: pending until a worker has fetched it, or knows that it cannot be had."""

    class State(models.TextChoices):
        PENDING = "pending", _("Being fetched")
        STORED = "stored", _("Stored")
        REFUSED = "refused", _("Not kept")

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="attachments")
    position = models.PositiveSmallIntegerField()  # its place in the message's `media`
    token = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)  # its name on disk and in its URL
    state = models.CharField(max_length=8, choices=State, default=State.PENDING)
    type = models.CharField(max_length=80, blank=True)  # what its first bytes prove, not what the sender said
    name = models.CharField(max_length=255, blank=True)
    size = models.PositiveBigIntegerField(default=0)  # bytes
    reason = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "position"], name="one_attachment_per_place")]
        indexes = [models.Index(fields=["next_at", "id"], name="attachment_due", condition=Q(state="pending"))]

    def __str__(self) -> str:
        return f"{self.token} {self.state}"

    @property
    def path(self) -> Path:
        """Where its bytes lie: under a name of ours, never the sender's."""
        return Path(settings.MEDIA_ROOT) / self.token.hex[:2] / self.token.hex
