"""The plain form of a rule. It knows no rules of its own: the engine reads what it gathers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import yaml
from django import forms
from django.utils.translation import gettext_lazy as _

from routing.engine import yaml_text
from routing.engine.conditions import DAYS, KINDS
from routing.engine.errors import RuleError
from routing.errors import translated
from routing.models import Rule
from teams.models import Team

WHEN = "when_"
_LISTS = ("platform", "connection", "language", "author_labels", "no_author_labels", "on_duty", "off_duty", "rating")
_CHOICES = {"kind": KINDS, "days": DAYS}
_NUMBERS = ("rating_below", "rating_above", "followers_below", "followers_above")
_YES_NO = ("verified", "is_reply", "has_media")
_TEXTS = ("hours", "zone")
_LABELS = {
    "platform": _("Platforms"), "connection": _("Connections"), "language": _("Languages"), "rating": _("Ratings"),
    "author_labels": _("Author has one of the labels"), "no_author_labels": _("Author has none of the labels"),
    "on_duty": _("While one of these teams is on duty"), "off_duty": _("While none of these teams is on duty"),
    "kind": _("Kinds"), "days": _("Days"), "rating_below": _("Rating below"), "rating_above": _("Rating above"),
    "followers_below": _("Followers below"), "followers_above": _("Followers above"),
    "verified": _("Author is verified"), "is_reply": _("Is a reply"), "has_media": _("Has pictures or other media"),
    "hours": _("Hours"), "zone": _("Time zone"),
}  # fmt: skip
_KINDS = {
    "mention": _("Mention"), "comment": _("Comment"), "dm": _("Direct message"), "review": _("Review"),
    "message": _("Message"), "mon": _("Mon"), "tue": _("Tue"), "wed": _("Wed"), "thu": _("Thu"), "fri": _("Fri"),
    "sat": _("Sat"), "sun": _("Sun"),
}  # fmt: skip
_YES_OR_NO = [("", _("Either")), ("yes", _("Yes")), ("no", _("No"))]


class Words(forms.CharField):
    """Keywords, one a line; a line in braces is a group, as in YAML."""

    def __init__(self, **options: Any) -> None:
        widget = forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "autocapitalize": "off", "dir": "auto"})
        super().__init__(required=False, widget=widget, strip=False, **options)

    def clean(self, value: Any) -> list[Any]:
        lines = (line.strip() for line in str(value or "").splitlines())
        return [_group(line) if line.startswith("{") else line for line in lines if line]


def _group(line: str) -> Any:
    try:
        return yaml_text.load(line)
    except RuleError as error:
        raise forms.ValidationError([translated(message) for message in error.errors.values()]) from None


def shown(members: list[Any]) -> str:
    return "\n".join(each if isinstance(each, str) else _in_braces(each) for each in members)


def _in_braces(group: dict[str, Any]) -> str:
    text: str = yaml.safe_dump(group, default_flow_style=True, allow_unicode=True, width=10**6)
    return text.strip()


class RuleForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=120)
    any = Words(
        label=_("Any of"), help_text=_("One word or phrase a line. crash* begins a word, run~ takes its forms.")
    )
    all = Words(label=_("All of"))
    none = Words(label=_("But none of"))
    team = forms.ChoiceField(label=_("Goes to"), required=False)
    ignore = forms.BooleanField(label=_("Ignore as spam"), required=False)
    priority = forms.ChoiceField(
        label=_("Priority"),
        required=False,
        choices=[
            ("", _("As usual")),
            ("urgent", _("Urgent")),
            ("high", _("High")),
            ("normal", _("Normal")),
            ("low", _("Low")),
        ],
    )
    labels = forms.CharField(label=_("Labels"), required=False, help_text=_("Separated by commas."))
    assign = forms.ChoiceField(
        label=_("Assign"), required=False, choices=[("", _("To nobody")), ("last_helper", _("To who last helped them"))]
    )
    state = forms.ChoiceField(label=_("State"), choices=Rule.State.choices, initial=Rule.State.LIVE)
    share = forms.IntegerField(label=_("Share, in percent"), min_value=1, max_value=100, initial=100)

    def __init__(self, *args: Any, teams: list[Team], **options: Any) -> None:
        super().__init__(*args, **options)
        choices = [("", _("No team")), *[(team.slug, team.name) for team in teams]]
        self.fields["team"] = forms.ChoiceField(label=_("Goes to"), required=False, choices=choices)
        for name in _LABELS:
            self.fields[WHEN + name] = _condition(name)

    def conditions(self) -> Iterator[forms.BoundField]:
        return (self[WHEN + name] for name in _LABELS)

    def plain(self) -> Iterator[forms.BoundField]:
        return (self[name] for name in self.fields if not name.startswith(WHEN))

    @property
    def has_conditions(self) -> bool:
        return any(self[WHEN + name].value() for name in _LABELS) or any(name.startswith(WHEN) for name in self.errors)

    def data_of_rule(self) -> dict[str, Any]:
        """What the engine reads, out of a valid form."""
        given = self.cleaned_data
        own = {name: value for name, value in given.items() if not name.startswith(WHEN)}
        when = {
            name: _said(name, given[WHEN + name]) for name in _LABELS if given.get(WHEN + name) not in ("", None, [])
        }
        return {**own, "labels": _items(own["labels"]), "when": when}

    def blame(self, fields: Mapping[str, str]) -> None:
        """Put each refusal beside the field that it is about."""
        for path, message in fields.items():
            head, _dot, rest = path.partition(".")
            name = WHEN + rest if head == "when" else head.partition("[")[0]
            place = path.partition("[")[2].partition("]")[0]
            line = int(place) + 1 if place.isdecimal() else None
            text = _("Line %(line)s: %(message)s") % {"line": line, "message": message} if line else message
            self.add_error(name if name in self.fields else None, text)


def _condition(name: str) -> forms.Field:
    label = _LABELS[name]
    if name in _CHOICES:
        choices = [(value, _KINDS[value]) for value in _CHOICES[name]]
        return forms.MultipleChoiceField(
            label=label, required=False, choices=choices, widget=forms.CheckboxSelectMultiple
        )
    if name in _NUMBERS:
        return forms.IntegerField(label=label, required=False)
    if name in _YES_NO:
        return forms.ChoiceField(label=label, required=False, choices=_YES_OR_NO)
    examples = {"hours": "09:00-17:30", "zone": "Europe/Berlin", "platform": "x, instagram", "language": "en, de"}
    return forms.CharField(
        label=label, required=False, widget=forms.TextInput(attrs={"placeholder": examples.get(name, "")})
    )


def _items(text: str) -> list[str]:
    return [each.strip() for each in text.split(",") if each.strip()]


def _said(name: str, value: Any) -> Any:
    return _items(value) if name in _LISTS else value


def initial(rule: Rule) -> dict[str, Any]:
    """A rule as the form shows it."""
    body = rule.body
    when = body.get("when", {})
    values = {WHEN + name: _filled(name, value) for name, value in when.items()}
    return {
        **values,
        **{key: shown(body.get(key, [])) for key in ("any", "all", "none")},
        **{key: body.get(key) for key in ("priority", "ignore", "assign")},
        "labels": ", ".join(body.get("labels", [])),
        "name": rule.name,
        "team": rule.team.slug if rule.team else "",
        "state": rule.state,
        "share": rule.share,
    }


def _filled(name: str, value: Any) -> Any:
    if name in _LISTS:
        return ", ".join(map(str, value))
    return ("yes" if value else "no") if name in _YES_NO else value
