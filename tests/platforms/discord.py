"""Discord: Create Message with nonces, Get Channel Messages (docs.discord.com/developers/resources/message)."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from tests.platforms.server import PlatformServer, Request, Response

TOKEN = "discord-bot-token"


class DiscordServer(PlatformServer):
    problems: ClassVar[dict[str, Response]] = {
        "rate_limited": Response(
            429, {"message": "You are being rate limited.", "retry_after": 17.25, "global": False}
        ),
        "refused": Response(403, {"message": "Missing Permissions", "code": 50013}),
        "revoked": Response(401, {"message": "401: Unauthorized", "code": 0}),
    }

    def __init__(self) -> None:
        super().__init__()
        self.budget = {"x-ratelimit-remaining": "4", "x-ratelimit-reset-after": "1.25"}
        self.closed = ""  # a channel that we may not read
        self.nonces: dict[str, str] = {}
        self.messages: list[dict[str, Any]] = []  # oldest first

    def answer(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bot {TOKEN}":
            return self.problems["revoked"]
        if self.closed and request.path == f"/channels/{self.closed}/messages":
            return Response(403, {"message": "Missing Access", "code": 50001})
        if request.method == "GET":
            return Response(200, self.listed(request.query), self.budget)
        parts = {} if request.headers["content-type"] == "application/json" else request.parts
        post = json.loads(parts.pop("payload_json").text) if parts else request.json
        if parts:
            post["files"] = {name: part.body for name, part in parts.items()}
        if len(post["content"]) > 2000 or len(post["nonce"]) > 25:
            return Response(400, {"message": "Invalid Form Body", "code": 50035})
        if post["nonce"] not in self.nonces:
            self.nonces[post["nonce"]] = str(9100 + len(self.nonces))
            self.accepted.append((request.path, post))
        return Response(200, {"id": self.nonces[post["nonce"]], "channel_id": "31"})

    def listed(self, query: dict[str, str]) -> list[Any]:
        limit = int(query.get("limit", "50"))
        if "after" not in query:
            return self.messages[-limit:][::-1]
        later = [each for each in self.messages if int(each["id"]) > int(query["after"])]
        return later[:limit][::-1]
