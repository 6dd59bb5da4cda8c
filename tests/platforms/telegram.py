"""The Bot API: sendMessage and getFile, with Telegram's answers (core.telegram.org/bots/api)."""

from __future__ import annotations

from typing import Any, ClassVar

from tests.platforms.server import Part, PlatformServer, Request, Response

TOKEN = "700:bot-token"
METHODS = ("sendPhoto", "sendDocument", "sendVideo", "sendAudio", "sendMediaGroup")
EMPTY = Part("", "", b"")


def error(code: int, description: str, **parameters: Any) -> Response:
    body = {"ok": False, "error_code": code, "description": description}
    return Response(code, {**body, **({"parameters": parameters} if parameters else {})})


class TelegramServer(PlatformServer):
    problems: ClassVar[dict[str, Response]] = {
        "rate_limited": error(429, "Too Many Requests: retry after 17", retry_after=17),
        "refused": error(403, "Forbidden: bot was blocked by the user"),
        "revoked": error(401, "Unauthorized"),
    }
    moved: str = ""  # the new id of a group that became a supergroup

    def answer(self, request: Request) -> Response:
        if request.path == f"/bot{TOKEN}/getFile":
            return Response(200, {"ok": True, "result": {"file_id": "F1", "file_path": "photos/file 1.jpg"}})
        method = request.path.removeprefix(f"/bot{TOKEN}/")
        if method in METHODS:
            return self.files(method, request.parts)
        if method != "sendMessage":
            return error(401, "Unauthorized")
        post = request.json
        if self.moved and post["chat_id"] != self.moved:
            return error(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=int(self.moved))
        if len(post["text"].encode("utf-16-le")) // 2 > 4096:
            return error(400, "Bad Request: message is too long")
        self.accepted.append(post)
        return Response(200, {"ok": True, "result": message(post["chat_id"])})

    def files(self, method: str, parts: dict[str, Part]) -> Response:
        if len(parts.get("caption", EMPTY).text) > 1024:
            return error(400, "Bad Request: message caption is too long")
        self.accepted.append((method, {name: part.body if part.name else part.text for name, part in parts.items()}))
        sent = message(parts["chat_id"].text)
        return Response(200, {"ok": True, "result": [sent] if method == "sendMediaGroup" else sent})


def message(chat: str) -> dict[str, Any]:
    return {"message_id": 91, "date": 1773480413, "chat": {"id": int(chat), "type": "private"}}
