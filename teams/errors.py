"""Refusals: what the product says no to, in words a person can act on. Both doors (pages, API) show them."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):
    """A domain error. `status` is its HTTP meaning, `facts` what a program needs to know."""

    status = 409
    code = "refused"

    def facts(self) -> dict[str, Any]:
        return {}


class Invalid(Refusal):
    """A field's value cannot be accepted; names the field."""

    status = 400
    code = "invalid"

    def __init__(self, **fields: str) -> None:
        super().__init__(" ".join(fields.values()))
        self.fields = fields

    def facts(self) -> dict[str, Any]:
        return {name: [message] for name, message in self.fields.items()}


class NotFound(Refusal):
    """It does not exist, or not for this person: the answer is the same."""

    status = 404
    code = "not_found"


class NotAllowed(Refusal):
    """The person may see it but not do this."""

    status = 403
    code = "not_allowed"
