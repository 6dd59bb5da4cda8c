"""A message that one browser alone can read: RFC 8291, over the aes128gcm encoding of RFC 8188, in one record.

The primitives are those of `cryptography`. The library that is usually taken for this exists as a source archive
only, and what we install is wheels, so that no code runs while installing.
"""

from __future__ import annotations

import os

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

RECORD = 4096  # bytes; what a push service takes at most
MOST = RECORD - 17 - 86  # bytes of content: without the tag, the delimiter and the header
LAST = b"\x02"  # ends the content of the last record


def seal(
    content: bytes,
    *,
    p256dh: bytes,
    auth: bytes,
    key: ec.EllipticCurvePrivateKey | None = None,
    salt: bytes | None = None,
) -> bytes:
    """Encrypt for the browser that holds the other half of `p256dh`. Key and salt are made anew for each message."""
    if len(content) > MOST:
        raise ValueError(f"a push message holds {MOST} bytes")
    key, salt = key or ec.generate_private_key(ec.SECP256R1()), salt or os.urandom(16)
    public = point(key)
    shared = key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), p256dh))
    secret = _derive(shared, auth, b"WebPush: info\0" + p256dh + public, 32)
    cipher = AESGCM(_derive(secret, salt, b"Content-Encoding: aes128gcm\0", 16))
    nonce = _derive(secret, salt, b"Content-Encoding: nonce\0", 12)
    header = salt + RECORD.to_bytes(4, "big") + bytes([len(public)]) + public
    return header + cipher.encrypt(nonce, content + LAST, None)


def point(key: ec.EllipticCurvePrivateKey) -> bytes:
    """A key's public half, 65 bytes."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _derive(material: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt=salt, info=info).derive(material)
