"""A Mastodon server: notifications, statuses with idempotency keys (docs.joinmastodon.org/methods)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from tests.platforms.server import PlatformServer, Request, Response

TOKEN = "mastodon-token"
PARENT = {"id": "1101", "visibility": "unlisted", "account": {"id": "9009", "acct": "noor@people.example"}}


def reset_in(seconds: int) -> Response:
    at = (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
    return Response(429, {"error": "Too many requests"}, {"x-ratelimit-reset": at})


class MastodonServer(PlatformServer):
    problems: ClassVar[dict[str, Response]] = {
        "rate_limited": Response(429, {"error": "Too many requests"}, {"retry-after": "17"}),
        "refused": Response(422, {"error": "Validation failed: Text character limit of 500 exceeded"}),
        "revoked": Response(401, {"error": "The access token was revoked"}),
    }

    def __init__(self) -> None:
        super().__init__()
        self.notifications: list[dict[str, Any]] = []  # oldest first
        self.media: list[tuple[str, bytes, str]] = []
        self.keys: dict[str, dict[str, Any]] = {}

    def refuse(self, problem: str | Response) -> None:
        super().refuse(reset_in(17) if problem == "rate_limited" else problem)

    def answer(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return self.problems["revoked"]
        if request.path == "/api/v1/notifications":
            return Response(200, self.listed(request.query), {"x-ratelimit-remaining": "299"})
        if request.method == "GET":
            found = request.path == "/api/v1/statuses/1101"
            return Response(200, PARENT) if found else Response(404, {"error": "Record not found"})
        if request.path == "/api/v2/media":
            parts = request.parts
            self.media.append((parts["file"].name, parts["file"].body, parts["description"].text))
            return Response(200, {"id": str(400 + len(self.media)), "type": "image"})
        return self.posted(request)

    def posted(self, request: Request) -> Response:
        key = request.headers["idempotency-key"]
        if key not in self.keys:
            self.keys[key] = {"id": str(9100 + len(self.keys)), "url": "https://lamps.example/@lamps/9100"}
            self.accepted.append(request.json)
        return Response(200, self.keys[key])

    def listed(self, query: dict[str, str]) -> list[Any]:
        limit = min(int(query["limit"]), 80)
        if "min_id" not in query:
            return self.notifications[-limit:][::-1]
        later = [each for each in self.notifications if int(each["id"]) > int(query["min_id"])]
        return later[:limit][::-1]
