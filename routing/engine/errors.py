"""Why a rule or a document is refused: every message belongs to a field."""

from collections.abc import Mapping
from typing import Any


def gettext_noop(text: str) -> str:
    """Marks a text for the translators. The engine speaks English; whoever shows its messages translates them."""
    return text


class Message(str):
    """A sentence in English, which remembers its text before the values were put in."""

    __slots__ = ("params", "text")

    text: str
    params: dict[str, Any]

    def __new__(cls, text: str, params: dict[str, Any]) -> "Message":
        made = super().__new__(cls, text % params if params else text)
        made.text = text
        made.params = params
        return made


def said(text: str, **params: Any) -> Message:
    return Message(text, params)


class RuleError(ValueError):
    """Names each wrong field (`rules[3].any[0]`) and says what is wrong with it."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        self.errors = dict(errors)
        super().__init__("; ".join(f"{field}: {message}" for field, message in self.errors.items()))

    def within(self, prefix: str) -> "RuleError":
        """The same errors, seen from a document that holds the rule."""
        return RuleError({f"{prefix}.{field}": message for field, message in self.errors.items()})


def wrong(field: str, text: str, **params: Any) -> RuleError:
    return RuleError({field: said(text, **params)})
