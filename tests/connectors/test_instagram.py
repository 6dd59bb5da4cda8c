from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from connectors.base import Author, Entry, Kind, Media, Refused, Reply, Verb
from tests.connectors.contract import QUESTION, ParseContract, SendContract
from tests.connectors.meta_contract import MetaContract, change, echo, message, messaging
from tests.platforms.graph import GraphServer, MessagingServer

COMMENT = {
    "id": "1790001",
    "from": {"id": "9009", "username": "noor.h"},
    "text": "do you ship to Malta? 🇲🇹",
    "media": {"id": "1780007", "media_product_type": "FEED"},
}


def comment(value: Any) -> dict[str, Any]:
    return change("comments", value, kind="instagram")


class TestInstagramComments(MetaContract, ParseContract, SendContract):
    kind = "instagram"
    server_class = GraphServer
    length = 2200
    expected = {
        "verb": Verb.CREATE,
        "external_id": "1790001",
        "thread": "1790001",
        "parent": "1780007",
        "is_reply": False,
        "kind": Kind.COMMENT,
        "text": "do you ship to Malta? 🇲🇹",
        "author": Author("9009", "noor.h"),
        "at": datetime(2026, 3, 14, 9, tzinfo=UTC),
        "outbound": False,
    }

    def created(self) -> Any:
        return comment(COMMENT)

    def edited(self) -> Any:
        return None  # Instagram reports no edits

    def deleted(self) -> Any:
        return None  # nor deletions

    def echoed(self) -> Any:
        return comment({**COMMENT, "id": "1790002", "parent_id": "1790001", "from": {"id": "501", "username": "lamps"}})

    def unknown(self) -> Any:
        return change("story_insights", {"reach": 1}, kind="instagram")

    def batch(self, bad: Any) -> Any:
        payload = comment(COMMENT)
        payload["entry"][0]["changes"] += [bad, comment({**COMMENT, "id": "1790003"})["entry"][0]["changes"][0]]
        return payload

    def reply(self, text: str = QUESTION) -> Reply:
        return Reply(key="k-1", text=text, thread="1790001", parent="1790001", kind=Kind.COMMENT)

    def expected_post(self) -> Any:
        return ("1790001/replies", {"message": QUESTION})

    def expected_id(self) -> str:
        return "501_902"

    def test_both_envelopes_say_the_same(self) -> None:
        entry = {"id": "501", "time": 1773478800, "field": "comments", "value": COMMENT}
        flat = {"object": "instagram", "entry": [entry]}
        assert self.one(flat) == self.one(self.created())

    def test_an_answer_joins_the_thread_of_its_comment(self) -> None:
        entry = self.one(comment({**COMMENT, "id": "1790009", "parent_id": "1790001"}))
        assert (entry.thread, entry.parent, entry.is_reply) == ("1790001", "1790001", True)

    def test_of_a_mention_only_ids_come(self) -> None:
        entry = self.mention(media_id="18", comment_id="19")
        assert (entry.verb, entry.kind, entry.external_id, entry.text) == (Verb.CREATE, Kind.MENTION, "19", "")
        assert (entry.thread, entry.parent, entry.partial) == ("18:19", "18", True)
        assert entry.reason == "Instagram tells of a mention without its words."
        assert self.mention(media_id="18").thread == self.mention(media_id="18").external_id == "18"

    def test_the_words_of_a_mention_are_asked_for(self, server: Any, http: httpx.Client) -> None:
        said = {"id": "19", "text": "ask @lamps", "timestamp": "2026-03-14T08:00:00+0000", "username": "noor.h"}
        server.mentions = {"19": said}
        entry = self.connector.complete(self.mention(media_id="18", comment_id="19"), self.account_at(server), http)
        assert (entry.text, entry.author, entry.partial, entry.reason) == (
            "ask @lamps",
            Author("noor.h", "noor.h"),
            False,
            "",
        )
        assert entry.at == datetime(2026, 3, 14, 8, tzinfo=UTC)
        assert server.requests[0].path == "/v24.0/501"

    def test_the_caption_and_picture_of_a_mention_are_asked_for(self, server: Any, http: httpx.Client) -> None:
        picture = {"media_type": "IMAGE", "media_url": "https://cdn.example/p.jpg"}
        server.mentions = {"18": {"caption": "my @lamps", "permalink": "https://www.instagram.com/p/x/", **picture}}
        entry = self.connector.complete(self.mention(media_id="18"), self.account_at(server), http)
        assert (entry.text, entry.url) == ("my @lamps", "https://www.instagram.com/p/x/")
        assert entry.media == (Media("https://cdn.example/p.jpg", "IMAGE"),)

    @pytest.mark.parametrize("odd", [{"text": []}, {"timestamp": "soon"}, {"username": {}}, {"media_url": 1.5}])
    def test_a_mention_that_cannot_be_read_is_refused(self, server: Any, http: httpx.Client, odd: Any) -> None:
        server.mentions = {"18": odd}
        with pytest.raises(Refused):
            self.connector.complete(self.mention(media_id="18"), self.account_at(server), http)

    @pytest.mark.parametrize(("thread", "more"), [("18:19", {"comment_id": "19"}), ("18", {})])
    def test_a_mention_is_answered_by_its_own_edge(
        self, server: Any, http: httpx.Client, thread: str, more: dict[str, str]
    ) -> None:
        reply = Reply(key="k-2", text=QUESTION, thread=thread, parent=thread.rpartition(":")[2], kind=Kind.MENTION)
        self.connector.send(reply, self.account_at(server), http)
        assert server.accepted == [("501/mentions", {"media_id": "18", "message": QUESTION, **more})]

    def mention(self, **ids: str) -> Entry:
        return self.one(change("mentions", ids, kind="instagram"))


