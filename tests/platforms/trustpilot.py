"""Trustpilot's reviews and their replies (developers.trustpilot.com, business-units-api)."""

from __future__ import annotations

import base64
from typing import Any, ClassVar

from tests.platforms.server import PlatformServer, Request, Response

KEY, SECRET = "tp-key", "tp-secret"


class TrustpilotServer(PlatformServer):
    problems: ClassVar[dict[str, Response]] = {
        "rate_limited": Response(429, {"message": "Too many requests"}, {"retry-after": "17"}),
        "refused": Response(404, {"message": "Review not found"}),
        "revoked": Response(401, {"error": "invalid_client"}),
    }

    def __init__(self) -> None:
        super().__init__()
        self.reviews: list[dict[str, Any]] = []
        self.replies: dict[str, str] = {}

    def answer(self, request: Request) -> Response:
        if request.path.endswith("/accesstoken"):
            login = base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
            good = request.headers.get("authorization") == f"Basic {login}"
            return (
                Response(200, {"access_token": "tp-access", "expires_in": 3600}) if good else self.problems["revoked"]
            )
        if request.headers.get("authorization") != "Bearer tp-access":
            return self.problems["revoked"]
        if request.method == "GET" and not request.path.endswith("/reviews"):
            return self.review(request.path.rpartition("/")[2])
        if request.method == "GET":
            start = (int(request.query["page"]) - 1) * int(request.query["perPage"])
            return Response(200, {"reviews": self.reviews[::-1][start : start + int(request.query["perPage"])]})
        name = request.path.split("/")[-2]
        if self.replies.get(name) != request.form["message"]:
            self.replies[name] = request.form["message"]
            self.accepted.append((request.path, request.form))
        return Response(201)

    def review(self, name: str) -> Response:
        found = next((review for review in self.reviews if review["id"] == name), None)
        return Response(200, found) if found else self.problems["refused"]
