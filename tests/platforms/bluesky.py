"""A personal data server with the notifications of the AppView behind it (lexicons com.atproto and app.bsky)."""

from __future__ import annotations

import hashlib
import re
import time
from typing import Any, ClassVar

from tests.platforms.server import PlatformServer, Request, Response

IDENTIFIER, PASSWORD = "lamps.example", "app-pass-word"
DID = "did:plc:lamps"
PARENT = {
    "uri": "at://did:plc:noor/app.bsky.feed.post/3kparent",
    "cid": "bafyparent",
    "value": {
        "text": "hi",
        "reply": {"root": {"uri": "at://did:plc:lamps/app.bsky.feed.post/3kroot", "cid": "bafyroot"}},
    },
}


class BlueskyServer(PlatformServer):
    problems: ClassVar[dict[str, Response]] = {
        "refused": Response(400, {"error": "InvalidRequest", "message": "Record/reply must be an object"}),
        "revoked": Response(401, {"error": "AuthenticationRequired", "message": "Invalid identifier or password"}),
        "rate_limited": Response(429, {"error": "RateLimitExceeded"}),
        "expired": Response(400, {"error": "ExpiredToken", "message": "Token has expired"}),
    }

    def __init__(self) -> None:
        super().__init__()
        self.notifications: list[dict[str, Any]] = []  # oldest first
        self.records: dict[str, Any] = {}
        self.blobs: dict[str, bytes] = {}
        self.budget = {"ratelimit-remaining": "2990", "ratelimit-reset": str(int(time.time()) + 40)}
        self.sessions = 0

    def refuse(self, problem: str | Response) -> None:
        if problem == "rate_limited":
            reset = str(int(time.time()) + 17)
            problem = Response(429, {"error": "RateLimitExceeded"}, {"ratelimit-reset": reset})
        super().refuse(problem)

    def answer(self, request: Request) -> Response:
        name = request.path.removeprefix("/xrpc/")
        if name == "com.atproto.server.createSession":
            return self.session(request.json)
        if request.headers.get("authorization") != f"Bearer jwt-{self.sessions}":
            return self.problems["revoked"]
        if name == "app.bsky.notification.listNotifications":
            return self.listed(request.query)
        if name == "com.atproto.repo.getRecord":
            return Response(200, PARENT)
        if name == "com.atproto.repo.uploadBlob":
            return self.uploaded(request)
        return self.put(request.json)

    def session(self, login: dict[str, str]) -> Response:
        if login != {"identifier": IDENTIFIER, "password": PASSWORD}:
            return self.problems["revoked"]
        self.sessions += 1
        return Response(200, {"accessJwt": f"jwt-{self.sessions}", "refreshJwt": "r", "did": DID})

    def uploaded(self, request: Request) -> Response:
        """The same bytes have the same name (a content id), however often they come."""
        kind = request.headers.get("content-type", "")
        name = f"bafk{hashlib.sha256(request.body).hexdigest()[:12]}"
        self.blobs[name] = request.body
        blob = {"$type": "blob", "ref": {"$link": name}, "mimeType": kind, "size": len(request.body)}
        return Response(200, {"blob": blob})

    def put(self, body: dict[str, Any]) -> Response:
        if not re.fullmatch("[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}", body["rkey"]):
            return self.problems["refused"]
        if len(body["record"]["text"].encode()) > 3000 or not self.embeddable(body["record"].get("embed")):
            return self.problems["refused"]
        if body["rkey"] not in self.records:
            self.accepted.append({**body["record"], "createdAt": "", "repo": body["repo"]})
        self.records[body["rkey"]] = body["record"]
        return Response(200, {"uri": f"at://{DID}/app.bsky.feed.post/{body['rkey']}", "cid": "bafynew"})

    def embeddable(self, embed: Any) -> bool:
        """What the lexicon app.bsky.embed.images asks: four pictures that are up, of two million bytes each."""
        if embed is None:
            return True
        images = embed["images"]
        blobs = [image["image"] for image in images if isinstance(image["alt"], str)]
        small = all(
            blob["size"] <= 2_000_000
            and blob["mimeType"].startswith("image/")
            and len(self.blobs.get(blob["ref"]["$link"], b"")) == blob["size"]
            for blob in blobs
        )
        return embed["$type"] == "app.bsky.embed.images" and 0 < len(blobs) == len(images) <= 4 and small

    def listed(self, query: dict[str, str]) -> Response:
        start = int(query.get("cursor", "0"))
        found = self.notifications[::-1][start : start + int(query["limit"])]
        page: dict[str, Any] = {"notifications": found}
        if start + len(found) < len(self.notifications):
            page["cursor"] = str(start + len(found))
        return Response(200, page, self.budget)
