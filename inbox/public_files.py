"""Addresses at which a platform fetches the files of a reply that it does not take by upload.

An address holds a signed name of one file and is told to the platform alone, when the reply is sent. It opens that file
to whoever has it, for as long as a phone that was off may take to show the message, and nothing else.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.urls import reverse

from inbox import attachments
from inbox.models import Attachment
from inbox.models.item import Message

LIVES = timedelta(days=30)
_SIGNER = signing.TimestampSigner(salt="inbox.public_files", sep=".")


def addresses(row: Attachment) -> tuple[str, str]:
    """Where it, and a small copy of it if it is a picture, can be fetched from now on; platforms fetch from https://
    alone, so nowhere without it."""
    if not settings.HTTPS:
        return "", ""
    signed = _SIGNER.sign(row.token.hex)
    whole, small = (reverse(f"inbox:{name}", args=[signed]) for name in ("public-file", "public-preview"))
    return settings.BASE_URL + whole, settings.BASE_URL + small


def find(signed: str) -> Attachment | None:
    """The file that an address names, if its time is not over and its reply was not taken away."""
    try:
        token = UUID(_SIGNER.unsign(signed, max_age=LIVES))
    except (signing.BadSignature, ValueError):
        return None
    return attachments.kept(token).filter(message__direction=Message.Direction.OUT).first()
