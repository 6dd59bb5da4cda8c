"""Answers that are written once and used often."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from teams.models import Team, User


class SavedReply(models.Model):
    """A text with variables. It is one person's, one team's, or, without either, everybody's."""

    name = models.CharField(_("name"), max_length=80)
    shortcut = models.SlugField(_("short name"), max_length=40)
    text = models.TextField(_("text"), max_length=10_000)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, null=True, blank=True, related_name="saved_replies")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, null=True, blank=True, related_name="saved_replies")
    changed_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["shortcut", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(owner=None) | Q(team=None), name="saved_reply_has_one_scope"),
            models.UniqueConstraint(
                fields=["owner", "team", "shortcut"], name="one_saved_reply_per_shortcut", nulls_distinct=False
            ),
        ]

    def __str__(self) -> str:
        return f"/{self.shortcut}"
