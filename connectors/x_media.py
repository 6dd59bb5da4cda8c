"""X: pictures go up first, where nobody sees them; the post or message then names them.

Sources: docs.x.com/x-api/media/upload-media (one call for a picture: `media`, `media_category`),
.../create-media-metadata (descriptions of 1000 characters),
.../quickstart/best-practices (a post holds four pictures of 5 MB),
docs.x.com/x-api/direct-messages/manage/integrate (a message holds one).
Moving pictures and videos take several calls and minutes of work at X: they are not taken.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

from connectors.base import Kind, Refused, Reply
from connectors.files import PICTURES, File, FileLimits
from connectors.http import told

POST = FileLimits(most=4, size=5_000_000, whole=20_000_000, types=PICTURES, alt=True)
MESSAGE = FileLimits(most=1, size=5_000_000, whole=5_000_000, types=PICTURES)
_LONGEST_ALT = 1000
Call = Callable[..., httpx.Response]  # path, request: a call that can be made again without harm


def attached(reply: Reply, call: Call) -> dict[str, Any]:
    """What a post or a message says of its files, once they are up."""
    names = [_uploaded(file, reply.kind, call) for file in reply.files]
    if not names:
        return {}
    if reply.kind is Kind.DM:
        return {"attachments": [{"media_id": name} for name in names]}
    return {"media": {"media_ids": names}}


def _uploaded(file: File, kind: Kind, call: Call) -> str:
    category = "dm_image" if kind is Kind.DM else "tweet_image"
    form = {"data": {"media_category": category, "media_type": file.type}, "files": {"media": file.part}}
    name = told(call("/2/media/upload", **form), "data", "id")
    if not name:
        raise Refused("X took the picture and did not say under which name")
    if file.alt and kind is not Kind.DM:
        about = {"alt_text": {"text": file.alt[:_LONGEST_ALT]}}
        call("/2/media/metadata", json={"id": name, "metadata": about})
    return name
