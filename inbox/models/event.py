"""One delivery as received: the row that is the queue between the door and the workers."""

from __future__ import annotations

import json

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from connectors.base import Delivery
from inbox.models.connection import Connection


class Event(models.Model):
    """Headers and raw bytes, stored before the platform hears 200, and never changed after.

    A worker leases it (attempts are committed before the attempt, so that an event that kills
    its process is counted), then digests it: effects and `done` commit together.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("Pending")
        LEASED = "leased", _("In work")
        DONE = "done", _("Done")
        IGNORED = "ignored", _("Ignored")
        DEAD = "dead", _("Dead")

    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="events")
    polled = models.BooleanField(db_default=False)  # one entry of a poll that could not be read; `body` is its JSON
    delivery_key = models.CharField(max_length=255)
    body = models.BinaryField()
    headers = models.JSONField(default=dict)
    query = models.TextField(blank=True, db_default="")
    received_at = models.DateTimeField(db_default=Now())
    state = models.CharField(max_length=8, choices=State, db_default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(db_default=0)
    next_at = models.DateTimeField(db_default=Now())
    lease_until = models.DateTimeField(null=True)
    lease_token = models.UUIDField(null=True)
    reason = models.TextField(blank=True, db_default="")
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "delivery_key"], name="one_event_per_delivery")]
        indexes = [
            models.Index(fields=["next_at", "id"], name="event_due", condition=Q(state__in=["pending", "leased"])),
            models.Index(fields=["-id"], name="event_dead", condition=Q(state="dead")),
            models.Index(fields=["connection", "-id"], name="event_by_connection"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.state}"

    def delivery(self) -> Delivery:
        """The request again, as the connector saw it at the door."""
        return Delivery(
            body=bytes(self.body),
            headers=self.headers,
            query=dict(json.loads(self.query)) if self.query else {},
            received_at=self.received_at,
        )


class MovedThread(models.Model):
    """Another name under which a platform goes on with a conversation. Its item keeps the first one."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE)
    name = models.CharField(max_length=512)
    first = models.CharField(max_length=512)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "name"], name="a_thread_moved_once")]

    def __str__(self) -> str:
        return f"{self.first} → {self.name}"


class EarlyChange(models.Model):
    """What was told of a message that has not come yet, or of a reply whose id we have not heard yet.

    It is applied when the message comes. The three receipts bear the platform's words for it; `text` is its reason.
    """

    class Verb(models.TextChoices):
        EDIT = "edit", _("Edit")
        DELETE = "delete", _("Delete")
        DELIVERED = "delivered", _("Delivered")
        READ = "read", _("Read")
        FAILED = "failed", _("Failed")

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE)
    external_id = models.CharField(max_length=512)
    verb = models.CharField(max_length=16, choices=Verb)
    text = models.TextField(blank=True)
    rating = models.PositiveSmallIntegerField(null=True)
    version = models.DateTimeField(null=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "external_id", "verb"], name="one_early_change_per_verb")
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.external_id}"
