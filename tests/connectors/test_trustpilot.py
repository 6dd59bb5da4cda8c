from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from connectors.base import Account, Author, Delivery, Kind, NotConfigured, Reply, SignatureError, Verb
from tests.connectors.contract import QUESTION, ParseContract, PollContract, SendContract
from tests.platforms.trustpilot import KEY, SECRET, TrustpilotServer

REVIEW = {
    "id": "rv1",
    "stars": 2,
    "title": "Too dim",
    "text": "Lamp is dim 🌒",
    "language": "en",
    "createdAt": "2026-03-14T09:00:00.000Z",
    "consumer": {"id": "c9", "name": "Noor"},
}


def event(what: str, review: Any) -> dict[str, Any]:
    return {"eventName": f"service-review-{what}", "version": "1", "eventData": review}


class TestTrustpilot(ParseContract, SendContract, PollContract):
    kind = "trustpilot"
    server_class = poll_server_class = TrustpilotServer
    length = 4096
    retry_safe = True
    fetches_token = True
    expected = {
        "verb": Verb.CREATE,
        "external_id": "rv1",
        "thread": "rv1",
        "kind": Kind.REVIEW,
        "text": "Too dim\nLamp is dim 🌒",
        "author": Author("c9", name="Noor"),
        "rating": 2,
        "language": "en",
        "at": datetime(2026, 3, 14, 9, tzinfo=UTC),
        "url": "https://www.trustpilot.com/reviews/rv1",
        "outbound": False,
    }
    shelf, spoiled = "reviews", {"stars": []}
    poll_expected = {"external_id": "rv1001", "rating": 2, "kind": Kind.REVIEW}

    def account(self) -> Account:
        secrets = {"url_token": ("word-1", "word-0"), "api_secret": (SECRET,)}
        return Account("trustpilot", external_id="bu1", secrets=secrets, settings={"api_key": KEY})

    @pytest.mark.parametrize("word", ["word-1", "word-0"])
    def test_the_token_in_the_address_proves_a_delivery(self, word: str) -> None:
        assert self.connector.verify(Delivery(b"{}", query={"token": word}), self.account()) == ""

    @pytest.mark.parametrize("query", [{}, {"token": ""}, {"token": "é"}, {"token": "word-2"}, {"token": "\0"}])
    def test_another_token_is_refused(self, query: dict[str, str]) -> None:
        with pytest.raises(SignatureError):
            self.connector.verify(Delivery(b"{}", query=query), self.account())

    def test_without_a_token_nothing_is_verified(self) -> None:
        with pytest.raises(NotConfigured):
            self.connector.verify(Delivery(b"{}", query={"token": ""}), Account("trustpilot"))

    def test_without_a_login_nothing_is_asked_for(self, platform: TrustpilotServer, client: httpx.Client) -> None:
        page = self.connector.poll(replace(self.account_at(platform), secrets={}), "", client)
        assert (list(page.entries), page.more) == ([], False)
        assert platform.requests == []

    def test_a_review_is_believed_when_trustpilot_knows_it(self, platform: Any, client: httpx.Client) -> None:
        platform.reviews = [{**REVIEW, "stars": 1, "text": "What it says there"}]
        entry = self.connector.complete(self.one(self.created()), self.account_at(platform), client)
        assert (entry.verb, entry.partial, entry.rating) == (Verb.CREATE, False, 1)
        assert entry.text == "Too dim\nWhat it says there"

    @pytest.mark.parametrize("what", ["created", "updated"])
    def test_a_review_that_trustpilot_does_not_know_is_no_review(
        self, platform: Any, client: httpx.Client, what: str
    ) -> None:
        told = self.one({"events": [event(what, REVIEW)]})
        entry = self.connector.complete(told, self.account_at(platform), client)
        assert (entry.verb, entry.reason) == (Verb.BROKEN, "Trustpilot does not know this review")

    def test_a_deletion_is_believed_when_the_review_is_gone(self, platform: Any, client: httpx.Client) -> None:
        told = self.one(self.deleted())
        gone = self.connector.complete(told, self.account_at(platform), client)
        assert (gone.verb, gone.external_id, gone.partial) == (Verb.DELETE, "rv1", False)
        platform.reviews = [REVIEW]
        assert self.connector.complete(told, self.account_at(platform), client).verb is Verb.IGNORED

    def test_without_a_login_the_address_alone_proves_a_review(self) -> None:
        bare = replace(self.account(), secrets={"url_token": ("word-1",)})
        assert self.one(self.created()).partial
        (entry,) = self.connector.parse(self.delivery(self.created()), bare)
        assert not entry.partial

    def test_a_colleagues_answer_in_trustpilot_is_outbound(self, platform: Any, client: httpx.Client) -> None:
        answer = {"text": "Sorry!", "createdAt": "2026-03-14T10:00:00.000Z"}
        platform.reviews = [{**REVIEW, "companyReply": answer}]
        review, _again, reply = self.connector.poll(self.account_at(platform), "", client).entries
        assert (reply.external_id, reply.thread, reply.outbound) == ("rv1/reply", review.thread, True)
        assert (reply.text, reply.at) == ("Sorry!", datetime(2026, 3, 14, 10, tzinfo=UTC))

    def created(self) -> Any:
        return {"events": [event("created", REVIEW)]}

    def test_text_that_cannot_be_stored_is_mended(self) -> None:
        entry = self.one(
            b'{"events":[{"eventName":"service-review-created","eventData":{"id":"1","text":"a\\u0000\\ud83d"}}]}'
        )
        assert entry.text == "a\N{REPLACEMENT CHARACTER}"

    def edited(self) -> Any:
        return {"events": [event("updated", {**REVIEW, "text": "ok", "updatedAt": "2026-03-15T09:00:00.000Z"})]}

    def deleted(self) -> Any:
        return {"events": [event("deleted", REVIEW)]}

    def echoed(self) -> Any:
        return None  # replies are not among the events

    def unknown(self) -> Any:
        return {"events": [{"eventName": "hologram-created", "eventData": {}}]}

    def batch(self, bad: Any) -> Any:
        return {"events": [event("created", REVIEW), bad, event("created", {**REVIEW, "id": "rv2"})]}

    def rewrite(self, platform: Any) -> str | None:
        platform.reviews[0] |= {"text": "bright now", "updatedAt": "2026-03-20T09:00:00.000Z"}
        return "bright now"

    def answer_there(self, platform: Any) -> str | None:
        platform.reviews[0]["companyReply"] = {"text": "Try blue", "createdAt": "2026-03-20T10:00:00.000Z"}
        return "Try blue"

    def reply(self, text: str = QUESTION) -> Reply:
        return Reply(key="k-1", text=text, thread="rv1", parent="rv1", kind=Kind.REVIEW)

    def expected_post(self) -> Any:
        return ("/v1/private/reviews/rv1/reply", {"message": QUESTION})

    def expected_id(self) -> str:
        return "rv1/reply"

    def write(self, platform: Any, number: int) -> None:
        at = datetime(2026, 3, 14, 9, tzinfo=UTC) + timedelta(minutes=number)
        platform.reviews.append({**REVIEW, "id": f"rv{1000 + number}", "createdAt": at.isoformat()})
