"""What all bodies of the API have in common: nothing unknown is taken, times are in UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

FIRST_YEAR, LAST_YEAR = 1900, 9000


class Given(serializers.Serializer[Any]):
    """A body that a client sends. A field that we do not know is refused by name: it would have no effect."""

    def to_internal_value(self, data: Any) -> Any:
        unknown = sorted(set(data) - set(self.fields)) if isinstance(data, dict) else []
        if unknown:
            message = str(_("There is no such field."))
            raise serializers.ValidationError({str(name)[:100]: [message] for name in unknown[:20]})
        return super().to_internal_value(data)


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
