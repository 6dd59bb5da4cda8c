"""The Graph API in the parts that a reply needs, with Meta's error objects
(developers.facebook.com/docs/graph-api/guides/error-handling)."""

from __future__ import annotations

import json
import re
from typing import Any, ClassVar

from tests.platforms.server import Part, PlatformServer, Request, Response

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

    def __init__(self) -> None:
        super().__init__()
        self.files: dict[str, tuple[str, Part]] = {}  # by id: the Send API's word for it, and the file

    def graph(self, path: str, request: Request) -> Response:
        if path.endswith("/message_attachments"):
            return self.stored(request.parts)
        said = request.json.get("message", {})
        medium = said.get("attachment")
        if medium and ("text" in said or not self.is_there(medium)):
            return error(400, 100, "(#100) Invalid attachment")
        return super().graph(path, request)

    def is_there(self, medium: dict[str, Any]) -> bool:
        """Whether the file was stored as what the message calls it, or is fetched from a public address."""
        place: dict[str, str] = medium["payload"]
        if "url" in place:
            return place["url"].startswith("https://") and medium["type"] in {"image", "audio", "video", "file"}
        return self.files.get(place["attachment_id"], ("",))[0] == medium["type"]

    def stored(self, parts: dict[str, Part]) -> Response:
        """messenger-platform/reference/attachment-upload-api: a form, kept to be named by a message."""
        medium, file = json.loads(parts["message"].text)["attachment"], parts["filedata"]
        if medium["payload"] != {"is_reusable": True} or len(file.body) > 25 * 1024 * 1024:
            return error(400, 100, "(#100) Upload attachment failure.", error_subcode=2018047)
        name = str(1857777774821032 + len(self.files))
        self.files[name] = (medium["type"], file)
        return Response(200, {"attachment_id": name})


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
    most: ClassVar[dict[str, int]] = {"image": 5_000_000, "video": 16_000_000, "audio": 16_000_000}

    def __init__(self) -> None:
        super().__init__()
        self.files: dict[str, Part] = {}

    def graph(self, path: str, request: Request) -> Response:
        if request.method == "GET":
            return Response(200, {"url": f"{self.url}/file/{path}", "mime_type": "image/jpeg", "id": path})
        if path.endswith("/media"):
            return self.stored(request.parts)
        post = request.json
        medium = post.get(post.get("type"), {})
        if "id" in medium and not self.sendable(post["type"], medium):
            return error(400, 131053, "Media upload error")
        if post.get("messaging_product") != "whatsapp" or not (post.get("to") or post.get("recipient")):
            return error(400, 100, "(#100) The parameter messaging_product is required.")
        self.accepted.append((path, request.json))
        return Response(200, {"messaging_product": "whatsapp", "messages": [{"id": "wamid.OUT1"}]})

    def stored(self, parts: dict[str, Part]) -> Response:
        if parts["messaging_product"].text != "whatsapp" or parts["type"].text != parts["file"].type:
            return error(400, 100, "(#100) Param file must be a file with one of the following types")
        name = str(4490709327384033 + len(self.files))
        self.files[name] = parts["file"]
        return Response(200, {"id": name})

    def sendable(self, word: str, medium: dict[str, str]) -> bool:
        """Whether the file is up, small enough, and has no caption where there is no place for one."""
        file = self.files.get(medium["id"])
        small = file is not None and len(file.body) <= self.most.get(word, 100_000_000)
        return small and len(medium.get("caption", "")) <= (0 if word == "audio" else 1024)
