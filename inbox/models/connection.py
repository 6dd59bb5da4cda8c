"""One account on one platform, with its secrets and its health."""

from __future__ import annotations

import secrets
from collections import defaultdict
from dataclasses import replace

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from connectors.base import Account
from inbox import vault


def new_key() -> str:
    """An unguessable name for a connection's door: 144 random bits."""
    return secrets.token_urlsafe(18)


class Connection(models.Model):
    class State(models.TextChoices):
        ACTIVE = "active", _("Active")
        PAUSED = "paused", _("Paused")  # the door still stores; nothing is polled or sent
        REVOKED = "revoked", _("Access revoked")  # the platform withdrew our token

    kind = models.CharField(_("platform"), max_length=32)
    name = models.CharField(_("name"), max_length=120)
    key = models.CharField(max_length=64, unique=True, default=new_key, editable=False)
    external_id = models.CharField(_("our own id on the platform"), max_length=255, blank=True)
    settings = models.JSONField(_("settings"), default=dict, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.ACTIVE)
    cursor = models.TextField(blank=True)  # where the last poll ended
    poll_at = models.DateTimeField(null=True, blank=True)
    asked_at = models.DateTimeField(null=True, blank=True)  # when the platform last answered a poll
    last_event_at = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True)
    last_error_at = models.DateTimeField(null=True, blank=True)
    rate_left = models.IntegerField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def account(self) -> Account:
        """What a connector may know of this connection, secrets included: never log it."""
        found: dict[str, list[str]] = defaultdict(list)
        alive = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
        for secret in ConnectionSecret.objects.filter(alive, connection=self).order_by("-created_at", "-pk"):
            found[secret.name].append(secret.reveal())
        return replace(self.bare_account(), secrets={name: tuple(values) for name, values in found.items()})

    def bare_account(self) -> Account:
        """The account without its secrets: all that is needed to know what a reply may look like."""
        return Account(
            kind=self.kind, key=self.key, external_id=self.external_id, secrets={}, settings=dict(self.settings)
        )


class ConnectionSecret(models.Model):
    """One value of one secret, encrypted. Two live values of a name mean a rotation is under way."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="secrets")
    name = models.CharField(max_length=64)
    sealed = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["connection", "name"], name="secret_by_connection")]

    def __str__(self) -> str:
        return f"{self.connection_id}/{self.name}"

    @property
    def place(self) -> str:
        """Where the value belongs; it cannot be opened as anything else."""
        return f"inbox_connectionsecret/{self.connection_id}/{self.name}"

    def seal(self, value: str) -> None:
        self.sealed = vault.seal(value, place=self.place)

    def reveal(self) -> str:
        return vault.open_(bytes(self.sealed), place=self.place)
