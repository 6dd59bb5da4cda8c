"""chat.postMessage: a refusal is an HTTP 200 (docs.slack.dev/reference/methods/chat.postMessage)."""

from __future__ import annotations

from typing import ClassVar

from tests.platforms.server import PlatformServer, Request, Response

TOKEN = "xoxb-lamps"


class SlackServer(PlatformServer):
    problems: ClassVar[dict[str, Response]] = {
        "rate_limited": Response(429, {"ok": False, "error": "ratelimited"}, {"retry-after": "17"}),
        "refused": Response(200, {"ok": False, "error": "channel_not_found"}),
        "revoked": Response(200, {"ok": False, "error": "token_revoked"}),
        "unsure": Response(200, {"ok": False, "error": "internal_error"}),
    }

    def answer(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return Response(200, {"ok": False, "error": "invalid_auth"})
        if request.path != "/chat.postMessage":
            return Response(200, {"ok": False, "error": "unknown_method"})
        post = request.json
        self.accepted.append(post)
        return Response(200, {"ok": True, "channel": post["channel"], "ts": "1773480413.000200"})
