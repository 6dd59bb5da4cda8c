"""The Graph API in the parts that a reply needs, with Meta's error objects
(developers.facebook.com/docs/graph-api/guides/error-handling)."""

from __future__ import annotations

import json
import re
from typing import Any, ClassVar

from tests.platforms.server import PlatformServer, Request, Response

TOKEN = "page-token-41"


def error(status: int, code: int, message: str, *, headers: dict[str, str] | None = None, **more: Any) -> Response:
    body = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "Abc", **more}
    return Response(status, {"error": body}, headers or {})


class GraphServer(PlatformServer):
    """`mentions` are what strangers wrote about us, by id."""

    mentions: ClassVar[dict[str, dict[str, str]]] = {}
    problems: ClassVar[dict[str, Response]] = {
        "rate_limited": error(400, 613, "Calls to this api are too many.", headers={"retry-after": "17"}),
        "refused": error(400, 100, "Unsupported post request."),
        "revoked": error(400, 190, "The session has been invalidated.", error_subcode=460),
    }

    def answer(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return error(401, 190, "Invalid OAuth access token.")
        version, _, path = request.path.strip("/").partition("/")
        assert version.startswith("v")
        return self.graph(path, request)

    def graph(self, path: str, request: Request) -> Response:
        edge = path.rpartition("/")[2]
        if request.method == "GET":
            return self.mention(request.query.get("fields", ""))
        self.accepted.append((path, request.json))
        if edge == "messages":
            return Response(200, {"recipient_id": request.json["recipient"]["id"], "message_id": "m_OUT1"})
        return Response(200, {"id": "501_902"})

    def mention(self, asked: str) -> Response:
        found = re.fullmatch(r"(mentioned_(comment|media))\.\2_id\((\d+)\)\{[a-z_,]+\}", asked)
        if found is None or found[3] not in self.mentions:
            return error(400, 100, "Unsupported get request.")
        return Response(200, {found[1]: self.mentions[found[3]], "id": "501"})


class MessagingServer(GraphServer):
    problems: ClassVar[dict[str, Response]] = {
        **GraphServer.problems,
        "rate_limited": error(
            429,
            80006,
            "There have been too many messages sent from this page.",
            headers={"x-business-use-case-usage": json.dumps({"77": [{"estimated_time_to_regain_access": 2}]})},
        ),
        "window_closed": error(400, 10, "Sent outside of allowed window.", error_subcode=2018278),
    }


class ThreadsServer(GraphServer):
    """Publishing takes two calls; a draft is nothing that anybody sees."""

    def __init__(self) -> None:
        super().__init__()
        self.drafts: dict[str, Any] = {}

    def graph(self, path: str, request: Request) -> Response:
        if path.endswith("/threads"):
            name = f"draft-{len(self.drafts)}"
            self.drafts[name] = request.json
            return Response(200, {"id": name})
        draft = self.drafts.get(request.json["creation_id"])
        if not path.endswith("/threads_publish") or draft is None:
            return error(400, 100, "Invalid parameter")
        self.accepted.append(draft)
        return Response(200, {"id": "7001"})


class WhatsAppServer(GraphServer):
    problems: ClassVar[dict[str, Response]] = {
        **GraphServer.problems,
        "rate_limited": error(400, 131056, "Pair rate limit hit", headers={"retry-after": "17"}),
        "refused": error(400, 131026, "Message undeliverable"),
        "revoked": error(401, 0, "AuthException"),
        "window_closed": error(400, 131047, "Re-engagement message"),
    }

    def graph(self, path: str, request: Request) -> Response:
        if request.method == "GET":
            return Response(200, {"url": f"{self.url}/file/{path}", "mime_type": "image/jpeg", "id": path})
        post = request.json
        if post.get("messaging_product") != "whatsapp" or not (post.get("to") or post.get("recipient")):
            return error(400, 100, "(#100) The parameter messaging_product is required.")
        self.accepted.append((path, request.json))
        return Response(200, {"messaging_product": "whatsapp", "messages": [{"id": "wamid.OUT1"}]})
