"""One mail, as each provider posts it and proves it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from PIL import Image

URL = "https://relay.example/hooks/key/"


def _png() -> str:
    file = BytesIO()
    Image.new("RGB", (2, 2), "orange").save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


PNG = _png()
RAW = f"""From: Noor Haddad <noor@home.example>
To: help+abcdefgh12@lamps.example
Subject: Re: Dim lamp
Message-ID: <m2@home.example>
In-Reply-To: <relaybox.1@lamps.example>
References: <m1@home.example> <relaybox.1@lamps.example>
Date: Sat, 14 Mar 2026 09:00:00 +0000
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain; charset=utf-8

It still hums, please help

On Fri, 13 Mar 2026, Lamps wrote:
> Have you tried the blue one?

--b
Content-Type: image/png
Content-Disposition: attachment; filename=hum.png
Content-Transfer-Encoding: base64

{PNG}
--b--
"""
HEADERS = dict(
    line.split(": ", 1) for line in RAW.partition("\n\n")[0].splitlines() if not line.startswith(("MIME", "C"))
)
TEXT = "It still hums, please help\n\n> Have you tried the blue one?\n"
Posted = tuple[bytes, dict[str, str]]
FORM = {"content-type": "application/x-www-form-urlencoded"}
JSON = {"content-type": "application/json"}


def basic(login: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(login.encode()).decode()}


def _json(payload: Any) -> Posted:
    return json.dumps(payload).encode(), dict(JSON)


def mailgun(secret: str, *, token: str = "t0") -> Posted:
    stamp = str(int(time.time()))
    signature = hmac.new(secret.encode(), f"{stamp}{token}".encode(), hashlib.sha256).hexdigest()
    fields = {
        "recipient": "help+abcdefgh12@lamps.example",
        "sender": "noor@home.example",
        "body-mime": RAW,
        "token": token,
        "timestamp": stamp,
        "signature": signature,
    }
    return urlencode(fields).encode(), dict(FORM)


def mandrill(secret: str) -> Posted:
    fields = {"mandrill_events": json.dumps([{"event": "inbound", "ts": 1, "msg": {"raw_msg": RAW, "email": "x@y"}}])}
    signed = URL + "".join(name + fields[name] for name in sorted(fields))
    signature = base64.b64encode(hmac.new(secret.encode(), signed.encode(), hashlib.sha1).digest()).decode()
    return urlencode(fields).encode(), {**FORM, "x-mandrill-signature": signature}


def mailersend(secret: str) -> Posted:
    body, headers = _json({"type": "inbound.message", "data": {"id": "1", "raw": RAW}})
    return body, {**headers, "signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


def postal(secret: str) -> Posted:
    body, headers = _json(
        {"id": 1, "rcpt_to": "x@y", "message": base64.b64encode(RAW.encode()).decode(), "base64": True}
    )
    signature = POSTAL_KEYS[secret].sign(body, padding.PKCS1v15(), hashes.SHA1())
    return body, {**headers, "x-postal-signature": base64.b64encode(signature).decode()}


def postmark(secret: str) -> Posted:
    named = [{"Name": name, "Value": HEADERS[name]} for name in ("Message-ID", "In-Reply-To", "References")]
    payload = {
        "FromFull": {"Email": "noor@home.example", "Name": "Noor Haddad"},
        "ToFull": [{"Email": "help+abcdefgh12@lamps.example", "Name": ""}],
        "Subject": HEADERS["Subject"],
        "Date": HEADERS["Date"],
        "Headers": named,
        "TextBody": TEXT,
        "Attachments": [{"Name": "hum.png", "Content": PNG, "ContentType": "image/png"}],
    }
    body, headers = _json(payload)
    return body, {**headers, **basic(secret)}


def sparkpost(secret: str) -> Posted:
    content = {"email_rfc822": RAW, "email_rfc822_is_base64": False}
    body, headers = _json([{"msys": {"relay_message": {"protocol": "smtp", "content": content, "rcpt_to": "x@y"}}}])
    return body, {**headers, **basic(secret)}


def sendgrid(secret: str) -> Posted:
    return urlencode({"email": RAW, "envelope": '{"to": ["x@y"], "from": "x@y"}'}).encode(), {**FORM, **basic(secret)}


def mailjet(secret: str) -> Posted:
    part = {"ContentRef": "Attachment1", "Headers": {"Content-Type": "image/png; name=hum.png",
            "Content-Disposition": "attachment; filename=hum.png"}}  # fmt: skip
    body, headers = _json({"Headers": HEADERS, "Text-part": TEXT, "Parts": [part], "Attachment1": PNG})
    return body, {**headers, **basic(secret)}


def _postal_keys() -> dict[str, rsa.RSAPrivateKey]:
    found = {}
    for _ in range(2):
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        found["".join(pem.decode().splitlines()[1:-1])] = key
    return found


POSTAL_KEYS = _postal_keys()
POSTS: Mapping[str, Callable[[str], Posted]] = {
    "mailgun": mailgun,
    "mandrill": mandrill,
    "mailersend": mailersend,
    "postal": postal,
    "postmark": postmark,
    "sparkpost": sparkpost,
    "sendgrid": sendgrid,
    "mailjet": mailjet,
}
SIGNED = {"mailgun", "mandrill", "mailersend", "postal"}


def secrets_of(provider: str) -> tuple[str, str]:
    """A connection's own proof, and another connection's."""
    if provider == "postal":
        own, other = POSTAL_KEYS
        return own, other
    return ("key-of-lamps", "key-of-chairs") if provider in SIGNED else ("relay:lamps", "relay:chairs")
