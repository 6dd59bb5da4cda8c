"""Times as the API says them."""

from __future__ import annotations

from datetime import UTC, datetime


def in_json(moment: datetime) -> str:
    """ISO 8601 in UTC with a Z, as the serializers write it."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
