"""What one person may see, read once and handed on: every list and count of a page starts from it."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from django.utils.translation import gettext as _

from teams.errors import Invalid
from teams.models import Team, User


@dataclass(frozen=True, slots=True)
class Sight:
    """All teams, for the names in a history, and which of them this person may look into."""

    user: User
    teams: tuple[Team, ...]
    visible: tuple[int, ...]

    @classmethod
    def of(cls, user: User) -> Sight:
        seen = Exists(Team.objects.visible_to(user).filter(pk=OuterRef("pk")))
        rows = list(Team.objects.annotate(is_seen=seen))
        return cls(user, tuple(rows), tuple(team.pk for team in rows if getattr(team, "is_seen", False)))

    @property
    def everything(self) -> bool:
        """Whether no team has to be left out."""
        return len(self.visible) == len(self.teams)

    @property
    def seen(self) -> tuple[Team, ...]:
        """The teams this person may look into, by name."""
        return tuple(team for team in self.teams if team.pk in self.visible)

    def team(self, slug: str) -> Team:
        """A team by its short name; a hidden one is refused as one that is not there."""
        team = next((team for team in self.seen if team.slug == slug), None)
        if team is None:
            raise Invalid(team=_("There is no such team."))
        return team


def sight_of(request: HttpRequest) -> Sight:
    """The sight of whoever asks, read at most once a request."""
    known: Sight | None = getattr(request, "_sight", None)
    if known is None or known.user.pk != request.user.pk:
        known = Sight.of(request.user)  # type: ignore[arg-type]
        request._sight = known  # type: ignore[attr-defined]
    return known
