"""How every error of the API reads: one shape, the field's name where there is one, never a 500 for bad input."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import RequestDataTooBig, ValidationError
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers
from rest_framework.exceptions import NotFound as ApiNotFound
from rest_framework.exceptions import ValidationError as ApiValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler

from teams.api_parser import TooLarge
from teams.errors import Refusal


class Problem(serializers.Serializer[Any]):
    """What went wrong, for people (`detail`) and for programs (`code`); a wrong field stands under its own name."""

    detail = serializers.CharField(required=False)
    code = serializers.CharField(required=False)


class LostRace(Problem):
    """Somebody was first: what the item looks like now."""

    assignee = serializers.CharField(allow_null=True, required=False)
    team = serializers.CharField(required=False)
    state = serializers.CharField(required=False)
    version = serializers.IntegerField(required=False)


PROBLEMS = {
    400: OpenApiResponse(Problem, "A field is wrong; it is named."),
    401: OpenApiResponse(Problem, "Nobody is signed in."),
    403: OpenApiResponse(Problem, "This person may not do this."),
    404: OpenApiResponse(Problem, "There is no such thing, or not for this person."),
    406: OpenApiResponse(Problem, "Only JSON is spoken here."),
}
WRITING = {
    **PROBLEMS,
    409: OpenApiResponse(LostRace, "Somebody was first; who, is said."),
    413: OpenApiResponse(Problem, "The body is too large."),
    415: OpenApiResponse(Problem, "Only JSON is read here."),
}


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn domain errors into answers: a refusal carries its own status and facts."""
    if isinstance(error, Refusal):
        answer = {"detail": str(error), "code": error.code, **error.facts()}
        return Response(sayable(answer), status=error.status)
    if isinstance(error, ValidationError):
        found = error.message_dict if hasattr(error, "error_dict") else {"detail": error.messages}
        error = ApiValidationError(found)
    if isinstance(error, RequestDataTooBig):
        error = TooLarge()
    if isinstance(error, Http404):  # its text may name our tables
        error = ApiNotFound(_("There is no such thing."))
    response = exception_handler(error, context)
    if response is not None:
        response.data = sayable(_in_words(response, error))
    return response


def _in_words(response: Response, error: Exception) -> dict[str, Any]:
    """What every refusal says: `detail` for people, `code` for programs; and a wrong field under its own name."""
    if not isinstance(error, ApiValidationError):
        return {**response.data, "code": _CODES.get(response.status_code, "refused")}
    fields = response.data if isinstance(response.data, dict) else {}
    return {"detail": " ".join(_sentences(error.detail))[:LONGEST_DETAIL], "code": "invalid", **fields}


def _sentences(found: Any, name: str = "") -> Iterator[str]:
    if isinstance(found, dict):
        for inner, problem in found.items():
            yield from _sentences(problem, name if inner in _NO_NAMES else str(inner))
    elif isinstance(found, list | tuple):
        for problem in found:
            yield from _sentences(problem, name)
    else:
        yield f"{name}: {found}" if name else str(found)


LONGEST_DETAIL = 1000  # characters; a choice that does not exist is repeated as it came
_NO_NAMES = frozenset({"non_field_errors", "detail"})
_CODES = {
    400: "malformed",
    401: "not_authenticated",
    403: "not_allowed",
    404: "not_found",
    405: "no_such_method",
    406: "not_acceptable",
    413: "too_large",
    415: "no_json",
}


def sayable(value: Any) -> Any:
    """The same without what cannot be written as UTF-8: errors repeat names and values that strangers sent."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {sayable(name): sayable(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [sayable(inner) for inner in value]
    return value
