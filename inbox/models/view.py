"""A list somebody keeps under a name: for themselves, or for a team."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from teams.models import Team, User


class SavedView(models.Model):
    """Filters under a name. It belongs to one person, or to a team, whose leads may change it."""

    name = models.CharField(_("name"), max_length=80)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, null=True, blank=True, related_name="saved_views")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, null=True, blank=True, related_name="saved_views")
    scope = models.CharField(max_length=80)  # the list it narrows: "open", or "team:support"
    query = models.CharField(max_length=1000, blank=True)  # its filters, as they stand in an address
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(owner=None, team__isnull=False) | Q(owner__isnull=False, team=None),
                name="view_of_one_person_or_one_team",
            ),
            models.UniqueConstraint(fields=["owner", "name"], condition=Q(team=None), name="one_own_view_per_name"),
            models.UniqueConstraint(fields=["team", "name"], condition=Q(owner=None), name="one_team_view_per_name"),
        ]

    def __str__(self) -> str:
        return self.name
