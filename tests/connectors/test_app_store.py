from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import httpx
import pytest

from connectors.base import Account, Author, Kind, NotConfigured, Refused, Reply, Verb
from tests.connectors.contract import QUESTION, PollContract, SendContract
from tests.platforms.app_store import ISSUER, KEY_ID, PEM, AppStoreServer
from tests.platforms.server import PlatformServer

START = datetime(2026, 3, 14, 9, tzinfo=UTC)


class TestAppStore(SendContract, PollContract):
    kind = "app_store"
    server_class = poll_server_class = AppStoreServer
    length = 5970
    retry_safe = True
    shelf, spoiled = "reviews", {"id": []}
    poll_expected = {
        "verb": Verb.CREATE,
        "external_id": "rev1",
        "thread": "rev1",
        "kind": Kind.REVIEW,
        "text": "Dim\nlamp 1 💡",
        "author": Author("review:rev1", name="noor_h"),
        "rating": 2,
        "at": START + timedelta(minutes=1),
        "outbound": False,
    }

    def account(self) -> Account:
        settings = {"key_id": KEY_ID, "issuer_id": ISSUER}
        return Account("app_store", external_id="1", secrets={"private_key": (PEM,)}, settings=settings)

    def write(self, platform: Any, number: int) -> None:
        at = (START + timedelta(minutes=number)).astimezone(timezone(timedelta(hours=-7))).isoformat()
        said = {
            "rating": 2,
            "title": "Dim",
            "body": f"lamp {number} 💡",
            "reviewerNickname": "noor_h",
            "createdDate": at,
            "territory": "SVN",
        }
        platform.reviews.append({"type": "customerReviews", "id": f"rev{number}", "attributes": said})

    def rewrite(self, platform: Any) -> str | None:
        platform.reviews[0]["attributes"] |= {"body": "bright now", "rating": 5}
        return "bright now"

    def answer_there(self, platform: Any) -> str | None:
        platform.reviews[0]["relationships"] = {"response": {"data": {"id": "resp1"}}}
        answer = {"responseBody": "Try blue", "lastModifiedDate": "2026-03-14T10:00:00Z"}
        platform.responses.append({"type": "customerReviewResponses", "id": "resp1", "attributes": answer})
        return "Try blue"

    def reply(self, text: str = QUESTION) -> Reply:
        return Reply(key="k-1", text=text, thread="rev1", parent="rev1", kind=Kind.REVIEW)

    def expected_post(self) -> Any:
        review = {"data": {"type": "customerReviews", "id": "rev1"}}
        attributes = {"responseBody": QUESTION}
        data = {"type": "customerReviewResponses", "attributes": attributes, "relationships": {"review": review}}
        return {"data": data}

    def expected_id(self) -> str:
        return "rev1/reply"

    def test_the_platform_sees_a_wrong_token(self, server: PlatformServer, http: httpx.Client) -> None:
        with pytest.raises(NotConfigured, match="private key"):
            self.connector.send(self.reply(), replace(self.account_at(server), secrets={"private_key": ("no",)}), http)
        assert server.requests == []

    def test_the_next_page_is_asked_of_our_own_address(self, platform: Any, client: httpx.Client) -> None:
        self.write(platform, 0)
        _, cursor = self.drain(platform, client, "")
        for number in range(1, 251):
            self.write(platform, number)
        entries, _ = self.drain(platform, client, cursor)
        assert len({entry.external_id for entry in entries} - {"rev0"}) == 250
        assert platform.requests[-1].query["cursor"] == "200"

    def test_a_review_may_have_changed_and_its_answer_is_ours(self, platform: Any, client: httpx.Client) -> None:
        self.write(platform, 1)
        platform.reviews[0]["relationships"] = {"response": {"data": {"id": "resp1"}}}
        answer = {"responseBody": "Try blue", "lastModifiedDate": "2026-03-14T10:00:00Z"}
        platform.responses.append({"type": "customerReviewResponses", "id": "resp1", "attributes": answer})
        page = self.connector.poll(self.account_at(platform), "", client)
        assert [(entry.verb, entry.outbound) for entry in page.entries] == [
            (Verb.CREATE, False),
            (Verb.EDIT, False),
            (Verb.CREATE, True),
        ]
        assert page.remaining == 3499

    def test_a_reply_to_nothing_is_refused(self, server: PlatformServer, http: httpx.Client) -> None:
        with pytest.raises(Refused):
            self.connector.send(replace(self.reply(), thread="", parent=""), self.account_at(server), http)
        assert server.requests == []
