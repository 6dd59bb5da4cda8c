from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from connectors.base import Author, Kind, Media, OutcomeUnknown, Refused, Reply, Verb
from connectors.facebook import DAY, WEEK
from tests.connectors.contract import QUESTION, ParseContract, SendContract
from tests.connectors.meta_contract import MetaContract, change, echo, message, messaging
from tests.platforms.graph import GraphServer, MessagingServer, error

COMMENT = {
    "item": "comment",
    "verb": "add",
    "comment_id": "800_31",
    "post_id": "501_800",
    "parent_id": "501_800",
    "from": {"id": "9009", "name": "Noor Haddad"},
    "message": "La lampe ne marche plus 😕",
    "created_time": 1773478800,
    "post": {"permalink_url": "https://www.facebook.com/lamps/posts/800"},
}


class TestFacebookComments(MetaContract, ParseContract, SendContract):
    kind = "facebook"
    server_class = GraphServer
    length = 8000
    expected = {
        "verb": Verb.CREATE,
        "external_id": "800_31",
        "thread": "800_31",
        "parent": "501_800",
        "is_reply": False,
        "kind": Kind.COMMENT,
        "text": "La lampe ne marche plus 😕",
        "author": Author("9009", name="Noor Haddad"),
        "at": datetime(2026, 3, 14, 9, tzinfo=UTC),
        "url": "https://www.facebook.com/lamps/posts/800",
        "outbound": False,
        "account": "501",
    }

    def created(self) -> Any:
        return change("feed", COMMENT)

    def edited(self) -> Any:
        return change("feed", {**COMMENT, "verb": "edited", "message": "Elle marche", "created_time": 1773478900})

    def deleted(self) -> Any:
        gone = {name: value for name, value in COMMENT.items() if name != "message"}
        return change("feed", {**gone, "verb": "remove", "created_time": 1773478950, "from": {"id": "9009"}})

    def echoed(self) -> Any:
        ours = {"from": {"id": "501", "name": "Lamps"}, "comment_id": "800_32", "parent_id": "800_31"}
        return change("feed", {**COMMENT, **ours})

    def unknown(self) -> Any:
        return change("holograms", {"id": "1"})

    def batch(self, bad: Any) -> Any:
        payload = self.created()
        payload["entry"] += [bad, self.other_comment()["entry"][0]]
        return payload

    def other_comment(self) -> Any:
        return change("feed", {**COMMENT, "comment_id": "800_33"})

    def reply(self, text: str = QUESTION) -> Reply:
        return Reply(key="k-1", text=text, thread="800_31", parent="800_31", kind=Kind.COMMENT)

    def expected_post(self) -> Any:
        return ("800_31/comments", {"message": QUESTION})

    def expected_id(self) -> str:
        return "501_902"

    def test_an_answer_to_a_comment_joins_its_thread(self) -> None:
        entry = self.one(change("feed", {**COMMENT, "comment_id": "800_34", "parent_id": "800_31"}))
        assert (entry.thread, entry.parent, entry.is_reply) == ("800_31", "800_31", True)

    def test_a_visitors_post_and_a_mention_are_mentions(self) -> None:
        post = {**COMMENT, "item": "status", "comment_id": None, "parent_id": None}
        mention = {
            "item": "comment",
            "verb": "add",
            "comment_id": "77_8",
            "post_id": "60_77",
            "sender_id": "4",
            "sender_name": "Ida",
            "message": "ask @Lamps",
            "created_time": 1773478800,
        }
        first, second = self.one(change("feed", post)), self.one(change("mention", mention))
        assert (first.kind, first.external_id) == (Kind.MENTION, "501_800")
        assert (second.kind, second.external_id, second.author) == (Kind.MENTION, "77_8", Author("4", name="Ida"))

    def test_the_pages_own_post_asks_for_nothing(self) -> None:
        post = {**COMMENT, "item": "status", "from": {"id": "501"}}
        assert self.one(change("feed", post)).verb is Verb.IGNORED

    @pytest.mark.parametrize(("said", "stars"), [("POSITIVE", 5), ("negative", 1), ("", None)])
    def test_a_recommendation_is_a_review(self, said: str, stars: int | None) -> None:
        rating = {
            "item": "rating",
            "verb": "add",
            "open_graph_story_id": "61",
            "reviewer_id": "4",
            "reviewer_name": "Ida",
            "recommendation_type": said,
            "review_text": "bright",
            "created_time": 1773478800,
        }
        entry = self.one(change("ratings", rating))
        assert (entry.kind, entry.rating, entry.text, entry.external_id) == (Kind.REVIEW, stars, "bright", "61")
        assert entry.author == Author("4", name="Ida")

    def test_a_reaction_is_set_and_taken_back(self) -> None:
        like = {"item": "reaction", "verb": "add", "reaction_type": "wow", "post_id": "501_800", "from": {"id": "4"}}
        entries = [self.one(change("feed", {**like, "verb": verb})) for verb in ("add", "edit", "remove")]
        assert [entry.reaction for entry in entries] == ["wow", "wow", ""]
        assert {entry.verb for entry in entries} == {Verb.REACTION}

    def test_a_like_of_the_page_and_a_hidden_comment_ask_for_nothing(self) -> None:
        for value in ({"item": "like", "verb": "add"}, {**COMMENT, "verb": "hide"}):
            assert self.one(change("feed", value)).verb is Verb.IGNORED

    def test_pictures_come_along(self) -> None:
        entry = self.one(change("feed", {**COMMENT, "message": None, "photo": "https://cdn.example/p.jpg"}))
        assert (entry.text, entry.media) == ("", (Media("https://cdn.example/p.jpg", "photo"),))

    def test_a_reply_to_nothing_is_refused(self, server: GraphServer, http: httpx.Client) -> None:
        with pytest.raises(Refused):
            self.connector.send(replace(self.reply(), parent=""), self.account_at(server), http)
        assert server.requests == []

    @pytest.mark.parametrize("code", [1, 2])
    def test_an_unexplained_error_may_hide_an_accepted_reply(
        self, server: GraphServer, http: httpx.Client, code: int
    ) -> None:
        server.refuse(error(400, code, "An unknown error occurred", is_transient=True))
        with pytest.raises(OutcomeUnknown):
            self.connector.send(self.reply(), self.account_at(server), http)


