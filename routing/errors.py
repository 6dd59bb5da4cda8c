"""What routing says no to, with the field's name."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from routing.engine.errors import RuleError
from teams.errors import Invalid, NotFound


class InvalidRules(Invalid):
    """Wrong fields of a rule or a document, each by its path (`rules[3].any[0]`)."""

    def __init__(self, error: RuleError) -> None:
        super().__init__(**error.errors)

    def __str__(self) -> str:
        return "\n".join(f"{field}: {message}" for field, message in self.fields.items())

    def facts(self) -> dict[str, Any]:
        """By the outermost field, as a form shows them; the message keeps the exact place."""
        found: dict[str, list[str]] = {}
        for path, message in self.fields.items():
            name = path.split(".")[0].split("[")[0]
            found.setdefault(name, []).append(message if path == name else f"{path}: {message}")
        return {**found, "fields": self.fields}


class NoSuchVersion(NotFound):
    def __init__(self, number: int) -> None:
        super().__init__(_("There is no version %(number)s.") % {"number": number})


class NoSuchRule(NotFound):
    def __init__(self, rule: int) -> None:
        super().__init__(_("There is no rule %(rule)s.") % {"rule": rule})
