"""X's API v2: posts, direct messages, mentions (docs.x.com/x-api)."""

from __future__ import annotations

import re
import time
from typing import Any, ClassVar
from urllib.parse import unquote

from connectors.oauth import oauth1_signature
from tests.platforms.server import Part, PlatformServer, Request, Response

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
        self.media: dict[str, tuple[str, Part]] = {}
        self.alts: dict[str, str] = {}

    def refuse(self, problem: str | Response) -> None:
        super().refuse(reset_in(17) if problem == "rate_limited" else problem)

    def answer(self, request: Request) -> Response:
        if not self.signed(request):
            return self.problems["revoked"]
        if request.path == "/2/users/501/mentions":
            return self.listed(request.query)
        if request.path == "/2/media/upload":
            return self.uploaded(request.parts)
        if request.path == "/2/media/metadata":
            return self.described(request.json)
        if not self.holds(request.json):
            return Response(400, {"title": "Invalid Request", "detail": "Your media IDs are invalid."})
        if request.path == "/2/tweets":
            self.accepted.append(request.json)
            return Response(201, {"data": {"id": "9100", "text": request.json.get("text", "")}})
        self.accepted.append((request.path, request.json))
        return Response(201, {"data": {"dm_event_id": "9200", "dm_conversation_id": "501-9009"}})

    def uploaded(self, parts: dict[str, Part]) -> Response:
        """A picture in one call; `media_category` says whether a post or a message may name it."""
        category, media = parts["media_category"].text, parts["media"]
        if category not in {"tweet_image", "dm_image"} or len(media.body) > 5_000_000:
            return Response(400, {"title": "Invalid Request", "detail": "media type unrecognized."})
        name = str(880 + len(self.media))
        self.media[name] = (category, media)
        return Response(200, {"data": {"id": name, "media_key": f"3_{name}", "size": len(media.body)}})

    def described(self, body: dict[str, Any]) -> Response:
        text = body["metadata"]["alt_text"]["text"]
        if body["id"] not in self.media or len(text) > 1000:
            return Response(400, {"title": "Invalid Request"})
        self.alts[body["id"]] = text
        return Response(200, {"data": {"id": body["id"]}})

    def holds(self, body: dict[str, Any]) -> bool:
        """Whether every file that a post or a message names is up for it, and not one too many."""
        posted = body.get("media", {}).get("media_ids", [])
        said = [each["media_id"] for each in body.get("attachments", [])]
        fits = all(self.media.get(name, ("",))[0] == "tweet_image" for name in posted)
        fits = fits and all(self.media.get(name, ("",))[0] == "dm_image" for name in said)
        return fits and len(posted) <= 4 and len(said) <= 1 and bool(body.get("text") or posted or said)

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
