"""Google's sign-in and three of its APIs, with their error objects (developers.google.com)."""

from __future__ import annotations

from typing import Any, ClassVar

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.platforms.server import PlatformServer, Request, Response

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
CLIENT, SECRET, REFRESH = "google-client", "google-secret", "google-refresh"


def error(status: int, message: str, *, reason: str = "", name: str = "") -> Response:
    body = {"code": status, "message": message, "status": name, "errors": [{"reason": reason, "message": message}]}
    return Response(status, {"error": body})


class GoogleServer(PlatformServer):
    problems: ClassVar[dict[str, Response]] = {
        "rate_limited": Response(
            429,
            {"error": {"code": 429, "message": "Quota exceeded", "status": "RESOURCE_EXHAUSTED"}},
            {"retry-after": "17"},
        ),
        "refused": error(403, "The caller does not have permission", reason="forbidden"),
        "revoked": Response(400, {"error": "invalid_grant", "error_description": "Token has been revoked."}),
        "unauthorized": error(401, "Invalid Credentials", reason="authError"),
        "spent": error(403, "The request cannot be completed", reason="quotaExceeded"),
    }

    def __init__(self) -> None:
        super().__init__()
        self.written: list[dict[str, Any]] = []  # oldest first

    def answer(self, request: Request) -> Response:
        if request.path == "/token":
            return self.token(request.form)
        if request.headers.get("authorization") != "Bearer google-access":
            return self.problems["unauthorized"]
        return self.api(request)

    def token(self, form: dict[str, str]) -> Response:
        if form["grant_type"] == "refresh_token":
            good = (form["client_id"], form["client_secret"], form["refresh_token"]) == (CLIENT, SECRET, REFRESH)
        else:
            claims = jwt.decode(form["assertion"], KEY.public_key(), ["RS256"], audience=f"{self.url}/token")
            good = claims["scope"].endswith("androidpublisher")
        return (
            Response(200, {"access_token": "google-access", "expires_in": 3599}) if good else self.problems["revoked"]
        )

    def api(self, request: Request) -> Response:
        raise NotImplementedError

    def page(self, start: str, size: str) -> tuple[list[Any], str]:
        first = int(start or 0)
        found = self.written[::-1][first : first + int(size)]
        return found, str(first + len(found)) if first + len(found) < len(self.written) else ""


class YouTubeServer(GoogleServer):
    def __init__(self) -> None:
        super().__init__()
        self.threads: dict[str, list[Any]] = {}

    def api(self, request: Request) -> Response:
        if request.method == "GET" and request.path == "/youtube/v3/comments":
            return self.answers(request.query)
        if request.method == "GET":
            items, token = self.page(request.query.get("pageToken", ""), request.query["maxResults"])
            return Response(200, {"items": items, **({"nextPageToken": token} if token else {})})
        self.accepted.append(request.json)
        return Response(200, {"id": "Ugthread.reply1"})

    def answers(self, query: dict[str, str]) -> Response:
        """All of a thread's answers, 100 to a page."""
        if query["parentId"] not in self.threads:
            return error(404, "The parent comment could not be found", reason="commentNotFound")
        first = int(query.get("pageToken", "0"))
        found = self.threads[query["parentId"]]
        more = {"nextPageToken": str(first + 100)} if first + 100 < len(found) else {}
        return Response(200, {"items": found[first : first + 100], **more})


class PlayServer(GoogleServer):
    def api(self, request: Request) -> Response:
        assert request.path.startswith("/androidpublisher/v3/applications/org.lamps.app/reviews")
        if request.method == "GET":
            reviews, token = self.page(request.query.get("token", ""), request.query["maxResults"])
            return Response(
                200, {"reviews": reviews, **({"tokenPagination": {"nextPageToken": token}} if token else {})}
            )
        if request.json not in [post for _, post in self.accepted]:
            self.accepted.append((request.path, request.json))
        return Response(200, {"result": {"replyText": request.json["replyText"]}})


class BusinessServer(GoogleServer):
    def api(self, request: Request) -> Response:
        if request.method == "GET":
            reviews, token = self.page(request.query.get("pageToken", ""), request.query["pageSize"])
            return Response(200, {"reviews": reviews, **({"nextPageToken": token} if token else {})} if reviews else {})
        assert request.method == "PUT"
        if len(request.json["comment"].encode()) > 4096:
            return error(400, "too long")
        if (request.path, request.json) not in self.accepted:
            self.accepted.append((request.path, request.json))
        return Response(200, request.json)
