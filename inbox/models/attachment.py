"""Pictures and files: those that came with a message, fetched once, and those of a reply that is being written."""

from __future__ import annotations

import uuid
from pathlib import Path

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from inbox.models.item import Item, Message
from teams.models import User


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
        return place_of(self.token)


class DraftFile(models.Model):
    """A file of one person's unsent reply in one item. When the reply is sent it becomes an Attachment of its message,
    under the same token."""

    LONGEST_ALT = 1500  # characters

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="draft_files")
    author = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    token = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    type = models.CharField(max_length=80)
    name = models.CharField(max_length=255)
    alt = models.CharField(max_length=LONGEST_ALT, blank=True)
    size = models.PositiveBigIntegerField()  # bytes
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.name} in {self.item_id}"

    @property
    def path(self) -> Path:
        return place_of(self.token)

    @property
    def is_picture(self) -> bool:
        return self.type.startswith("image/")


def place_of(token: uuid.UUID) -> Path:
    return Path(settings.MEDIA_ROOT) / token.hex[:2] / token.hex
