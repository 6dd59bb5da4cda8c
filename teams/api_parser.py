"""Bodies from strangers: whatever they hold, reading them ends in a value or in a 400, never in a 500."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, BinaryIO

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import JSONParser


class TooLarge(APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = _("This body is too large.")
    default_code = "too_large"


class BoundedJSONParser(JSONParser):
    """JSON up to the size that pages may send, and as deep as can be read."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        """Numbers that no field can hold end here: 1e999 is infinity to Python, and a 500 to whoever rounds it."""
        try:
            return json.loads(_bounded(stream).decode(), parse_constant=_number, parse_float=_number)
        except RecursionError:
            raise ParseError(_("This JSON is nested too deeply.")) from None
        except ValueError as error:
            raise ParseError(_("This is no JSON: %(why)s") % {"why": error}) from None


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text[:40])
    return value


def _bounded(stream: BinaryIO) -> bytes:
    body = stream.read(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
    if len(body) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        raise TooLarge
    return body
