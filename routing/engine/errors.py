"""Why a rule or a document is refused: every message belongs to a field."""

from collections.abc import Mapping


class RuleError(ValueError):
    """Names each wrong field (`rules[3].any[0]`) and says what is wrong with it."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        self.errors = dict(errors)
        super().__init__("; ".join(f"{field}: {message}" for field, message in self.errors.items()))

    def within(self, prefix: str) -> "RuleError":
        """The same errors, seen from a document that holds the rule."""
        return RuleError({f"{prefix}.{field}": message for field, message in self.errors.items()})


def wrong(field: str, message: str) -> RuleError:
    return RuleError({field: message})