class TestInstagramMessages(MetaContract, ParseContract, SendContract):
    kind = "instagram"
    server_class = MessagingServer
    length, unit = 1000, "bytes"
    pause = timedelta(minutes=2)
    expected = {
        "verb": Verb.CREATE,
        "external_id": "ig_1",
        "thread": "9009",
        "kind": Kind.DM,
        "text": "which bulb fits? 💡",
        "author": Author("9009"),
        "at": datetime(2026, 3, 14, 9, 0, 0, 123000, tzinfo=UTC),
        "outbound": False,
    }

    def created(self) -> Any:
        return messaging(message("ig_1", "which bulb fits? 💡"), kind="instagram")

    def edited(self) -> Any:
        head = {"sender": {"id": "9009"}, "recipient": {"id": "501"}, "timestamp": 1773478990123}
        return messaging({**head, "message_edit": {"mid": "ig_1", "text": "which bulb?", "num_edit": 1}})

    def deleted(self) -> Any:
        gone = message("ig_1", "", is_deleted=True)
        return messaging({**gone, "timestamp": 1773478995123})

    def echoed(self) -> Any:
        return messaging(echo("ig_out", "the small one"), kind="instagram")

    def unknown(self) -> Any:
        return messaging({"sender": {"id": "9009"}, "hologram": {}})

    def batch(self, bad: Any) -> Any:
        return messaging(message("ig_1", "which bulb fits? 💡"), bad, message("ig_2", "hm"), kind="instagram")

    def reply(self, text: str = QUESTION) -> Reply:
        return Reply(key="k-1", text=text, thread="9009", parent="ig_1", kind=Kind.DM, to="9009")

    def expected_post(self) -> Any:
        said = {"text": QUESTION}
        return ("me/messages", {"recipient": {"id": "9009"}, "message": said, "messaging_type": "RESPONSE"})

    def expected_id(self) -> str:
        return "m_OUT1"

    @pytest.mark.parametrize("stamp", [1773478800, 1773478800000, "2026-03-14T09:00:00+0000"])
    def test_all_three_forms_of_time_are_understood(self, stamp: Any) -> None:
        entry = self.one(messaging({**message("ig_3", "x"), "timestamp": stamp}))
        assert entry.at == datetime(2026, 3, 14, 9, tzinfo=UTC)

    def test_stories_and_what_the_platform_keeps_to_itself(self) -> None:
        story = message("ig_4", "nice", reply_to={"story": {"id": "5", "url": "https://cdn.example/s.jpg"}})
        shared = message(
            "ig_5", "", attachments=[{"type": "story_mention", "payload": {"url": "https://cdn.example/m"}}]
        )
        hidden = message("ig_6", "", is_unsupported=True)
        first, second, third = self.read(messaging(story, shared, hidden, kind="instagram"))
        assert (first.is_reply, first.parent) == (True, "")
        assert second.media == (Media("https://cdn.example/m", "story_mention"),)
        assert (third.verb, bool(third.reason)) == (Verb.CREATE, True)
