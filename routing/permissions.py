"""Who may do what with rules: everybody who is signed in reads and tries, leads and admins edit."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from routing.models import Rule
from teams.models import Membership, Team


def may_edit(user: Any) -> bool:
    """Leads and admins edit rules."""
    if not getattr(user, "is_active", False):
        return False
    return bool(user.is_admin) or Membership.objects.filter(user=user, role=Membership.Role.LEAD).exists()


def visible_rules(user: Any) -> QuerySet[Rule]:
    """All but the rules of private teams that this person cannot see."""
    return Rule.objects.select_related("team").exclude(team__in=hidden_teams(user))


def hidden_teams(user: Any) -> QuerySet[Team]:
    return Team.objects.filter(is_private=True).exclude(pk__in=Team.objects.visible_to(user).values("pk"))


def may_edit_all(user: Any) -> bool:
    """Whoever works on the set as a whole (publish, restore, import, export) has to see all of it."""
    if not may_edit(user):
        return False
    return bool(user.is_admin) or not Rule.objects.filter(Q(team__in=hidden_teams(user))).exists()


class ReadOrEdit(BasePermission):
    """Reading is for all who are signed in; writing for leads and admins."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not request.user.is_authenticated:
            return False
        return request.method in SAFE_METHODS or may_edit(request.user)


class EditAll(BasePermission):
    def has_permission(self, request: Request, view: Any) -> bool:
        return request.user.is_authenticated and may_edit_all(request.user)
