"""What somebody is writing, before it is sent."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from inbox.models.item import Item
from teams.models import User


class Draft(models.Model):
    """One person's unsent reply or note in one item. Who may see the item may read it; its author alone writes it.

    `version` changes with every write and never comes again, so that a tab which holds an older state is told.
    """

    class Mode(models.TextChoices):
        REPLY = "reply", _("Reply")
        NOTE = "note", _("Note")

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="drafts")
    author = models.ForeignKey(User, on_delete=models.CASCADE, related_name="drafts")
    mode = models.CharField(max_length=5, choices=Mode)
    text = models.TextField()
    version = models.UUIDField(default=uuid.uuid4)
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "author", "mode"], name="one_draft_per_author_and_mode"),
            models.CheckConstraint(condition=~Q(text=""), name="draft_has_words"),
        ]

    def __str__(self) -> str:
        return f"{self.author_id} in {self.item_id}: {self.text[:40]}"
