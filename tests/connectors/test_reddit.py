from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from connectors.base import Account, Author, Kind, OutcomeUnknown, Reply, TryLater, Verb
from tests.connectors.contract import QUESTION, PollContract, SendContract
from tests.platforms.reddit import CLIENT, REFRESH, SECRET, RedditServer
from tests.platforms.server import PlatformServer, Response

START = 1773478800.0


class TestReddit(SendContract, PollContract):
    kind = "reddit"
    server_class = poll_server_class = RedditServer
    length = 10_000
    fetches_token = True
    poll_pause = timedelta(seconds=60)  # asking for the token is what is refused, and the answer names no time
    shelf, spoiled = "inbox", {"data": {"name": "t1_x", "body": [], "created_utc": START}}
    poll_expected = {
        "verb": Verb.CREATE,
        "external_id": "t1_c1",
        "thread": "p7:noor",
        "parent": "t1_up",
        "kind": Kind.MENTION,
        "text": "u/lamps number 1 💡",
        "author": Author("noor", "noor", aliases=("t2_9",)),
        "at": datetime(2026, 3, 14, 9, 1, tzinfo=UTC),
        "url": "https://www.reddit.com/r/lamps/comments/p7/title/c1/?context=3",
        "outbound": False,
    }

    def account(self) -> Account:
        secrets = {"client_secret": (SECRET,), "refresh_token": (REFRESH,)}
        return Account("reddit", secrets=secrets, settings={"client_id": CLIENT, "username": "Lamps"})

    def account_at(self, server: PlatformServer) -> Account:
        account = super().account_at(server)
        settings = {**account.settings, "login_base": server.url}
        return Account(account.kind, secrets=account.secrets, settings=settings)

    def write(self, platform: Any, number: int, kind: str = "t1", **data: Any) -> None:
        said = {
            "name": f"t1_c{number}",
            "author": "noor",
            "author_fullname": "t2_9",
            "body": f"u/lamps number {number} 💡",
            "type": "username_mention",
            "parent_id": "t1_up",
            "context": f"/r/lamps/comments/p7/title/c{number}/?context=3",
            "created_utc": START + 60 * number,
            **data,
        }
        platform.inbox.append({"kind": kind, "data": said})

    def rewrite(self, platform: Any) -> str | None:
        return None  # the inbox shows what came, not what became of it

    def answer_there(self, platform: Any) -> str | None:
        return None  # the inbox holds what others write

    def reply(self, text: str = QUESTION) -> Reply:
        return Reply(key="k-1", text=text, thread="p7:noor", parent="t1_c1", kind=Kind.MENTION)

    def expected_post(self) -> Any:
        return {"thing_id": "t1_c1", "text": QUESTION, "api_type": "json"}

    def expected_id(self) -> str:
        return "t1_out"

    def test_a_rate_limit_says_when_to_come_back(self, server: PlatformServer, http: httpx.Client) -> None:
        self.warm_up(server, http)
        super().test_a_rate_limit_says_when_to_come_back(server, http)

    def test_a_refusal_is_for_good(self, server: PlatformServer, http: httpx.Client) -> None:
        self.warm_up(server, http)
        super().test_a_refusal_is_for_good(server, http)

    def test_a_rate_limit_stops_the_poll_for_as_long_as_asked(self, platform: Any, client: httpx.Client) -> None:
        self.drain(platform, client, "")
        platform.refuse("busy")
        with pytest.raises(TryLater) as raised:
            self.drain(platform, client, "")
        assert raised.value.after == timedelta(seconds=17)

    def entry(self, platform: Any, client: httpx.Client, **data: Any) -> Any:
        self.write(platform, 1, **data)
        (entry,), _ = self.drain(platform, client, "")
        return entry

    def test_a_private_message_is_one_conversation(self, platform: Any, client: httpx.Client) -> None:
        entry = self.entry(platform, client, kind="t4", name="t4_2", first_message_name="t4_1", subject="re: lamp")
        assert (entry.kind, entry.thread, entry.subject) == (Kind.DM, "t4_1", "re: lamp")

    def test_what_was_deleted_is_a_deletion(self, platform: Any, client: httpx.Client) -> None:
        entry = self.entry(platform, client, author=None, body="[deleted]")
        assert (entry.verb, entry.external_id) == (Verb.DELETE, "t1_c1")

    def test_a_thing_of_another_kind_asks_for_nothing(self, platform: Any, client: httpx.Client) -> None:
        self.write(platform, 1, kind="t3")
        (entry,), _ = self.drain(platform, client, "")
        assert (entry.verb, entry.reason) == (Verb.IGNORED, "a thing of kind t3")

    def test_our_own_words_are_outbound(self, platform: Any, client: httpx.Client) -> None:
        assert self.entry(platform, client, author="lamps").outbound

    @pytest.mark.parametrize("body", [b"<h1>Our CDN was unable", {}, {"json": None}])
    def test_what_is_neither_yes_nor_no_is_an_unknown_outcome(
        self, server: RedditServer, http: httpx.Client, body: Any
    ) -> None:
        self.warm_up(server, http)
        server.refuse(Response(200, body))
        with pytest.raises(OutcomeUnknown):
            self.connector.send(self.reply(), self.account_at(server), http)
        assert server.accepted == []

    def test_a_pause_in_minutes_is_understood(self, server: RedditServer, http: httpx.Client) -> None:
        from tests.platforms.reddit import errors

        self.warm_up(server, http)
        server.refuse(errors("RATELIMIT", "Take a break for 9 minutes before trying again.", "ratelimit"))
        with pytest.raises(TryLater) as raised:
            self.connector.send(self.reply(), self.account_at(server), http)
        assert raised.value.after == timedelta(minutes=9)
