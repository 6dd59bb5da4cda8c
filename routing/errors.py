"""What routing says no to, with the field's name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Self

from django.utils.translation import gettext as _

from routing.engine.errors import Message, RuleError
from teams.errors import Invalid, NotFound

_PLACE = re.compile(r"rules\[(\d+)\]")


def translated(message: str) -> str:
    """A message of the engine, which speaks English, in the reader's language."""
    return _(message.text) % message.params if isinstance(message, Message) else message


class InvalidRules(Invalid):
    """Wrong fields of a rule or a document, each by its path (`rules[3].any[0]`)."""

    def __init__(self, error: RuleError, names: Sequence[str] = ()) -> None:
        self._names, self._outer = names, ""
        super().__init__(**{field: translated(message) for field, message in error.errors.items()})

    def __str__(self) -> str:
        return "\n".join(f"{self._named(field)}: {message}" for field, message in self.fields.items())

    def within(self, field: str) -> Self:
        """The same, where the whole document came as one field."""
        self._outer = field
        return self

    def _named(self, field: str) -> str:
        """With the rule's name, where the document has been read from rules that somebody sees by name."""
        place = _PLACE.match(field)
        return f"“{self._names[int(place[1])]}” ({field})" if place and self._names else field

    def facts(self) -> dict[str, Any]:
        """By the outermost field, as a form shows them; the message keeps the exact place."""
        found: dict[str, list[str]] = {}
        for path, message in self.fields.items():
            name = path.split(".")[0].split("[")[0]
            found.setdefault(name, []).append(message if path == name else f"{path}: {message}")
        outer = {self._outer: [str(self)]} if self._outer else {}
        return {**found, **outer, "fields": self.fields}


class NoSuchVersion(NotFound):
    def __init__(self, number: int) -> None:
        super().__init__(_("There is no version %(number)s.") % {"number": number})


class NoSuchRule(NotFound):
    def __init__(self, rule: int) -> None:
        super().__init__(_("There is no rule %(rule)s.") % {"rule": rule})
