"""What one person may see, read once and handed on: every list and count of a page starts from it."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, Exists, OuterRef, Q, Value, When
from django.db.models.functions import JSONObject
from django.http import HttpRequest
from django.utils.translation import gettext as _

from inbox.models import SavedView
from teams.errors import Invalid
from teams.models import Membership, Team, User

MOST_VIEWS = 60


@dataclass(frozen=True, slots=True)
class KeptView:
    """A saved view that this person may open."""

    pk: int
    name: str
    team: Team | None
    scope: str
    query: str
    may_change: bool

    @property
    def text_pk(self) -> str:
        return str(self.pk)


@dataclass(frozen=True, slots=True)
class Sight:
    """All teams, for the names in a history, and which of them this person may look into and leads."""

    user: User
    teams: tuple[Team, ...]
    visible: tuple[int, ...]
    led: frozenset[int] = frozenset()
    views: tuple[KeptView, ...] = ()

    @classmethod
    def of(cls, user: User) -> Sight:
        own = Membership.objects.filter(user=user, team=OuterRef("pk"), role=Membership.Role.LEAD)
        rows = Team.objects.annotate(
            is_seen=Exists(Team.objects.visible_to(user).filter(pk=OuterRef("pk"))),
            is_led=Exists(own),
            kept=Case(When(is_fallback=True, then=_views(user)), default=Value([])),
        )
        teams = {team.pk: team for team in rows}
        seen = tuple(pk for pk, team in teams.items() if getattr(team, "is_seen", False))
        led = frozenset(pk for pk in seen if user.is_admin or getattr(teams[pk], "is_led", False))
        kept = [each for team in teams.values() for each in getattr(team, "kept", [])]
        views = tuple(
            KeptView(
                pk=each["id"],
                name=each["name"],
                team=teams.get(each["team"]),
                scope=each["scope"],
                query=each["query"],
                may_change=each["team"] is None or each["team"] in led,
            )
            for each in kept
        )
        return cls(user, tuple(teams.values()), seen, led, views)

    def view(self, pk: int) -> KeptView | None:
        return next((view for view in self.views if view.pk == pk), None)

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


def _views(user: User) -> ArraySubquery:
    """One's own views and those of the teams one sees. They ride on the row of the fallback team, of which there is
    always one, and so cost no query of their own."""
    seen = Q(owner=user) | Q(team__in=Team.objects.visible_to(user).values("pk"))
    rows = SavedView.objects.filter(seen).order_by("team__name", "name", "pk")[:MOST_VIEWS]
    told = JSONObject(id="id", name="name", team="team_id", scope="scope", query="query")
    return ArraySubquery(rows.values(told=told))


def sight_of(request: HttpRequest) -> Sight:
    """The sight of whoever asks, read at most once a request."""
    known: Sight | None = getattr(request, "_sight", None)
    if known is None or known.user.pk != request.user.pk:
        known = Sight.of(request.user)  # type: ignore[arg-type]
        request._sight = known  # type: ignore[attr-defined]
    return known
