from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from connectors import guard
from connectors.base import (
    Account,
    Author,
    Delivery,
    Kind,
    Media,
    OutcomeUnknown,
    Refused,
    Reply,
    SignatureError,
    TooLong,
    TryLater,
    Verb,
)
from tests.connectors.contract import LOOPBACK, QUESTION, PollContract, SendContract
from tests.platforms.mastodon import TOKEN, MastodonServer
from tests.platforms.server import Request, Response

STATUS = {
    "id": "1101",
    "created_at": "2026-03-14T09:00:00.000Z",
    "visibility": "public",
    "content": '<p><span class="h-card">@<a href="https://l.example">lamps</a></span> is it &lt;on&gt;?<br>💡</p>',
    "url": "https://people.example/@noor/1101",
    "language": "en",
    "account": {"id": "9009", "acct": "noor@people.example", "display_name": "Noor", "followers_count": 4},
    "media_attachments": [{"type": "image", "url": "https://people.example/a.png"}, {"type": "image", "url": None}],
}


class SlowToPost(MastodonServer):
    def posted(self, request: Request) -> Response:
        self.silence = 0.5
        return super().posted(request)


class TestMastodon(SendContract, PollContract):
    kind = "mastodon"
    server_class = poll_server_class = MastodonServer
    length, unit = 500, "graphemes"
    retry_safe = True
    after_5xx = TryLater  # what is answered is asked for first
    shelf, spoiled = "notifications", {"status": {"id": []}}
    poll_expected = {
        "verb": Verb.CREATE,
        "external_id": "1001",
        "thread": "1001:9009",
        "kind": Kind.MENTION,
        "text": "@lamps is it <on>?\n💡",
        "author": Author("9009", "noor@people.example", "Noor", followers=4),
        "at": datetime(2026, 3, 14, 9, tzinfo=UTC),
        "url": "https://people.example/@noor/1101",
        "language": "en",
        "media": (Media("https://people.example/a.png", "image"),),
        "outbound": False,
    }

    def account(self) -> Account:
        return Account("mastodon", external_id="501", secrets={"access_token": (TOKEN,)}, settings={"api_base": "x"})

    def write(self, platform: Any, number: int, kind: str = "mention", **status: Any) -> None:
        name = str(1000 + number)
        said = {**STATUS, "id": name, **status}
        platform.notifications.append({"id": name, "type": kind, "status": said})

    def rewrite(self, platform: Any) -> str | None:
        said = {"content": "<p>never mind</p>", "edited_at": "2026-03-14T09:30:00.000Z"}
        status = {**platform.notifications[0]["status"], **said}
        platform.notifications.append({"id": "1099", "type": "update", "status": status})
        return "never mind"

    def answer_there(self, platform: Any) -> str | None:
        return None  # what we write notifies us of nothing

    def reply(self, text: str = QUESTION) -> Reply:
        handle = "noor@people.example"
        return Reply(key="k-1", text=text, thread="1101:9009", parent="1101", kind=Kind.MENTION, to_handle=handle)

    def overhead(self) -> int:
        return len("@noor@people.example ")

    def expected_post(self) -> Any:
        text = f"@noor@people.example {QUESTION}"
        return {"status": text, "in_reply_to_id": "1101", "visibility": "unlisted"}

    def expected_id(self) -> str:
        return "9100"

    def entry(self, platform: Any, client: httpx.Client, **status: Any) -> Any:
        self.write(platform, 1, **status)
        (entry,), _ = self.drain(platform, client, "")
        return entry

    def test_a_server_that_names_by_letters_is_read_on_from_its_newest(
        self, platform: Any, client: httpx.Client
    ) -> None:
        cursor = ""
        for names in (["01HX8A", "01HX8B"], ["01HX9Z"]):
            found = [{"id": name, "type": "mention", "status": {**STATUS, "id": name}} for name in reversed(names)]
            platform.refuse(Response(200, found))
            page = self.connector.poll(self.account_at(platform), cursor, client)
            assert page.cursor == names[-1]
            cursor = page.cursor
        platform.refuse(Response(200, []))
        assert self.connector.poll(self.account_at(platform), cursor, client).cursor == "01HX9Z"
        assert [request.query.get("min_id") for request in platform.requests] == [None, "01HX8B", "01HX9Z"]

    def test_it_takes_no_deliveries(self) -> None:
        with pytest.raises(SignatureError):
            self.connector.verify(Delivery(b"{}"), self.account())

    def test_a_direct_post_is_a_private_message(self, platform: Any, client: httpx.Client) -> None:
        entry = self.entry(platform, client, visibility="direct", in_reply_to_id="7")
        assert (entry.kind, entry.thread, entry.parent) == (Kind.DM, "direct:9009", "7")

    def test_an_edited_post_comes_as_new_and_as_changed(self, platform: Any, client: httpx.Client) -> None:
        self.write(platform, 1, kind="update", edited_at="2026-03-14T09:30:00.000Z")
        page = self.connector.poll(self.account_at(platform), "", client)
        assert [entry.verb for entry in page.entries] == [Verb.CREATE, Verb.EDIT]
        assert {entry.external_id for entry in page.entries} == {"1001"}
        assert page.entries[1].version > page.entries[0].version

    def test_a_warning_is_part_of_the_text(self, platform: Any, client: httpx.Client) -> None:
        assert self.entry(platform, client, spoiler_text="rant").text == "rant\n\n@lamps is it <on>?\n💡"

    def test_other_notifications_ask_for_nothing(self, platform: Any, client: httpx.Client) -> None:
        self.write(platform, 1, kind="follow")
        (entry,), _ = self.drain(platform, client, "")
        assert entry.verb is Verb.IGNORED

    def test_a_handle_that_is_there_is_not_added_again(self, server: MastodonServer, http: httpx.Client) -> None:
        self.connector.send(self.reply("Hi @Noor@People.example!"), self.account_at(server), http)
        assert server.accepted[0]["status"] == "Hi @Noor@People.example!"

    def test_a_post_that_is_gone_is_not_answered(self, server: MastodonServer, http: httpx.Client) -> None:
        with pytest.raises(Refused):
            self.connector.send(replace(self.reply(), parent="404"), self.account_at(server), http)
        assert server.accepted == []

    def test_a_server_may_take_longer_texts(self, server: MastodonServer, http: httpx.Client) -> None:
        account = self.account_at(server)
        longer = replace(account, settings={**account.settings, "max_characters": "5000"})
        self.connector.send(self.reply("a" * 4000), longer, http)
        with pytest.raises(TooLong):
            self.connector.send(self.reply("a" * 5000), longer, http)
        assert len(server.accepted) == 1

    def test_silence_after_the_post_is_an_unknown_outcome(self, server: Any, http: httpx.Client) -> None:
        slow = SlowToPost()
        hasty = guard.client(allow=LOOPBACK, timeout=httpx.Timeout(5, read=0.2))
        with hasty, pytest.raises(OutcomeUnknown):
            self.connector.send(self.reply(), self.account_at(slow), hasty)
        assert len(slow.accepted) == 1
        slow.close()
