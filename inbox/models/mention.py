"""A colleague named in a note."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from inbox.models.history import Activity
from inbox.models.item import Item
from teams.models import Team, User


class Mention(models.Model):
    """One person whom a note calls, by their own name or by that of their team.

    A row is written only for who may see the item then; whether they still may is asked by whoever reads it,
    with `Item.objects.visible_to`. It counts as unseen until that person opens the item.
    """

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="mentions")
    note = models.ForeignKey(Activity, on_delete=models.CASCADE, related_name="mentions")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="mentions")
    team = models.ForeignKey(
        Team, on_delete=models.SET_NULL, null=True, related_name="+"
    )  # through which they are meant
    at = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["note", "user"], name="named_once_per_note")]
        indexes = [
            models.Index(fields=["user", "-item"], name="mention_of_person"),
            models.Index(fields=["user", "item"], name="mention_unseen", condition=Q(seen_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.item_id}"
