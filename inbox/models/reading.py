"""Who has looked at what: an item is unread for a person until they open it, and again when more comes."""

from __future__ import annotations

from django.db import models

from inbox.models.item import Item
from teams.models import User


class ItemRead(models.Model):
    """One person has read one item, up to the message that came at `until`."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="reads")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    until = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "user"], name="read_once_by_each")]

    def __str__(self) -> str:
        return f"{self.user_id} has read {self.item_id}"
