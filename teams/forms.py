"""Forms about people and teams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib.auth.forms import UsernameField
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from teams import keys, people
from teams.models import Membership, Team, User

if TYPE_CHECKING:
    UserForm = forms.ModelForm[User]
    BaseTeamForm = forms.ModelForm[Team]
else:
    UserForm = BaseTeamForm = forms.ModelForm

TEAM_HUES = [
    ("", _("Neutral")),
    (205, _("Teal")),
    (345, _("Rose")),
    (295, _("Violet")),
    (150, _("Green")),
    (110, _("Olive")),
    (320, _("Plum")),
    (180, _("Sea")),
    (275, _("Iris")),
    (10, _("Coral")),
]


def time_zones() -> list[tuple[str, str]]:
    return [(name, name.replace("_", " ")) for name in sorted(available_timezones()) if "/" in name or name == "UTC"]


class PreferencesForm(UserForm):
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=time_zones)
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)

    class Meta:
        model = User
        fields = people.PREFERENCES
        widgets = {"theme": forms.RadioSelect, "density": forms.RadioSelect}
        help_texts = {
            "single_keys": _(
                "J, K, C, H and the other keys work while you are not typing. Turn them off when they get in the way."
            ),
        }


class KeysForm(forms.Form):
    """One key an action, as this person has them."""

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for action, key in keys.keys_of(person).items():
            self.fields[action] = forms.CharField(
                label=keys.ACTIONS[action].words,
                initial=key.upper(),
                required=False,
                max_length=1,
                widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "class": "one-key"}),
            )


class PersonForm(UserForm):
    """A person and the teams they belong to: one choice a team."""

    class Meta:
        model = User
        fields = ("username", "display_name", "email", "is_admin")
        field_classes = {"username": UsernameField}
        help_texts = {"is_admin": _("Edits rules, teams and connections, and sees every team.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = bool(self.instance.pk)
        if known:
            del self.fields["username"]
        self.fields["password"] = forms.CharField(
            label=_("New password") if known else _("First password"),
            required=not known,
            strip=False,
            widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
            help_text=_("For who forgot theirs: it signs them out everywhere. Left empty, the old one stays.")
            if known
            else _("They can change it after signing in."),
        )
        held = {m.team_id: m.role for m in self.instance.memberships.all()} if known else {}
        for team in Team.objects.open():
            self.fields[f"team_{team.pk}"] = forms.ChoiceField(
                label=team.name,
                required=False,
                initial=held.get(team.pk, ""),
                choices=[("", _("Not in this team")), *Membership.Role.choices],
            )

    def roles(self) -> dict[int, str]:
        """Team ids to the role chosen for each."""
        chosen = {name: value for name, value in self.cleaned_data.items() if name.startswith("team_")}
        return {int(name.removeprefix("team_")): value for name, value in chosen.items() if value}

    @property
    def team_fields(self) -> list[forms.BoundField]:
        return [field for field in self if field.name.startswith("team_")]

    @property
    def own_fields(self) -> list[forms.BoundField]:
        return [field for field in self if not field.name.startswith("team_")]

    def _post_clean(self) -> None:
        """The service checks and writes; the instance stays as it was."""


class TeamForm(BaseTeamForm):
    hue = forms.TypedChoiceField(
        label=_("Colour"), choices=TEAM_HUES, coerce=int, empty_value=None, required=False, widget=forms.RadioSelect
    )
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=time_zones)

    class Meta:
        model = Team
        fields = ("name", "slug", "hue", "time_zone", "is_private", "is_fallback")
        help_texts = {
            "slug": _(
                "Small letters, digits and dashes. Rules and links use it. Left empty, it is made from the name."
            ),
            "is_private": _("Only its own people and admins can see its items."),
            "is_fallback": _("Receives what no rule matches."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["slug"].required = False
        hues = cast("forms.ChoiceField", self.fields["hue"])
        if self.instance.hue is not None and self.instance.hue not in dict(TEAM_HUES):
            hues.choices = [*TEAM_HUES, (self.instance.hue, _("As now"))]

    def clean_slug(self) -> str:
        made = slugify(self.cleaned_data.get("name", ""))[: cast("forms.CharField", self.fields["slug"]).max_length]
        slug = str(self.cleaned_data["slug"] or self.instance.slug or made)
        if not slug and "name" in self.cleaned_data:
            raise forms.ValidationError(_("This name has no letters from a to z: give it a short one."))
        return slug

    def _get_validation_exclusions(self) -> set[str]:
        """The service moves the fallback from one team to the other, so two at once are fine here."""
        return {*super()._get_validation_exclusions(), "is_fallback"}  # type: ignore[misc]  # not in the stubs


def show_errors(form: forms.BaseForm, fields: dict[str, str]) -> None:
    """Put a service's refusal beside the fields it names."""
    for name, message in fields.items():
        form.add_error(name if name in form.fields else None, message)
