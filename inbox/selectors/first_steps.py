"""What an admin has to do before anything can arrive, as long as nothing can."""

from __future__ import annotations

from typing import NamedTuple

from inbox.models import Connection
from routing.models import RulesetVersion
from teams.models import Team, User


class FirstSteps(NamedTuple):
    """Which of them are done. The last one, a connection, ends them."""

    teams: bool
    rules: bool


def first_steps() -> FirstSteps | None:
    """None as soon as something is connected."""
    if Connection.objects.exists():
        return None
    teams = Team.objects.filter(is_fallback=False).exists() and User.objects.count() > 1
    return FirstSteps(teams, RulesetVersion.objects.exists())
