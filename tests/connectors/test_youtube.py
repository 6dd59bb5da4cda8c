"""YouTube: comments, and the answers that a thread does not show."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx

from connectors.base import Account, Author, Kind, Reply, Verb
from tests.connectors.contract import QUESTION
from tests.connectors.test_google import START, GoogleContract, at
from tests.platforms.google import YouTubeServer


class TestYouTube(GoogleContract):
    kind = "youtube"
    server_class = poll_server_class = YouTubeServer
    length = 10_000
    spoiled = {"id": []}
    poll_expected = {
        "verb": Verb.CREATE,
        "external_id": "Ug1",
        "thread": "Ug1",
        "is_reply": False,
        "kind": Kind.COMMENT,
        "text": "lamp 1 <333",
        "author": Author("UCnoor", "@noor"),
        "at": START + timedelta(minutes=1),
        "url": "https://www.youtube.com/watch?v=vid7&lc=Ug1",
        "outbound": False,
    }

    def account(self) -> Account:
        return self.person("youtube", "UClamps")

    def comment(self, name: str, number: int, **said: Any) -> dict[str, Any]:
        snippet = {
            "textDisplay": f"lamp {number} <333",
            "authorDisplayName": "@noor",
            "authorChannelId": {"value": "UCnoor"},
            "videoId": "vid7",
            "publishedAt": at(number),
            "updatedAt": at(number),
            **said,
        }
        return {"id": name, "snippet": snippet}

    def write(self, platform: Any, number: int, replies: Any = None, **said: Any) -> None:
        top = self.comment(f"Ug{number}", number, **said)
        thread = {"id": f"Ug{number}", "snippet": {"topLevelComment": top}}
        platform.written.append({**thread, **({"replies": {"comments": replies}} if replies else {})})

    def rewrite(self, platform: Any) -> str | None:
        said = platform.written[0]["snippet"]["topLevelComment"]["snippet"]
        said.update(textDisplay="never mind", updatedAt=at(90))
        return "never mind"

    def answer_there(self, platform: Any) -> str | None:
        words = {"textDisplay": "Try blue", "authorChannelId": {"value": "UClamps"}}
        ours = self.comment("Ug1.b", 90, parentId="Ug1", **words)
        platform.written[0]["replies"] = {"comments": [ours]}
        return "Try blue"

    def test_answers_that_a_thread_does_not_show_are_asked_for(self, platform: Any, client: httpx.Client) -> None:
        answers = [self.comment(f"Ug1.{number}", number, parentId="Ug1") for number in range(2, 132)]
        self.write(platform, 1, replies=answers[:5])
        platform.written[0]["snippet"]["totalReplyCount"] = len(answers)
        platform.threads["Ug1"] = answers
        entries, _ = self.drain(platform, client, "")
        assert [entry.external_id for entry in entries] == ["Ug1", *(each["id"] for each in answers)]

    def test_a_thread_that_is_closed_meanwhile_gives_what_it_showed(self, platform: Any, client: httpx.Client) -> None:
        self.write(platform, 1, replies=[self.comment("Ug1.a", 2, parentId="Ug1")])
        platform.written[0]["snippet"]["totalReplyCount"] = 9
        entries, _ = self.drain(platform, client, "")
        assert [entry.external_id for entry in entries] == ["Ug1", "Ug1.a"]

    def reply(self, text: str = QUESTION) -> Reply:
        return Reply(key="k-1", text=text, thread="Ug1", parent="Ug1.a", kind=Kind.COMMENT)

    def expected_post(self) -> Any:
        return {"snippet": {"parentId": "Ug1", "textOriginal": QUESTION}}

    def expected_id(self) -> str:
        return "Ugthread.reply1"

    def test_answers_join_and_ours_are_outbound(self, platform: Any, client: httpx.Client) -> None:
        ours = self.comment("Ug1.b", 2, parentId="Ug1", authorChannelId={"value": "UClamps"})
        self.write(platform, 1, replies=[self.comment("Ug1.a", 2, parentId="Ug1"), ours])
        entries, _ = self.drain(platform, client, "")
        assert [(entry.thread, entry.is_reply, entry.outbound) for entry in entries] == [
            ("Ug1", False, False),
            ("Ug1", True, False),
            ("Ug1", True, True),
        ]

    def test_an_edited_comment_comes_as_new_and_as_changed(self, platform: Any, client: httpx.Client) -> None:
        self.write(platform, 1, updatedAt=at(9))
        page = self.connector.poll(self.account_at(platform), "", client)
        assert [entry.verb for entry in page.entries] == [Verb.CREATE, Verb.EDIT]
