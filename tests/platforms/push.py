"""A push service and the browser behind it: it checks who sends (RFC 8292), and decrypts as a browser does (RFC 8291).

The decryption is written from the RFC and shares no line with what encrypts.
"""

from __future__ import annotations

import base64
import json
import os
import time
from dataclasses import dataclass, field
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.platforms.server import PlatformServer, Request, Response

CURVE = ec.SECP256R1()
HEADER = 86  # bytes: salt, record size, length of the key, key


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def un64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Browser:
    """What a browser keeps of one subscription."""

    endpoint: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(CURVE))
    auth: bytes = field(default_factory=lambda: os.urandom(16))

    @property
    def public(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    @property
    def keys(self) -> dict[str, str]:
        """As its script hands them to the page."""
        return {"endpoint": self.endpoint, "p256dh": b64(self.public), "auth": b64(self.auth)}

    def open(self, body: bytes) -> bytes:
        salt, size, sender = body[:16], int.from_bytes(body[16:20], "big"), body[21:HEADER]
        assert body[20] == 65, "the sender's key is an uncompressed point"
        assert size >= len(body) - HEADER, "one record"
        shared = self.key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, sender))
        secret = hkdf(shared, self.auth, b"WebPush: info\0" + self.public + sender, 32)
        key = hkdf(secret, salt, b"Content-Encoding: aes128gcm\0", 16)
        nonce = hkdf(secret, salt, b"Content-Encoding: nonce\0", 12)
        padded = AESGCM(key).decrypt(nonce, body[HEADER:], None)
        text, last, rest = padded.rpartition(b"\x02")
        assert last, "the last record ends with a 2"
        assert not rest.strip(b"\0"), "nothing but padding follows"
        return text


def hkdf(material: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt=salt, info=info).derive(material)


class PushService(PlatformServer):
    """`accepted` are the messages as the browser reads them, in order, each with the request that brought it."""

    problems = {
        "gone": Response(410),
        "not found": Response(404),
        "busy": Response(429, headers={"Retry-After": "120"}),
        "down": Response(503),
        "too large": Response(413),
        "forbidden": Response(403),
    }

    def __init__(self) -> None:
        super().__init__()
        self.browsers: dict[str, Browser] = {}

    def subscribe(self, name: str = "one") -> Browser:
        browser = Browser(f"{self.url}/push/{name}")
        self.browsers[f"/push/{name}"] = browser
        return browser

    def answer(self, request: Request) -> Response:
        browser = self.browsers.get(request.path)
        if browser is None:
            return Response(404)
        headers = {name.lower(): value for name, value in request.headers.items()}
        problem = self._unsigned(headers.get("authorization", ""))
        if problem or headers.get("content-encoding") != "aes128gcm" or not headers.get("ttl", "").isdecimal():
            return Response(403, {"reason": problem or "headers"})
        self.accepted.append(json.loads(browser.open(request.body)))
        return Response(201)

    def _unsigned(self, authorization: str) -> str:
        """Why the sender is not who it says; empty when it is."""
        scheme, _space, rest = authorization.partition(" ")
        parts = dict(part.strip().split("=", 1) for part in rest.split(",") if "=" in part)
        if scheme.lower() != "vapid" or set(parts) != {"t", "k"}:
            return "no VAPID"
        key = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, un64(parts["k"]))
        try:
            claims: dict[str, Any] = jwt.decode(parts["t"], key, algorithms=["ES256"], audience=self.url)
        except jwt.PyJWTError as error:
            return type(error).__name__
        if not str(claims.get("sub", "")).startswith(("mailto:", "https://")):
            return "no contact"
        return "" if claims["exp"] <= time.time() + 24 * 3600 else "valid for too long"
