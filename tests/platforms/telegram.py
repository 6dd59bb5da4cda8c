"""The Bot API: sendMessage and getFile, with Telegram's answers (core.telegram.org/bots/api)."""

from __future__ import annotations

from typing import Any, ClassVar

from tests.platforms.server import PlatformServer, Request, Response

TOKEN = "700:bot-token"


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
        if request.path != f"/bot{TOKEN}/sendMessage":
            return error(401, "Unauthorized")
        post = request.json
        if self.moved and post["chat_id"] != self.moved:
            return error(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=int(self.moved))
        if len(post["text"].encode("utf-16-le")) // 2 > 4096:
            return error(400, "Bad Request: message is too long")
        self.accepted.append(post)
        chat = {"id": int(post["chat_id"]), "type": "private"}
        return Response(200, {"ok": True, "result": {"message_id": 91, "date": 1773480413, "chat": chat}})
