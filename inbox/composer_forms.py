"""Forms around the composer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inbox import saved_replies
from inbox.models import SavedReply
from teams.errors import Invalid
from teams.models import Team, User

if TYPE_CHECKING:
    Base = forms.ModelForm[SavedReply]
else:
    Base = forms.ModelForm

MINE, EVERYBODY = "mine", "all"


class SavedReplyForm(Base):
    """A saved reply and whose it is: of the scopes that this person may change."""

    scope = forms.ChoiceField(label=gettext_lazy("For"))

    class Meta:
        model = SavedReply
        fields = ("name", "shortcut", "text")
        widgets = {"text": forms.Textarea(attrs={"rows": 8, "dir": "auto"})}

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by = by
        self.teams = {str(team.pk): team for team in Team.objects.visible_to(by).open() if by.leads(team)}
        choices = [(MINE, _("Me alone")), *((key, team.name) for key, team in self.teams.items())]
        self.fields["scope"].choices = choices + [(EVERYBODY, _("Everybody"))] * by.is_admin  # type: ignore[attr-defined]
        self.fields["shortcut"].help_text = _("Type / and this in the composer.")
        self.fields["text"].help_text = _(
            "Variables: %(known)s. With a word for when it is not known: %(default)s."
        ) % {
            "known": ", ".join("{{" + name + "}}" for name in saved_replies.VARIABLES),
            "default": "{{contact.first_name|" + _("there") + "}}",
        }
        if self.instance.pk:
            team = self.instance.team_id
            self.initial["scope"] = MINE if self.instance.owner_id else str(team) if team else EVERYBODY

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"].replace("\x00", "").replace("\r\n", "\n")
        try:
            saved_replies.check(text)
        except Invalid as error:
            raise forms.ValidationError(error.fields["text"]) from error
        return text

    def row(self) -> SavedReply:
        scope, row = self.cleaned_data["scope"], self.instance
        row.owner = self.by if scope == MINE else None
        row.team = self.teams.get(scope)
        return row
