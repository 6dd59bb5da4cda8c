from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from connectors import guard
from connectors.base import Account, Author, Kind, Media, OutcomeUnknown, Refused, Reply, TooLong, TryLater, Verb
from connectors.bluesky import record_key
from connectors.platform import once
from tests.connectors.contract import LOOPBACK, QUESTION, PollContract, SendContract
from tests.platforms.bluesky import DID, IDENTIFIER, PARENT, PASSWORD, BlueskyServer
from tests.platforms.server import Response

START = datetime(2026, 3, 14, 9, tzinfo=UTC)


class SlowToPut(BlueskyServer):
    def put(self, body: dict[str, Any]) -> Response:
        self.silence = 0.5
        return super().put(body)


class TestBluesky(SendContract, PollContract):
    kind = "bluesky"
    server_class = poll_server_class = BlueskyServer
    length, unit = 300, "graphemes"
    retry_safe = True
    fetches_token = True
    shelf, spoiled = "notifications", {"author": {"did": []}}
    poll_expected = {
        "verb": Verb.CREATE,
        "external_id": "at://did:plc:noor/app.bsky.feed.post/3k1",
        "thread": "at://did:plc:noor/app.bsky.feed.post/3k1|did:plc:noor",
        "kind": Kind.MENTION,
        "text": "@lamps.example number 1 💡",
        "author": Author("did:plc:noor", "noor.example", "Noor"),
        "at": START + timedelta(minutes=1),
        "url": "https://bsky.app/profile/did:plc:noor/post/3k1",
        "language": "en",
        "media": (Media("https://cdn.bsky.app/img/feed_fullsize/plain/did:plc:noor/bafyimg@jpeg", "image/jpeg"),),
        "outbound": False,
    }

    def account(self) -> Account:
        settings = {"identifier": IDENTIFIER}
        return Account("bluesky", external_id=DID, secrets={"app_password": (PASSWORD,)}, settings=settings)

    def write(self, platform: Any, number: int, reason: str = "mention", **record: Any) -> None:
        images = [{"image": {"ref": {"$link": "bafyimg"}}}]
        said = {"text": f"@lamps.example number {number} 💡", "langs": ["en"], "embed": {"images": images}, **record}
        at = (START + timedelta(minutes=number)).isoformat().replace("+00:00", ".000Z")
        platform.notifications.append(
            {
                "uri": f"at://did:plc:noor/app.bsky.feed.post/3k{number}",
                "cid": "bafy",
                "author": {"did": "did:plc:noor", "handle": "noor.example", "displayName": "Noor"},
                "reason": reason,
                "record": said,
                "indexedAt": at,
            }
        )

    def rewrite(self, platform: Any) -> str | None:
        return None  # posts cannot be edited

    def answer_there(self, platform: Any) -> str | None:
        return None  # what we write notifies us of nothing

    def reply(self, text: str = QUESTION) -> Reply:
        uri = str(PARENT["uri"])
        return Reply(key="k-1", text=text, thread=f"{uri}|did:plc:noor", parent=uri, kind=Kind.MENTION)

    def expected_post(self) -> Any:
        root = PARENT["value"]["reply"]["root"]  # type: ignore[index]
        parent = {"uri": PARENT["uri"], "cid": PARENT["cid"]}
        reply = {"root": root, "parent": parent}
        return {"$type": "app.bsky.feed.post", "text": QUESTION, "createdAt": "", "reply": reply, "repo": IDENTIFIER}

    def expected_id(self) -> str:
        return f"at://{DID}/app.bsky.feed.post/{record_key(once(self.reply()))}"

    after_5xx = TryLater  # what is answered is asked for first

    def warm_up(self, server: Any, http: httpx.Client) -> None:
        """Nothing: the key of a warm-up would be that of the reply."""

    def test_silence_after_the_post_is_an_unknown_outcome(self, server: Any, http: httpx.Client) -> None:
        slow = SlowToPut()
        hasty = guard.client(allow=LOOPBACK, timeout=httpx.Timeout(5, read=0.2))
        with hasty, pytest.raises(OutcomeUnknown):
            self.connector.send(self.reply(), self.account_at(slow), hasty)
        assert len(slow.accepted) == 1
        slow.close()

    def test_without_calls_left_the_next_poll_waits(self, platform: BlueskyServer, client: httpx.Client) -> None:
        assert self.connector.poll(self.account_at(platform), "", client).wait is None
        platform.budget["ratelimit-remaining"] = "0"
        page = self.connector.poll(self.account_at(platform), "", client)
        assert page.remaining == 0
        assert timedelta(seconds=30) < page.wait <= timedelta(seconds=40)

    def test_a_key_makes_one_valid_record_key(self) -> None:
        keys = {record_key(f"k-{number}") for number in range(500)}
        assert len(keys) == 500
        assert record_key("k-1") == record_key("k-1")
        assert all(len(key) == 13 and key[0] in "234567abcdefghij" for key in keys)

    def test_an_answer_names_its_conversation(self, platform: Any, client: httpx.Client) -> None:
        root, parent = {"uri": "at://r", "cid": "1"}, {"uri": "at://p", "cid": "2"}
        self.write(platform, 1, reason="reply", reply={"root": root, "parent": parent})
        (entry,), _ = self.drain(platform, client, "")
        assert (entry.kind, entry.thread, entry.parent) == (Kind.COMMENT, "at://r|did:plc:noor", "at://p")

    def test_a_like_asks_for_nothing(self, platform: Any, client: httpx.Client) -> None:
        self.write(platform, 1, reason="like")
        (entry,), _ = self.drain(platform, client, "")
        assert entry.verb is Verb.IGNORED

    def test_a_session_is_kept_and_renewed_when_it_ends(self, platform: Any, client: httpx.Client) -> None:
        for _ in range(3):
            self.drain(platform, client, "")
        assert platform.sessions == 1
        platform.refuse("expired")
        with pytest.raises(TryLater):
            self.drain(platform, client, "")
        platform.recover()
        self.drain(platform, client, "")
        assert platform.sessions == 2

    def test_links_are_marked_in_bytes(self, server: BlueskyServer, http: httpx.Client) -> None:
        self.connector.send(self.reply("💡 see https://lamps.example/7."), self.account_at(server), http)
        (record,) = server.records.values()
        assert record["facets"][0]["index"] == {"byteStart": 9, "byteEnd": 32}
        assert record["facets"][0]["features"][0]["uri"] == "https://lamps.example/7"

    def test_many_bytes_in_few_characters_are_too_long(self, server: BlueskyServer, http: httpx.Client) -> None:
        with pytest.raises(TooLong, match="bytes"):
            self.connector.send(self.reply("👨‍👩‍👧‍👦" * 200), self.account_at(server), http)
        assert server.requests == []

    @pytest.mark.parametrize("parent", ["", "https://bsky.app/x", "at://did/only"])
    def test_a_reply_to_nothing_is_refused(self, server: BlueskyServer, http: httpx.Client, parent: str) -> None:
        with pytest.raises(Refused):
            self.connector.send(replace(self.reply(), parent=parent), self.account_at(server), http)
        assert server.accepted == []
