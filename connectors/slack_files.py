"""Slack: files go up one by one, where nobody sees them; one last call shares them all with the words.

Source: docs.slack.dev/reference/methods/files.getUploadURLExternal and files.completeUploadExternal (files.upload is
retired); descriptions of 1000 characters, error alt_txt_too_large. The last call does not tell the message's `ts`,
which comes with the event for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from connectors.base import Refused, Reply, SendError, TryLater
from connectors.files import File, FileLimits
from connectors.http import Judge, ask, call, snippet, told

LIMITS = FileLimits(most=10, size=20_000_000, whole=50_000_000, alt=True)
_LONGEST_ALT = 1000


def send(
    reply: Reply, place: Mapping[str, str], root: str, headers: Mapping[str, str], judge: Judge, http: httpx.Client
) -> None:
    """Share the reply's files in one message. `place` says in which channel and thread, and with which words."""
    files = [{"id": _uploaded(file, root, headers, judge, http), "title": file.name} for file in reply.files]
    body: dict[str, Any] = {"files": files, **place}
    call(http, "POST", f"{root}/files.completeUploadExternal", json=body, headers=headers, judge=judge)


def _uploaded(file: File, root: str, headers: Mapping[str, str], judge: Judge, http: httpx.Client) -> str:
    form = {"filename": file.name, "length": str(file.size)}
    if file.alt:
        form["alt_txt"] = file.alt[:_LONGEST_ALT]
    url = f"{root}/files.getUploadURLExternal"
    answer = ask(http, url, method="POST", data=form, headers=headers, judge=judge)
    place, name = told(answer, "upload_url"), told(answer, "file_id")
    if not place or not name:
        raise Refused("Slack named no place for the file")
    ask(http, place, method="POST", content=file.body, headers={"content-type": file.type}, judge=_judge)
    return name


def _judge(response: httpx.Response) -> SendError | None:
    """The place is asked without our token, and gone after a while: whatever it refuses, a new one may take."""
    return None if response.is_success else TryLater(snippet(response), status=response.status_code)
