"""What keeps a team's desk in order: targets, reasons, what was skipped or can be undone."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from inbox.models.item import Item
from teams.models import Team, User


class ExactEncoder(DjangoJSONEncoder):
    """Django's drops microseconds; what is put back must be what was there."""

    def default(self, o: Any) -> Any:
        return o.isoformat() if isinstance(o, datetime) else super().default(o)


class Target(models.Model):
    """How long an answer may take, in minutes of duty.

    An empty team, platform or priority means any. For each of the three times the most particular
    row that sets it counts: the team's before anybody's, then the platform's, then the priority's.
    """

    team = models.ForeignKey(Team, on_delete=models.CASCADE, null=True, blank=True, related_name="targets")
    platform = models.CharField(_("platform"), max_length=32, blank=True)
    priority = models.SmallIntegerField(_("priority"), choices=Item.Priority, null=True, blank=True)
    first_reply = models.PositiveIntegerField(
        _("first reply, minutes"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    next_reply = models.PositiveIntegerField(
        _("next reply, minutes"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    resolution = models.PositiveIntegerField(
        _("done, minutes"), null=True, blank=True, validators=[MinValueValidator(1)]
    )

    class Meta:
        ordering = ["team__name", "platform", "-priority"]
        constraints = [
            models.UniqueConstraint(
                fields=["team", "platform", "priority"], name="one_target_per_case", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return f"{self.team or '*'} {self.platform or '*'} {self.get_priority_display() or '*'}"


class HandoffReason(models.Model):
    """A reason people choose when they hand an item over, so that the reasons can be counted."""

    text = models.CharField(_("reason"), max_length=200, unique=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.text


class Skip(models.Model):
    """Somebody passed an item over, and said why; "next for me" leaves it out for them for a while."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="skips")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    reason = models.CharField(max_length=200)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["user", "at"], name="skip_by_person")]

    def __str__(self) -> str:
        return f"{self.item_id}: {self.reason}"


class Undo(models.Model):
    """What a bulk operation changed, so that exactly that can be taken back."""

    token = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    verb = models.CharField(max_length=16)
    # Each: the item, its version afterwards, and what its fields and handoffs held before.
    steps = models.JSONField(default=list, encoder=ExactEncoder)
    at = models.DateTimeField(db_default=Now())
    used_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["at"], name="undo_at")]

    def __str__(self) -> str:
        return f"{self.verb} ×{len(self.steps)}"
