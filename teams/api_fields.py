"""What all bodies of the API have in common: nothing unknown is taken, times are in UTC."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

FIRST_YEAR, LAST_YEAR = 1900, 9000


class Given(serializers.Serializer[Any]):
    """A body that a client sends. A field that we do not know is refused by name: it would have no effect."""

    def to_internal_value(self, data: Any) -> Any:
        """All that is wrong at once: who misspelt a field learns its name and the name that is missing."""
        misfits = {name: [text] for name, text in _misfits(self, data)} if isinstance(data, dict) else {}
        try:
            values = super().to_internal_value(data)
        except serializers.ValidationError as error:
            found = error.detail if isinstance(error.detail, dict) else {}
            raise serializers.ValidationError({**found, **misfits}) from None
        if misfits:
            raise serializers.ValidationError(misfits)
        return values


def misfit(field: Any, value: Any) -> str:
    """Why a value is of another kind of JSON than its field, or nothing. Null is for the field itself to refuse.

    The fields also take what looks like it: a number as a text, "7" as a number, 0 as false. A program that sends those
    has mixed something up, and is told so.
    """
    known = next((entry for entry in _IN_JSON if isinstance(field, entry[0])), None)
    if value is None or known is None:
        return ""
    _field, kind, words = known
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is int):
        return str(words)
    inner = value.values() if kind is dict else value if kind is list else ()
    return next(filter(None, (misfit(field.child, each) for each in inner)), "")


def _misfits(form: serializers.Serializer[Any], data: dict[Any, Any]) -> Iterator[tuple[str, str]]:
    """What the form does not have, and what is of another kind, by name."""
    for name in sorted(set(data) - set(form.fields))[:20]:
        yield str(name)[:100], str(_("There is no such field."))
    for name, field in form.fields.items():
        if words := misfit(field, data.get(name)):
            yield name, words


_TEXT = _("Give a text.")
_IN_JSON: tuple[tuple[Any, Any, Any], ...] = (
    (serializers.BooleanField, bool, _("Give true or false.")),
    (serializers.IntegerField, int, _("Give a whole number.")),
    (serializers.CharField, str, _TEXT),
    (serializers.ChoiceField, str, _TEXT),
    (serializers.DateTimeField, str, _TEXT),
    (serializers.UUIDField, str, _TEXT),
    (serializers.ListField, list, _("Give a list.")),
    (serializers.DictField, dict, _("Give an object.")),
)


class Moment(serializers.DateTimeField):
    """A time in ISO 8601 and UTC, whatever the viewer's own time zone."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"default_timezone": UTC, **options})

    def to_internal_value(self, value: Any) -> datetime:
        """No time near the ends of the calendar: a day or a time zone added to one of those fails."""
        moment = super().to_internal_value(value)
        if not FIRST_YEAR <= moment.year <= LAST_YEAR:
            raise serializers.ValidationError(
                str(_("Give a time between the years %(first)s and %(last)s."))
                % {"first": FIRST_YEAR, "last": LAST_YEAR}
            )
        return moment


def check(form: type[Given], data: Any) -> dict[str, Any]:
    """The valid values of a body, or an answer 400 that names what is wrong."""
    given = form(data=data if data is not None else {})
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)
