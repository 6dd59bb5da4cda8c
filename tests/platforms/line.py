"""LINE's push endpoint, with its retry keys (developers.line.biz/en/reference/messaging-api)."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from tests.platforms.server import PlatformServer, Request, Response

TOKEN = "line-channel-token"
MOST_MESSAGES = 5
LONGEST_URL = 2000


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
        said = request.json["messages"]
        if not 1 <= len(said) <= MOST_MESSAGES or not all(map(_is_whole, said)):
            return Response(400, {"message": "The request body has 1 error(s)"})
        key = UUID(request.headers["x-line-retry-key"])
        if key in self.keys:
            return Response(409, {"message": "The retry key is already accepted", "sentMessages": sent})
        self.keys.add(key)
        self.accepted.append(request.json)
        return Response(200, {"sentMessages": sent})


def _is_whole(message: dict[str, str]) -> bool:
    if message["type"] == "text":
        return message.keys() == {"type", "text"} and bool(message["text"])
    addresses = [message["originalContentUrl"], message["previewImageUrl"]]
    return message["type"] == "image" and all(
        url.startswith("https://") and len(url) <= LONGEST_URL for url in addresses
    )
