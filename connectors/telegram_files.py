"""Telegram: a reply and its files, in one call whatever their number, so that it goes out whole or not at all.

Source: core.telegram.org/bots/api (sendPhoto, sendVideo, sendAudio, sendDocument, sendMediaGroup; "Sending files":
10 MB for photos, 50 MB for others; captions of 1024 characters after entities).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from connectors.files import File, FileLimits

PHOTO_SIZE = 10_000_000  # bytes; a larger picture goes as a document
LIMITS = FileLimits(most=10, size=20_000_000, whole=45_000_000, text=1024)
_WORDS = {
    "video/mp4": "video",
    "audio/mpeg": "audio",
    "audio/mp4": "audio",
    "image/jpeg": "photo",
    "image/png": "photo",
}
_TOGETHER = frozenset({"photo", "video"})  # these two may share an album; all others only with their like


def request(body: Mapping[str, Any], files: Sequence[File]) -> tuple[str, dict[str, Any]]:
    """The method to call, and what to call it with: `body` is that of a sendMessage, which it is without files."""
    if not files:
        return "sendMessage", {"json": body}
    form = {name: value if isinstance(value, str) else json.dumps(value) for name, value in body.items()}
    caption = form.pop("text")
    if len(files) == 1:
        word = _word(files[0])
        named = {"caption": caption} if caption else {}
        return f"send{word.capitalize()}", {"data": {**form, **named}, "files": {word: files[0].part}}
    album = [{"type": word, "media": f"attach://f{number}"} for number, word in enumerate(_words(files))]
    if caption:
        album[0]["caption"] = caption
    parts = {f"f{number}": file.part for number, file in enumerate(files)}
    return "sendMediaGroup", {"data": {**form, "media": json.dumps(album)}, "files": parts}


def _word(file: File) -> str:
    word = _WORDS.get(file.type, "document")
    return "document" if word == "photo" and file.size > PHOTO_SIZE else word


def _words(files: Sequence[File]) -> list[str]:
    words = [_word(file) for file in files]
    return words if set(words) <= _TOGETHER or len(set(words)) == 1 else ["document"] * len(words)
