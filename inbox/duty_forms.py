"""Forms of a team's duty: its hours, who gets what, who is told, and how long an answer may take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from connectors.registry import CONNECTORS
from inbox.models import HandoffReason, Item, Target
from teams import duty
from teams.models import Shift, Team, User

if TYPE_CHECKING:
    DutyBase = forms.ModelForm[Team]
    TargetBase = forms.ModelForm[Target]
else:
    DutyBase = TargetBase = forms.ModelForm


class DutyForm(DutyBase):
    holidays = forms.CharField(
        label=_("Holidays"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("One a line: 2026-12-25 Christmas. No shift begins on these days."),
    )

    class Meta:
        model = Team
        fields = duty.SETTINGS
        help_texts = {
            "covered_by": _("Stands in while this team is off duty, and is told when items wait too long."),
            "return_after": _("Away, or without an open page. Empty: never."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        team = self.instance
        others = Team.objects.filter(closed_at=None).exclude(pk=team.pk)
        self.fields["covered_by"].queryset = others  # type: ignore[attr-defined]
        shifts = list(team.shifts.all())
        for day, name in Shift.Weekday.choices:
            spans = [(shift.starts, shift.ends) for shift in shifts if shift.weekday == day]
            self.fields[f"day_{day}"] = forms.CharField(
                label=name, required=False, max_length=200, initial=duty.write_day(spans)
            )
        self.fields["holidays"].initial = duty.write_holidays(team.holidays.all())

    @property
    def days(self) -> list[forms.BoundField]:
        return [field for field in self if field.name.startswith("day_")]

    @property
    def ladder(self) -> list[forms.BoundField]:
        """Who is told of an item that nobody claims, in order."""
        return [field for field in self if field.name.startswith("escalate_")]

    @property
    def sharing(self) -> list[forms.BoundField]:
        """Who gets new items, and when they give them back."""
        return [self[name] for name in ("assignment", "capacity", "return_after", "same_helper_days")]

    def save_as(self, by: User) -> Team:
        """Hand the values to the service, which checks and writes."""
        values = self.cleaned_data
        week = {day: duty.read_day(values[f"day_{day}"], field=f"day_{day}") for day in Shift.Weekday.values}
        holidays = duty.read_holidays(values["holidays"])
        settings = {name: values[name] for name in duty.SETTINGS}
        return duty.save(
            by=by, team=Team.objects.get(pk=self.instance.pk), week=week, holidays=holidays, settings=settings
        )


class TargetForm(TargetBase):
    platform = forms.ChoiceField(label=_("Platform"), required=False)

    class Meta:
        model = Target
        fields = ("platform", "priority", "first_reply", "next_reply", "resolution")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        platforms = {kind: connector.name for kind, connector in CONNECTORS.items()}
        if self.instance.platform:
            platforms.setdefault(self.instance.platform, self.instance.platform)
        self._choose("platform", [("", _("Any")), *platforms.items()])
        self._choose("priority", [("", _("Any")), *Item.Priority.choices])

    def _choose(self, name: str, choices: list[Any]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]


TargetFormSet: Any = forms.modelformset_factory(
    Target,
    form=TargetForm,
    extra=2,
    can_delete=True,
    max_num=50,
)
ReasonFormSet: Any = forms.modelformset_factory(
    HandoffReason, fields=("text", "position"), extra=2, can_delete=True, max_num=9
)


class CloseTeamForm(forms.Form):
    to = forms.ModelChoiceField(
        label=_("Its items go to"),
        queryset=Team.objects.none(),
        required=False,
        empty_label=_("The fallback team"),
    )

    def __init__(self, *args: Any, team: Team, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = Team.objects.filter(closed_at=None).exclude(pk=team.pk)  # type: ignore[attr-defined]


class QuietForm(forms.Form):
    """From when until when no mail and no push message goes out, on the person's own clock."""

    quiet_from = forms.TimeField(label=_("From"), required=False, widget=forms.TimeInput({"type": "time"}))
    quiet_until = forms.TimeField(label=_("Until"), required=False, widget=forms.TimeInput({"type": "time"}))
