"""How large a request's body may be, seen to while it comes in: what is too large is never kept.

Django writes a whole body away before a page is asked for it. Here it is counted first, by what its length announces
and by what really comes (a chunked body announces nothing). Once it is too large the rest is let go, and the page's
place is taken by an answer in words.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from inbox.draft_files import LARGEST
from inbox.views.respond import refused
from inbox.webhooks.answers import Message, Receive, Scope
from teams.errors import Refusal

AROUND = 1024 * 1024  # what a form may need beside its files
OTHERS = 4 * 1024 * 1024  # pages that take no files of replies
ONE_FILE = LARGEST + AROUND
WHOLE_REPLY = 3 * LARGEST + AROUND  # a form without a script brings its files itself
MOST_LET_GO = 64 * 1024 * 1024  # read past, so that a browser that is still writing hears our answer
TOO_LARGE = "relaybox.too_large"  # in the scope: the limit that the body broke
_FILES = re.compile(r"/items/\d+/files/")
_ANSWER = re.compile(r"/items/\d+/answer/")


def most(path: str) -> int:
    """In bytes, for a request to this path."""
    if _FILES.fullmatch(path):
        return ONE_FILE
    return WHOLE_REPLY if _ANSWER.fullmatch(path) else OTHERS


class Counted:
    """What Django receives: the body as it comes, or none of what is left once it is too large."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.scope, self.receive = scope, receive
        self.most, self.come, self.ended = most(scope["path"]), 0, False
        headers = dict(scope["headers"])
        self.waits = b"expect" in headers  # for our word, before it sends its body
        announced = headers.get(b"content-length", b"")
        self.too_large = announced.isdigit() and int(announced[:15]) > self.most

    async def __call__(self) -> Message:
        if self.ended:
            return await self._disconnect()
        message: Message = {"more_body": not self.waits}
        if not self.too_large:
            message = await self.receive()
            self.come += len(message.get("body", b""))
            if self.come <= self.most:
                return message
        if message.get("more_body"):
            await self._let_go()
        self.scope[TOO_LARGE], self.ended = self.most, True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def _let_go(self) -> None:
        while self.come < MOST_LET_GO:
            message = await self.receive()
            self.come += len(message.get("body", b""))
            if not message.get("more_body"):
                return

    async def _disconnect(self) -> Message:
        """What is still coming is nobody's; only that the client has gone is told."""
        while (message := await self.receive())["type"] != "http.disconnect":
            continue
        return message


class TooLarge(Refusal):
    """A body that was let go."""

    status = 413
    code = "too_large"


class TooLargeMiddleware:
    """Says that a body was too large, and for what, before anything asks what was in it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        limit = getattr(request, "scope", {}).get(TOO_LARGE)
        return self.get_response(request) if limit is None else _refused(request, limit)


def _refused(request: HttpRequest, limit: int) -> HttpResponse:
    size = filesizeformat(limit)
    words = _("What was sent is larger than %(size)s, the most that can come at once.") % {"size": size}
    if request.path.startswith("/api/"):
        return JsonResponse({"detail": words, "code": TooLarge.code}, status=TooLarge.status)
    return refused(request, TooLarge(words), words)
