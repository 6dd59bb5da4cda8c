from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from connectors import guard
from connectors.base import Account, Author, Kind, OutcomeUnknown, Reply, TryLater, Verb
from tests.connectors.contract import LOOPBACK, QUESTION, ParseContract, SendContract
from tests.connectors.meta_contract import MetaContract
from tests.platforms.graph import ThreadsServer
from tests.platforms.server import PlatformServer, Request, Response

POST = {
    "id": "6001",
    "username": "noor.h",
    "text": "is the blue one back? 🔵",
    "permalink": "https://www.threads.net/@noor.h/post/Pp",
    "replied_to": {"id": "5000"},
    "root_post": {"id": "5000", "owner_id": "501", "username": "lamps"},
    "timestamp": "2026-03-14T09:00:00+0000",
}


def envelope(field: str, value: Any) -> dict[str, Any]:
    return {"app_id": "1", "target_id": "501", "time": 1773478800, "values": {"field": field, "value": value}}


class SlowPublisher(ThreadsServer):
    """Takes a draft at once, and publishes late."""

    def graph(self, path: str, request: Request) -> Response:
        self.silence = 0.5 if path.endswith("publish") else None
        return super().graph(path, request)


class TestThreads(MetaContract, ParseContract, SendContract):
    kind = "threads"
    server_class = ThreadsServer
    length = 500
    expected = {
        "verb": Verb.CREATE,
        "external_id": "6001",
        "thread": "6001",
        "parent": "5000",
        "is_reply": True,
        "kind": Kind.COMMENT,
        "text": "is the blue one back? 🔵",
        "author": Author("noor.h", "noor.h"),
        "at": datetime(2026, 3, 14, 9, tzinfo=UTC),
        "url": "https://www.threads.net/@noor.h/post/Pp",
        "outbound": False,
    }

    def account(self) -> Account:
        return replace(super().account(), settings={"username": "lamps"})

    def created(self) -> Any:
        return envelope("replies", POST)

    def edited(self) -> Any:
        return None  # Threads reports no edits

    def deleted(self) -> Any:
        return envelope("delete", {"id": "6001", "deleted_at": "2026-03-14T09:30:00+0000"})

    def echoed(self) -> Any:
        return envelope("replies", {**POST, "id": "6002", "username": "lamps", "replied_to": {"id": "6001"}})

    def unknown(self) -> Any:
        return envelope("holograms", {"id": "1"})

    def batch(self, bad: Any) -> Any:
        values = [{"field": "replies", "value": POST}, bad, {"field": "replies", "value": {**POST, "id": "6003"}}]
        return {**envelope("replies", POST), "values": values}

    def reply(self, text: str = QUESTION) -> Reply:
        return Reply(key="k-1", text=text, thread="6001", parent="6001", kind=Kind.COMMENT)

    def expected_post(self) -> Any:
        return {"media_type": "TEXT", "text": QUESTION, "reply_to_id": "6001"}

    def expected_id(self) -> str:
        return "7001"

    def test_silence_after_the_post_is_an_unknown_outcome(self, server: PlatformServer, http: httpx.Client) -> None:
        publisher = SlowPublisher()
        hasty = guard.client(allow=LOOPBACK, timeout=httpx.Timeout(5, read=0.2))
        with hasty, pytest.raises(OutcomeUnknown):
            self.connector.send(self.reply(), self.account_at(publisher), hasty)
        publisher.close()

    def test_silence_after_the_draft_has_published_nothing(self, server: PlatformServer) -> None:
        server.fall_silent(0.5)
        hasty = guard.client(allow=LOOPBACK, timeout=httpx.Timeout(5, read=0.2))
        with hasty, pytest.raises(TryLater):
            self.connector.send(self.reply(), self.account_at(server), hasty)
        assert server.accepted == []

    after_5xx = TryLater  # the first of the two calls, the draft, is the one that fails

    def test_a_mention_stands_alone_and_a_deeper_answer_joins(self) -> None:
        mention = self.one(envelope("mentions", POST))
        deeper = self.one(envelope("replies", {**POST, "id": "6005", "replied_to": {"id": "6001"}}))
        assert (mention.kind, mention.thread) == (Kind.MENTION, "6001")
        assert deeper.thread == "6001"
