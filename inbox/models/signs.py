"""What doors showed of themselves: when something came, and how much was turned away."""

from __future__ import annotations

from django.db import models

from inbox.models.connection import Connection


class Arrival(models.Model):
    """Ten minutes in which something came from a connection; from these its usual rhythm is learned."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="arrivals")
    at = models.DateTimeField()  # when the ten minutes began

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "at"], name="one_arrival_per_ten_minutes")]

    def __str__(self) -> str:
        return f"{self.connection_id} {self.at:%Y-%m-%d %H:%M}"


class DoorRefusal(models.Model):
    """How many deliveries a door answered with this status. Without a connection: nobody has that key."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, null=True, related_name="refusals")
    status = models.PositiveSmallIntegerField()
    count = models.BigIntegerField(default=0)
    last_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "status"], name="one_count_per_status", nulls_distinct=False)
        ]

    def __str__(self) -> str:
        return f"{self.connection_id} {self.status}: {self.count}"
