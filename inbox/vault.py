"""Secrets at rest: AES-256-GCM, bound to the row they belong to.

The place of a value (table, row, column) is the associated data, so a ciphertext copied to
another row does not open there. Keys come from RELAYBOX_ENCRYPTION_KEYS, newest first, or from
SECRET_KEY and its fallbacks; all are tried, so keys can be rotated without a pause.
"""

from __future__ import annotations

import base64
import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

NONCE = 12  # bytes


class CannotOpen(Exception):
    """No key we hold opens this value: it was sealed elsewhere, or for another row."""


def seal(value: str, *, place: str) -> bytes:
    nonce = os.urandom(NONCE)
    return nonce + _keys()[0].encrypt(nonce, value.encode(), place.encode())


def open_(sealed: bytes, *, place: str) -> str:
    for key in _keys():
        try:
            return key.decrypt(sealed[:NONCE], sealed[NONCE:], place.encode()).decode()
        except InvalidTag:
            continue
    raise CannotOpen(place)


def _keys() -> tuple[AESGCM, ...]:
    given = tuple(settings.RELAYBOX_ENCRYPTION_KEYS)
    return _ciphers(given, (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


@lru_cache(maxsize=4)
def _ciphers(given: tuple[str, ...], passphrases: tuple[str, ...]) -> tuple[AESGCM, ...]:
    raw = [base64.b64decode(text) for text in given] + [_derive(text) for text in passphrases]
    return tuple(AESGCM(key) for key in raw)


def _derive(passphrase: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"relaybox secrets at rest").derive(passphrase.encode())
