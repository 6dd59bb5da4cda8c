"""App Store Connect: customer reviews and responses, behind a signed token (developer.apple.com/documentation)."""

from __future__ import annotations

from typing import Any, ClassVar

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.platforms.server import PlatformServer, Request, Response

KEY = ec.generate_private_key(ec.SECP256R1())
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
KEY_ID, ISSUER = "KEY41", "issuer-7"


def errors(status: int, code: str, detail: str, **headers: str) -> Response:
    return Response(
        status, {"errors": [{"status": str(status), "code": code, "title": code, "detail": detail}]}, headers
    )


class AppStoreServer(PlatformServer):
    problems: ClassVar[dict[str, Response]] = {
        "rate_limited": Response(429, {"errors": [{"code": "RATE_LIMIT_EXCEEDED"}]}, {"retry-after": "17"}),
        "refused": errors(409, "ENTITY_ERROR", "The review does not exist"),
        "revoked": errors(401, "NOT_AUTHORIZED", "Provide a properly configured and signed bearer token"),
    }

    def __init__(self) -> None:
        super().__init__()
        self.reviews: list[dict[str, Any]] = []  # oldest first
        self.responses: list[dict[str, Any]] = []

    def answer(self, request: Request) -> Response:
        if not self.allowed(request.headers.get("authorization", "").removeprefix("Bearer ")):
            return self.problems["revoked"]
        if request.method == "GET":
            return self.listed(request.query)
        if request.json not in self.accepted:
            self.accepted.append(request.json)
        return Response(201, {"data": {"id": "resp1", "type": "customerReviewResponses"}})

    def allowed(self, token: str) -> bool:
        try:
            claims = jwt.decode(token, KEY.public_key(), ["ES256"], audience="appstoreconnect-v1", issuer=ISSUER)
        except jwt.PyJWTError:
            return False
        return jwt.get_unverified_header(token)["kid"] == KEY_ID and claims["exp"] - claims["iat"] <= 20 * 60

    def listed(self, query: dict[str, str]) -> Response:
        start, size = int(query.get("cursor", "0")), int(query["limit"])
        page = self.reviews[::-1][start : start + size]
        links = {"self": self.url}
        if start + len(page) < len(self.reviews):
            links["next"] = f"https://elsewhere.example/v1/apps/1/customerReviews?cursor={start + len(page)}&limit=200"
        body = {"data": page, "links": links, "included": self.responses}
        return Response(200, body, {"x-rate-limit": "user-hour-lim:3500;user-hour-rem:3499;"})
