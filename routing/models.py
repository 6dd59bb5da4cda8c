"""Rules as they are being edited, and the versions that were published of them."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from teams.models import Team, User


class Rule(models.Model):
    """One keyword rule, as it stands on the rules page. It acts only through a published version."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SHADOW = "shadow", _("Shadow")
        LIVE = "live", _("Live")
        OFF = "off", _("Off")

    name = models.CharField(_("name"), max_length=120)
    position = models.PositiveIntegerField(_("position"), default=0)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.DRAFT)
    share = models.PositiveSmallIntegerField(_("share of messages, in percent"), default=100)
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.PROTECT, related_name="rules")
    # any, all, none, when, priority, labels, ignore, assign: what routing.engine.rules reads, nothing else.
    body: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(condition=models.Q(share__gte=1, share__lte=100), name="share_is_a_percentage"),
        ]

    def __str__(self) -> str:
        return self.name

    def to_json(self) -> dict[str, Any]:
        """The rule as plain data, as the engine reads it."""
        slug = self.team.slug if self.team else None
        return {"id": self.pk, "name": self.name, "state": self.state, "share": self.share, **self.body, "team": slug}


class RulesetVersion(models.Model):
    """The ordered whole as it was published. The database refuses to change or delete one."""

    number = models.PositiveIntegerField(unique=True)
    document: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField()
    published_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    published_at = models.DateTimeField(auto_now_add=True)
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"{self.number}"


class CompiledVersion(models.Model):
    """A version ready to run on one build of the engine; workers with another build add their own."""

    version = models.ForeignKey(RulesetVersion, on_delete=models.CASCADE, related_name="compiled")
    tag = models.CharField(max_length=200)
    blob = models.BinaryField()
    checksum = models.BinaryField(max_length=32)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "tag"], name="one_blob_per_engine")]

    def __str__(self) -> str:
        return f"{self.version} · {self.tag}"


class RuleUse(models.Model):
    """A day on which a rule matched: enough to find rules that are dead."""

    rule = models.ForeignKey(Rule, on_delete=models.CASCADE, related_name="uses")
    day = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rule", "day"], name="one_use_per_day")]

    def __str__(self) -> str:
        return f"{self.rule} · {self.day}"
