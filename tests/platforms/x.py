"""X's API v2: posts, direct messages, mentions (docs.x.com/x-api)."""

from __future__ import annotations

import re
import time
from typing import Any, ClassVar
from urllib.parse import unquote

from connectors.oauth import oauth1_signature
from tests.platforms.server import PlatformServer, Request, Response

CONSUMER = ("consumer-key", "lamp-consumer-secret")
USER = ("user-token", "user-token-secret")


def reset_in(seconds: int) -> Response:
    return Response(429, {"title": "Too Many Requests"}, {"x-rate-limit-reset": str(int(time.time()) + seconds)})


class XServer(PlatformServer):
    problems: ClassVar[dict[str, Response]] = {
        "refused": Response(403, {"detail": "You are not permitted to perform this action.", "status": 403}),
        "duplicate": Response(403, {"detail": "You are not allowed to create a Tweet with duplicate content."}),
        "revoked": Response(401, {"title": "Unauthorized", "status": 401}),
    }

    def __init__(self) -> None:
        super().__init__()
        self.mentions: list[dict[str, Any]] = []  # newest last

    def refuse(self, problem: str | Response) -> None:
        super().refuse(reset_in(17) if problem == "rate_limited" else problem)

    def answer(self, request: Request) -> Response:
        if not self.signed(request):
            return self.problems["revoked"]
        if request.path == "/2/users/501/mentions":
            return self.listed(request.query)
        if request.path == "/2/tweets":
            self.accepted.append(request.json)
            return Response(201, {"data": {"id": "9100", "text": request.json["text"]}})
        self.accepted.append((request.path, request.json))
        return Response(201, {"data": {"dm_event_id": "9200", "dm_conversation_id": "501-9009"}})

    def signed(self, request: Request) -> bool:
        given = dict(re.findall(r'(oauth_\w+)="([^"]*)"', request.headers.get("authorization", "")))
        given = {name: unquote(value) for name, value in given.items()}
        signature = given.pop("oauth_signature", "")
        values = {**request.query, **given}
        expected = oauth1_signature(request.method, self.url + request.path, values, CONSUMER[1], USER[1])
        return signature == expected and given["oauth_token"] == USER[0]

    def listed(self, query: dict[str, str]) -> Response:
        since = int(query.get("since_id", "0"))
        found = [post for post in reversed(self.mentions) if int(post["id"]) > since]
        start = int(query.get("pagination_token", "0"))
        page = found[start : start + int(query["max_results"])]
        meta: dict[str, Any] = {"result_count": len(page)}
        if page:
            meta |= {"newest_id": page[0]["id"], "oldest_id": page[-1]["id"]}
        if start + len(page) < len(found):
            meta["next_token"] = str(start + len(page))
        users = [{"id": "9009", "username": "noor", "name": "Noor"}]
        body = {"data": page, "includes": {"users": users}, "meta": meta} if page else {"meta": meta}
        return Response(200, body, {"x-rate-limit-remaining": "299"})
