"""WhatsApp: a reply and its file. The file goes up first, where nobody sees it; the message then names it.

Source: developers.facebook.com/docs/whatsapp/cloud-api/reference/media (upload; supported types and sizes: images 5 MB,
audio and video 16 MB, documents 100 MB; an uploaded file is kept for 30 days) and .../reference/messages (media object:
`id`, `caption` of 1024 characters except with audio, `filename` of a document). A message holds one file.
"""

from __future__ import annotations

from typing import Any

from connectors.base import Reply
from connectors.files import File, FileLimits

_IMAGE, _SOUND = 5_000_000, 16_000_000
_WORDS = {
    "image/jpeg": "image",
    "image/png": "image",
    "video/mp4": "video",
    "audio/mpeg": "audio",
    "audio/mp4": "audio",
    "audio/ogg": "audio",
    "application/pdf": "document",
}
LIMITS = FileLimits(
    most=1,
    size=20_000_000,
    whole=20_000_000,
    types=frozenset(_WORDS),
    text=1024,
    sizes={name: _IMAGE if word == "image" else _SOUND for name, word in _WORDS.items() if word != "document"},
    wordless=frozenset(name for name, word in _WORDS.items() if word == "audio"),
)


def upload(file: File) -> dict[str, Any]:
    """The form that stores a file at WhatsApp."""
    return {"data": {"messaging_product": "whatsapp", "type": file.type}, "files": {"file": file.part}}


def said(reply: Reply, name: str) -> dict[str, Any]:
    """What the message says: its words, or the file of that name with them."""
    if not reply.files:
        return {"type": "text", "text": {"body": reply.text, "preview_url": False}}
    (file,) = reply.files
    word = _WORDS[file.type]
    medium = {"id": name, **({"caption": reply.text} if reply.text else {})}
    return {"type": word, word: {**medium, "filename": file.name} if word == "document" else medium}
