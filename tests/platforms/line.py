"""LINE's push endpoint, with its retry keys (developers.line.biz/en/reference/messaging-api)."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from tests.platforms.server import PlatformServer, Request, Response

TOKEN = "line-channel-token"


class LineServer(PlatformServer):
    problems: ClassVar[dict[str, Response]] = {
        "rate_limited": Response(429, {"message": "The API rate limit has been exceeded."}, {"retry-after": "17"}),
        "refused": Response(400, {"message": "The property, 'to', in the request body is invalid"}),
        "revoked": Response(401, {"message": "Authentication failed"}),
        "monthly": Response(429, {"message": "You have reached your monthly limit."}),
    }

    def __init__(self) -> None:
        super().__init__()
        self.keys: set[UUID] = set()

    def answer(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {TOKEN}" or request.path != "/v2/bot/message/push":
            return self.problems["revoked"]
        sent = [{"id": "46123", "quoteToken": "q"}]
        key = UUID(request.headers["x-line-retry-key"])
        if key in self.keys:
            return Response(409, {"message": "The retry key is already accepted", "sentMessages": sent})
        self.keys.add(key)
        self.accepted.append(request.json)
        return Response(200, {"sentMessages": sent})
