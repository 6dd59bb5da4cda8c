"""How every error of the API reads: one shape, the field's name where there is one, never a 500 for bad input."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from rest_framework.exceptions import ValidationError as ApiValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler

from teams.errors import Refusal


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn domain errors into answers: a refusal carries its own status and facts."""
    if isinstance(error, Refusal):
        return Response({"detail": str(error), "code": error.code, **error.facts()}, status=error.status)
    if isinstance(error, ValidationError):
        found = error.message_dict if hasattr(error, "error_dict") else {"detail": error.messages}
        return exception_handler(ApiValidationError(found), context)
    return exception_handler(error, context)
