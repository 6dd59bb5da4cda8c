"""chat.postMessage and the upload of files: a refusal is an HTTP 200 (docs.slack.dev/reference/methods, the pages of
chat.postMessage, files.getUploadURLExternal and files.completeUploadExternal)."""

from __future__ import annotations

from typing import Any, ClassVar

from tests.platforms.server import PlatformServer, Request, Response

TOKEN = "xoxb-lamps"


class SlackServer(PlatformServer):
    problems: ClassVar[dict[str, Response]] = {
        "rate_limited": Response(429, {"ok": False, "error": "ratelimited"}, {"retry-after": "17"}),
        "refused": Response(200, {"ok": False, "error": "channel_not_found"}),
        "revoked": Response(200, {"ok": False, "error": "token_revoked"}),
        "unsure": Response(200, {"ok": False, "error": "internal_error"}),
    }

    def __init__(self) -> None:
        super().__init__()
        self.places: dict[str, dict[str, str]] = {}  # what is expected at an upload address
        self.files: dict[str, bytes] = {}  # what came there

    def answer(self, request: Request) -> Response:
        if request.path.startswith("/upload/v1/"):
            return self.uploaded(request)
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return Response(200, {"ok": False, "error": "invalid_auth"})
        if request.path == "/files.getUploadURLExternal":
            return self.placed(request.form)
        if request.path == "/files.completeUploadExternal":
            return self.completed(request.json)
        if request.path != "/chat.postMessage":
            return Response(200, {"ok": False, "error": "unknown_method"})
        post = request.json
        self.accepted.append(post)
        return Response(200, {"ok": True, "channel": post["channel"], "ts": "1773480413.000200"})

    def placed(self, form: dict[str, str]) -> Response:
        if not form.get("filename") or not int(form.get("length", "0")):
            return Response(200, {"ok": False, "error": "missing_argument"})
        if len(form.get("alt_txt", "")) > 1000:
            return Response(200, {"ok": False, "error": "alt_txt_too_large"})
        name = f"F{len(self.places) + 1}"
        self.places[name] = form
        return Response(200, {"ok": True, "upload_url": f"{self.url}/upload/v1/{name}", "file_id": name})

    def uploaded(self, request: Request) -> Response:
        """The address itself is the permission: a token shown there is shown to a stranger."""
        name = request.path.rpartition("/")[2]
        if "authorization" in request.headers or name not in self.places:
            return Response(403, b"Forbidden")
        if len(request.body) != int(self.places[name]["length"]):
            return Response(400, b"wrong length")
        self.files[name] = request.body
        return Response(200, f"OK - {len(request.body)}".encode())

    def completed(self, post: dict[str, Any]) -> Response:
        if any(each["id"] not in self.files for each in post["files"]):
            return Response(200, {"ok": False, "error": "file_not_found"})
        self.accepted.append(post)
        return Response(200, {"ok": True, "files": [{"id": each["id"]} for each in post["files"]]})
