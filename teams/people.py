"""Writes about people and teams. Pages and commands come through here; each call is one transaction."""

from __future__ import annotations

from datetime import time
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from teams.errors import Invalid, NotAllowed
from teams.models import ApiToken, Membership, Team, User

PREFERENCES = ("display_name", "email", "time_zone", "language", "theme", "density", "single_keys")


def save_preferences(*, person: User, values: dict[str, Any]) -> User:
    """Keep what a person chose for their own screen."""
    for name in PREFERENCES:
        if name in values:
            setattr(person, name, values[name])
    _checked(person)
    person.save(update_fields=[name for name in PREFERENCES if name in values])
    return person


def save_quiet_hours(*, person: User, start: time | None, end: time | None) -> User:
    """When no mail goes to this person, on their own clock."""
    person.quiet_from, person.quiet_until = start, end
    person.save(update_fields=["quiet_from", "quiet_until"])
    return person


@transaction.atomic
def add_person(
    *, by: User, username: str, password: str, display_name: str = "", email: str = "", is_admin: bool = False
) -> User:
    _admin_only(by)
    person = User(username=username, display_name=display_name, email=email, is_admin=is_admin)
    person.time_zone, person.language = by.time_zone, by.language
    _set_password(person, password)
    _checked(person)
    person.save()
    return person


@transaction.atomic
def change_person(*, by: User, person: User, display_name: str, email: str, is_admin: bool, password: str = "") -> User:
    """Change a person; a new password, for somebody who forgot theirs, ends all their sessions."""
    _admin_only(by)
    if person.is_admin and not is_admin:
        _keep_one_admin(person)
    person.display_name, person.email, person.is_admin = display_name, email, is_admin
    fields = ["display_name", "email", "is_admin"]
    if password:
        _set_password(person, password)
        fields.append("password")
    _checked(person)
    person.save(update_fields=fields)
    return person


@transaction.atomic
def set_roles(*, by: User, person: User, roles: dict[int, str]) -> None:
    """Say which teams a person belongs to, and as what; a team that is not named is left."""
    _admin_only(by)
    Membership.objects.filter(user=person).exclude(team__in=roles).delete()
    for team, role in roles.items():
        Membership.objects.update_or_create(user=person, team_id=team, defaults={"role": Membership.Role(role)})


@transaction.atomic
def deactivate(*, by: User, person: User) -> User:
    """End a person's access at once: sessions and tokens stop working. What they did stays."""
    _admin_only(by)
    if person.pk == by.pk:
        raise NotAllowed(_("You cannot deactivate yourself; ask another admin."))
    if person.is_admin:
        _keep_one_admin(person)
    person.is_active = False
    person.save(update_fields=["is_active"])
    ApiToken.objects.filter(user=person, revoked_at=None).update(revoked_at=timezone.now())
    return person


def reactivate(*, by: User, person: User) -> User:
    """Let a person back in. Their tokens stay revoked."""
    _admin_only(by)
    person.is_active = True
    person.save(update_fields=["is_active"])
    return person


@transaction.atomic
def save_team(*, by: User, team: Team) -> Team:
    """Create or change a team. Making it the fallback takes that from the team that was it."""
    _admin_only(by)
    if team.is_fallback and team.is_private:
        raise Invalid(is_private=_("The fallback team receives what no rule matched, so it cannot be private."))
    was = Team.objects.select_for_update().filter(is_fallback=True).exclude(pk=team.pk)
    if team.is_fallback:
        was.update(is_fallback=False)
    elif not was.exists():
        raise Invalid(is_fallback=_("One team has to be the fallback. Make another team the fallback first."))
    _checked(team)
    team.save()
    return team


def _admin_only(by: User) -> None:
    if not (by.is_admin and by.is_active):
        raise NotAllowed(_("Only an admin may do this."))


def _keep_one_admin(person: User) -> None:
    others = User.objects.select_for_update().filter(is_admin=True, is_active=True).exclude(pk=person.pk)
    if not others:
        raise NotAllowed(_("There has to be one admin at least."))


def _set_password(person: User, password: str) -> None:
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise Invalid(password=" ".join(error.messages)) from error
    person.set_password(password)


def _checked(row: User | Team) -> None:
    try:
        row.full_clean()
    except ValidationError as error:
        raise Invalid(**{name: " ".join(texts) for name, texts in error.message_dict.items()}) from error
