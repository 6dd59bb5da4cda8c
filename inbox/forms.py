"""Forms of the thread: hand over, return, pass over, snooze."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.db.models import Prefetch
from django.utils import formats, timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from inbox import relay
from inbox.models import Item
from inbox.queue import NOTE_LENGTH, REASON_LENGTH
from inbox.selectors.counts import counts
from inbox.selectors.sight import Sight
from teams.attendance import is_there
from teams.models import Team, User

HANDOFF_REASONS = (
    _("Needs your knowledge"),
    _("Wrong team"),
    _("Asked for by the customer"),
    _("Needs approval"),
    _("Language"),
    _("Not on shift"),
)
RETURN_REASONS = (
    _("Not ours"),
    _("Something is missing"),
    _("Answered already"),
    _("No capacity now"),
)
SKIP_REASONS = (
    _("I do not read this language"),
    _("I do not know the subject"),
    _("No time now"),
    _("I should not answer this one"),
)
MORNING = 9  # o'clock


@dataclass(frozen=True, slots=True)
class Target:
    """A team an item can go to, and what helps to choose it."""

    team: Team
    people: list[User]
    unfinished: int | None
    returned_at: datetime | None


class ReasonForm(forms.Form):
    """Why: one of the usual reasons, or words of one's own."""

    REASONS: tuple[Any, ...] = ()
    ASK: Any = _("Say why, so that the other team can start at once.")
    because = forms.ChoiceField(required=False)
    other = forms.CharField(required=False, max_length=REASON_LENGTH)
    note = forms.CharField(required=False, max_length=NOTE_LENGTH, widget=forms.Textarea)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["because"].choices = [(str(reason), str(reason)) for reason in self.REASONS]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if not self.errors and not (found.get("because") or (found.get("other") or "").strip()):
            self.add_error("because", self.ASK)
        return found

    def reason(self) -> str:
        """Words of one's own come before the usual ones."""
        return str(self.cleaned_data["other"].strip() or self.cleaned_data["because"])

    @property
    def reasons(self) -> list[tuple[int, str]]:
        return list(enumerate((str(reason) for reason in self.REASONS), start=1))


class HandoffForm(ReasonForm):
    REASONS: tuple[Any, ...] = HANDOFF_REASONS
    to = forms.ChoiceField(error_messages={"required": _("Choose a team.")})
    person = forms.ChoiceField(required=False)

    def __init__(self, *args: Any, item: Item | None, sight: Sight, **kwargs: Any) -> None:
        self.REASONS = tuple(relay.reasons()[:9]) or HANDOFF_REASONS  # a digit each
        super().__init__(*args, **kwargs)
        self.targets = _targets(item, sight)
        self.fields["to"].choices = [(found.team.slug, found.team.name) for found in self.targets]  # type: ignore[attr-defined]

        named = [(who.username, f"{who.name} · {found.team.name}") for found in self.targets for who in found.people]
        self.fields["person"].choices = [("", gettext("Anybody")), *named]  # type: ignore[attr-defined]

    def named(self) -> User | None:
        """The one person it is meant for, if any."""
        username = self.cleaned_data["person"]
        people = (who for found in self.targets for who in found.people)
        return next((who for who in people if who.username == username), None)

    def team(self) -> Team:
        return next(found.team for found in self.targets if found.team.slug == self.cleaned_data["to"])


class ReturnForm(ReasonForm):
    REASONS = RETURN_REASONS


class SkipForm(ReasonForm):
    REASONS = SKIP_REASONS
    ASK = _("Say why you pass it over.")


class SnoozeForm(forms.Form):
    """Until when: one of the usual moments, or a time of one's own, both in the viewer's time zone."""

    preset = forms.CharField(required=False)
    at = forms.DateTimeField(
        required=False,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        error_messages={"invalid": _("Give a day and a time.")},
    )

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if not self.errors and found.get("preset") not in dict(self.moments) and not found.get("at"):
            self.add_error("at", gettext("Choose when it comes back."))
        return found

    def moment(self) -> datetime:
        found: datetime = self.cleaned_data["at"] or self.moments[self.cleaned_data["preset"]]
        return found

    @property
    def moments(self) -> dict[str, datetime]:
        now = timezone.localtime()
        morning = now.replace(hour=MORNING, minute=0, second=0, microsecond=0)
        return {
            "hour": now + timedelta(hours=1),
            "hours": now + timedelta(hours=3),
            "tomorrow": morning + timedelta(days=1),
            "monday": morning + timedelta(days=7 - now.weekday()),
        }

    @property
    def presets(self) -> list[tuple[int, str, str, str]]:
        names = {
            "hour": gettext("In one hour"),
            "hours": gettext("In three hours"),
            "tomorrow": gettext("Tomorrow morning"),
            "monday": gettext("Next Monday"),
        }
        moments = self.moments
        if moments["monday"] == moments["tomorrow"]:
            del moments["monday"]  # on a Sunday it is the same
        return [
            (number, key, names[key], _told(moment)) for number, (key, moment) in enumerate(moments.items(), start=1)
        ]


def _told(moment: datetime) -> str:
    """The day of the week and the time; the date, too, where that day might be today."""
    day = formats.date_format(moment, "D")
    if moment.date() >= timezone.localdate() + timedelta(days=7):
        day = f"{day}, {formats.date_format(moment, 'MONTH_DAY_FORMAT')}"
    return f"{day} {formats.date_format(moment, 'H:i')}"


def _targets(item: Item | None, sight: Sight) -> list[Target]:
    """Every team that can take the item. Of a private team that the viewer is not in, only the name is told."""
    open_items = {count.team.pk: count.unfinished for count in counts(sight.user, sight=sight).teams}
    if not open_items:
        return []  # who sees no team hands nothing over
    people = Prefetch("people", queryset=User.objects.filter(is_active=True), to_attr="active_people")
    teams = Team.objects.filter(closed_at=None).prefetch_related(people)
    if item:
        teams = teams.exclude(pk=item.team_id)
    returned = dict(item.handoffs.filter(outcome="returned").values_list("to_team", "settled_at")) if item else {}
    now = timezone.now()
    return [
        Target(
            team=team,
            people=[who for who in _people(team) if team.pk in open_items and is_there(who, now)],
            unfinished=open_items.get(team.pk),
            returned_at=returned.get(team.pk),
        )
        for team in teams
    ]


def _people(team: Team) -> list[User]:
    """The active people of a team, as they were fetched with it."""
    found: list[User] = getattr(team, "active_people", [])
    return found
