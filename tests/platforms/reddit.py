"""Reddit's inbox and comments: a refusal is an HTTP 200 (reddit.com/dev/api)."""

from __future__ import annotations

import base64
from typing import Any, ClassVar

from tests.platforms.server import PlatformServer, Request, Response

CLIENT, SECRET, REFRESH = "reddit-client", "reddit-secret", "reddit-refresh"


def errors(*error: str) -> Response:
    return Response(200, {"json": {"errors": [list(error)]}})


class RedditServer(PlatformServer):
    problems: ClassVar[dict[str, Response]] = {
        "rate_limited": errors(
            "RATELIMIT", "Looks like you've been doing that a lot. Take a break for 17 seconds.", "x"
        ),
        "busy": Response(429, {"message": "Too Many Requests"}, {"x-ratelimit-reset": "17"}),
        "refused": errors("THREAD_LOCKED", "Comments are locked.", "parent"),
        "revoked": Response(401, {"message": "Unauthorized", "error": 401}),
    }

    def __init__(self) -> None:
        super().__init__()
        self.inbox: list[dict[str, Any]] = []  # oldest first

    def answer(self, request: Request) -> Response:
        if not request.headers.get("user-agent", "").startswith("python:relaybox"):
            return Response(429, {"message": "Too Many Requests"})
        if request.path == "/api/v1/access_token":
            return self.token(request)
        if request.headers.get("authorization") != "Bearer reddit-access":
            return self.problems["revoked"]
        if request.path == "/message/inbox":
            return self.listed(request.query)
        self.accepted.append(request.form)
        things = [{"kind": "t1", "data": {"name": "t1_out", "id": "out"}}]
        return Response(200, {"json": {"errors": [], "data": {"things": things}}})

    def token(self, request: Request) -> Response:
        login = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        good = request.headers.get("authorization") == f"Basic {login}" and request.form["refresh_token"] == REFRESH
        return (
            Response(200, {"access_token": "reddit-access", "expires_in": 86400}) if good else self.problems["revoked"]
        )

    def listed(self, query: dict[str, str]) -> Response:
        newest = self.inbox[::-1]
        names = [each["data"]["name"] for each in newest]
        start = names.index(query["after"]) + 1 if "after" in query else 0
        page = newest[start : start + int(query["limit"])]
        after = page[-1]["data"]["name"] if start + len(page) < len(newest) else None
        headers = {"x-ratelimit-remaining": "98.0", "x-ratelimit-reset": "300"}
        return Response(200, {"kind": "Listing", "data": {"children": page, "after": after}}, headers)