class TestMessenger(MetaContract, ParseContract, SendContract):
    kind = "messenger"
    server_class = MessagingServer
    length = 2000
    pause = timedelta(minutes=2)
    expected = {
        "verb": Verb.CREATE,
        "external_id": "m_in1",
        "thread": "9009",
        "kind": Kind.DM,
        "text": "Is it waterproof? ☔",
        "author": Author("9009"),
        "at": datetime(2026, 3, 14, 9, 0, 0, 123000, tzinfo=UTC),
        "outbound": False,
        "account": "501",
    }

    def created(self) -> Any:
        return messaging(message("m_in1", "Is it waterproof? ☔"))

    def edited(self) -> Any:
        edit = {"mid": "m_in1", "text": "Is it rainproof?", "num_edit": 1}
        sender = {"sender": {"id": "9009"}, "recipient": {"id": "501"}, "timestamp": 1773478990123}
        return messaging({**sender, "message_edit": edit})

    def deleted(self) -> Any:
        return None  # Messenger tells nobody of a message that was unsent

    def echoed(self) -> Any:
        return messaging(echo("m_out7", "Yes.", app_id=5, metadata="k-1"))

    def unknown(self) -> Any:
        return messaging({"sender": {"id": "9009"}, "hologram": {}})

    def batch(self, bad: Any) -> Any:
        return messaging(message("m_in1", "Is it waterproof? ☔"), bad, message("m_in2", "Hello?"))

    def reply(self, text: str = QUESTION) -> Reply:
        return Reply(key="k-1", text=text, thread="9009", parent="m_in1", kind=Kind.DM, to="9009")

    def expected_post(self) -> Any:
        said = {"text": QUESTION, "metadata": "k-1"}
        return ("501/messages", {"recipient": {"id": "9009"}, "message": said, "messaging_type": "RESPONSE"})

    def expected_id(self) -> str:
        return "m_OUT1"

    def test_the_echo_brings_our_key_and_names_the_customers_thread(self) -> None:
        entry = self.one(self.echoed())
        assert (entry.client_key, entry.thread, entry.author) == ("k-1", "9009", Author("501", is_us=True))

    def test_the_window_is_a_day_or_with_the_agents_tag_a_week(
        self, server: MessagingServer, http: httpx.Client
    ) -> None:
        tagged = replace(self.account_at(server), settings={"human_agent": "yes", "api_base": server.url})
        assert self.connector.limits(Kind.DM, self.account()).window == DAY
        assert self.connector.limits(Kind.DM, tagged).window == WEEK
        self.connector.send(self.reply(), tagged, http)
        assert server.accepted[0][1]["tag"] == "HUMAN_AGENT"
        assert server.accepted[0][1]["messaging_type"] == "MESSAGE_TAG"

    def test_receipts_reactions_and_buttons(self) -> None:
        head = {"sender": {"id": "9009"}, "recipient": {"id": "501"}, "timestamp": 1773478990123}
        entries = self.read(
            messaging(
                {**head, "delivery": {"mids": ["m_1", "m_2"], "watermark": 1773478990000}},
                {**head, "read": {"watermark": 1773478990000}},
                {**head, "reaction": {"mid": "m_1", "action": "react", "emoji": "❤"}},
                {**head, "reaction": {"mid": "m_1", "action": "unreact"}},
                {**head, "postback": {"mid": "m_3", "title": "Talk to a person", "payload": "AGENT"}},
            )
        )
        assert [entry.verb.value for entry in entries] == [
            "receipt",
            "receipt",
            "ignored",
            "reaction",
            "reaction",
            "create",
        ]
        assert [entry.receipt for entry in entries[:2]] == ["delivered", "delivered"]
        assert [entry.reaction for entry in entries[3:5]] == ["❤", ""]
        assert (entries[5].external_id, entries[5].text) == ("m_3", "Talk to a person")

    def test_a_conversation_that_another_app_holds_is_left_alone(self) -> None:
        payload = {"object": "page", "entry": [{"id": "501", "time": 1, "standby": [message("m_9", "hi")]}]}
        assert self.one(payload).verb is Verb.IGNORED

    def test_several_pages_in_one_delivery_keep_their_ids(self) -> None:
        payload = self.created()
        payload["entry"] += messaging(message("m_5", "hey"), account="502")["entry"]
        assert [entry.account for entry in self.read(payload)] == ["501", "502"]

    def test_files_come_along(self) -> None:
        attachment = {"type": "image", "payload": {"url": "https://cdn.example/i.png"}}
        entry = self.one(messaging(message("m_6", "", attachments=[attachment, None, {"type": "location"}])))
        assert entry.media == (Media("https://cdn.example/i.png", "image"),)
