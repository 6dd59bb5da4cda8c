"""A service of the customer's own that takes replies as Standard Webhooks."""

from __future__ import annotations

from typing import ClassVar

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from tests.platforms.server import PlatformServer, Request, Response

SECRET = "whsec_c2VjcmV0LW9mLXRoZS1ibHVlLXNob3A="


class GenericServer(PlatformServer):
    problems: ClassVar[dict[str, Response]] = {
        "rate_limited": Response(429, b"slow down", {"retry-after": "17"}),
        "refused": Response(422, b"no such conversation"),
        "revoked": Response(401, b"unknown sender"),
    }

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()

    def answer(self, request: Request) -> Response:
        try:
            Webhook(SECRET).verify(request.body, request.headers)
        except WebhookVerificationError:
            return Response(401, b"bad signature")
        key = request.headers["webhook-id"]
        if key not in self.seen:
            self.seen.add(key)
            self.accepted.append(request.json)
        return Response(200, {"id": f"out-{key}"})
