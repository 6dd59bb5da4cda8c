from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from oauthlib.oauth1 import Client  # type: ignore[import-untyped]
from oauthlib.oauth1.rfc5849 import signature as rfc5849  # type: ignore[import-untyped]

from connectors.base import Account, Author, Delivery, Kind, Media, Refused, Reply, Verb
from connectors.oauth import oauth1_signature
from connectors.signing import based
from connectors.x import signature
from tests.connectors.contract import NOW, QUESTION, ParseContract, PollContract, SendContract, VerifyContract
from tests.platforms.x import CONSUMER, USER, XServer

POST = {
    "id": "7007",
    "conversation_id": "7007",
    "author_id": "9009",
    "text": "@lamps 1 &lt; 2 lamps &amp; no light 🌑",
    "created_at": "2026-03-14T09:00:00.000Z",
    "edit_history_tweet_ids": ["7007"],
    "lang": "en",
}
USERS = [
    {"id": "9009", "username": "noor", "name": "Noor", "public_metrics": {"followers_count": 12}, "verified": True}
]


def event(kind: str, payload: Any, **more: Any) -> dict[str, Any]:
    inner = {"event_uuid": "ab-1", "filter": {"user_id": "501"}, "event_type": kind, "payload": payload}
    return {"data": {**inner, "includes": {"users": USERS}, **more}}


def direct(sender: str = "9009", to: str = "501") -> dict[str, Any]:
    return {
        "type": "message_create",
        "id": "8008",
        "created_timestamp": "1773478800000",
        "message_create": {"target": {"recipient_id": to}, "sender_id": sender, "message_data": {"text": "hi 👋"}},
    }


class TestX(VerifyContract, ParseContract, SendContract, PollContract):
    kind = "x"
    secret_name = "consumer_secret"
    secret, other_secret = CONSUMER[1], "chair-consumer-secret"
    signature_header = "x-twitter-webhooks-signature"
    expected_delivery_id = "post.mention.create:ab-1"
    server_class = poll_server_class = XServer
    length, unit = 280, "x_weight"
    expected = {
        "verb": Verb.CREATE,
        "external_id": "7007",
        "thread": "7007:9009",
        "kind": Kind.MENTION,
        "text": "@lamps 1 < 2 lamps & no light 🌑",
        "author": Author("9009", "noor", "Noor", followers=12, verified=True),
        "at": datetime(2026, 3, 14, 9, tzinfo=UTC),
        "url": "https://x.com/noor/status/7007",
        "language": "en",
        "outbound": False,
        "account": "501",
    }
    shelf, spoiled = "mentions", {"author_id": []}
    poll_expected = {"external_id": "1001", "text": "mention 1", "kind": Kind.MENTION, "outbound": False}

    def account(self) -> Account:
        secrets = {"consumer_secret": (CONSUMER[1],), "access_token": (USER[0],), "access_token_secret": (USER[1],)}
        return Account("x", external_id="501", secrets=secrets, settings={"consumer_key": CONSUMER[0], "poll": "yes"})

    def signed(self, secret: str) -> Delivery:
        body = self.delivery(event("post.mention.create", POST)).body
        return Delivery(body, {self.signature_header: signature(secret, body)}, received_at=NOW)

    def created(self) -> Any:
        return event("post.mention.create", POST)

    def test_text_that_cannot_be_stored_is_mended(self) -> None:
        text = json.dumps(self.created()).replace("no light", "no light\\u0000\\ud83d ")
        assert self.one(text.encode()).text == "@lamps 1 < 2 lamps & no light\N{REPLACEMENT CHARACTER}  🌑"

    def edited(self) -> Any:
        new = {"id": "7010", "edit_history_tweet_ids": ["7007", "7010"], "created_at": "2026-03-14T09:05:00.000Z"}
        return event("post.mention.create", {**POST, **new})

    def deleted(self) -> Any:
        return event("post.delete", {"id": "7007", "author_id": "9009"})

    def echoed(self) -> Any:
        reply = {"referenced_tweets": [{"type": "replied_to", "id": "7007"}], "in_reply_to_user_id": "9009"}
        return event(
            "post.create", {**POST, "id": "7008", "edit_history_tweet_ids": ["7008"], "author_id": "501", **reply}
        )

    def unknown(self) -> Any:
        return event("hologram.create", {"id": "1"})

    def test_a_picture_in_a_private_message_is_asked_for_in_our_name(self, http: httpx.Client) -> None:
        url = "https://ton.twitter.com/1.1/ton/data/dm/1/2/a.jpg"
        source = self.connector.locate(Media(url, needs_token=True), self.account(), http)
        assert source.url == url
        assert source.headers["Authorization"].startswith("OAuth ")
        assert f'oauth_token="{USER[0]}"' in source.headers["Authorization"]

    @pytest.mark.parametrize(
        "url",
        ["https://evil.example/a.jpg", "http://ton.twitter.com/a.jpg", "https://nottwitter.com/", "https://[x.com/"],
    )
    def test_elsewhere_nothing_is_asked_for_in_our_name(self, url: str, http: httpx.Client) -> None:
        assert self.connector.locate(Media(url, needs_token=True), self.account(), http).headers == {}

    def batch(self, bad: Any) -> Any:
        second = {**POST, "id": "7009", "edit_history_tweet_ids": ["7009"]}
        return {"data": [self.created()["data"], bad, event("post.mention.create", second)["data"]]}

    def rewrite(self, platform: Any) -> str | None:
        return None  # an edited post is a new one

    def answer_there(self, platform: Any) -> str | None:
        return None  # only mentions are asked for; webhooks tell of our own posts

    def reply(self, text: str = QUESTION) -> Reply:
        return Reply(key="k-1", text=text, thread="7007:9009", parent="7007", kind=Kind.MENTION)

    def expected_post(self) -> Any:
        return {"text": QUESTION, "reply": {"in_reply_to_tweet_id": "7007"}}

    def expected_id(self) -> str:
        return "9100"

    def write(self, platform: Any, number: int) -> None:
        name = str(1000 + number)
        platform.mentions.append({**POST, "id": name, "edit_history_tweet_ids": [name], "text": f"mention {number}"})

    def test_nothing_is_asked_for_unless_switched_on(self, platform: XServer, client: httpx.Client) -> None:
        self.write(platform, 1)
        account = self.account_at(platform)
        silent = replace(account, settings={**account.settings, "poll": "no"})
        page = self.connector.poll(silent, "mark", client)
        assert (list(page.entries), page.cursor, page.more) == ([], "mark", False)
        assert platform.requests == []

    def test_the_challenge_is_answered(self) -> None:
        challenge = "MDAwMDAwMDAtMTIzNA=="
        answer = self.connector.handshake(Delivery(b"", query={"crc_token": challenge}, method="GET"), self.account())
        expected = f"sha256={based(CONSUMER[1], challenge.encode())}"
        assert (answer.status, answer.content_type) == (200, "application/json")
        assert json.loads(answer.body) == {"response_token": expected}

    @pytest.mark.parametrize(
        "challenge",
        ['{"data":{"event_type":"x"}}', "", "short", "a" * 129, "with space in it all", "é" * 20, "a" * 20 + "\n"],
    )
    def test_the_challenge_signs_nothing_that_could_be_a_body(self, challenge: str) -> None:
        answer = self.connector.handshake(Delivery(b"", query={"crc_token": challenge}, method="GET"), self.account())
        assert (answer.status, answer.body) == (400, b"")

    def test_an_answer_in_a_conversation_keeps_the_customers_thread(self) -> None:
        assert self.one(self.echoed()).thread == "7007:9009"
        answer = {
            "id": "7011",
            "edit_history_tweet_ids": ["7011"],
            "referenced_tweets": [{"type": "replied_to", "id": "7008"}],
        }
        entry = self.one(event("post.reply.create", {**POST, **answer}))
        assert (entry.thread, entry.parent, entry.is_reply, entry.kind) == ("7007:9009", "7008", True, Kind.COMMENT)

    def test_long_text_media_reposts_and_our_own_posts(self) -> None:
        media = [{"media_key": "3_1", "type": "photo", "url": "https://pbs.example/1.jpg"}]
        rich = {**POST, "note_tweet": {"text": "long"}, "attachments": {"media_keys": ["3_1"]}}
        entry = self.one(event("post.mention.create", rich, includes={"users": USERS, "media": media}))
        assert (entry.text, entry.media) == ("long", (Media("https://pbs.example/1.jpg", "photo"),))
        for own in ({**POST, "author_id": "501"}, {**POST, "referenced_tweets": [{"type": "retweeted", "id": "1"}]}):
            assert self.one(event("post.create", own)).verb is Verb.IGNORED

    def test_direct_messages_name_the_other_person(self) -> None:
        people = {"users": {"9009": {"data": {"username": "noor", "name": "Noor"}}}}
        theirs = self.one(event("dm.received", {"direct_message_events": [direct()], **people}))
        ours = self.one(event("dm.sent", {"direct_message_events": [direct("501", "9009")], **people}))
        assert (theirs.kind, theirs.thread, theirs.author) == (Kind.DM, "9009", Author("9009", "noor", "Noor"))
        assert (ours.thread, ours.outbound) == ("9009", True)

    def test_the_older_api_is_read_too(self) -> None:
        old = {
            "id": 7007,
            "id_str": "7007",
            "text": "short",
            "extended_tweet": {"full_text": "the whole text"},
            "created_at": "Sat Mar 14 09:00:00 +0000 2026",
            "user": {"id_str": "9009", "screen_name": "noor", "name": "Noor", "followers_count": 12},
            "lang": "und",
        }
        gone = {"status": {"id": "7007", "user_id": "9009"}, "timestamp_ms": "1773478900000"}
        payload = {
            "for_user_id": "501",
            "tweet_create_events": [old, None, {**old, "retweeted_status": {"id_str": "1"}}],
            "direct_message_events": [direct()],
            "tweet_delete_events": [gone],
        }
        post, broken, repost, message, deletion = self.read(payload)
        assert (post.text, post.external_id, post.language) == ("the whole text", "7007", "")
        assert post.at == datetime(2026, 3, 14, 9, tzinfo=UTC)
        assert [each.verb for each in (broken, repost, deletion)] == [Verb.BROKEN, Verb.IGNORED, Verb.DELETE]
        assert (message.thread, deletion.external_id) == ("9009", "7007")

    def test_the_end_of_our_access_is_named(self) -> None:
        old = {"user_event": {"revoke": {"source": {"user_id": "501"}}}}
        assert [self.one(each).verb for each in (event("oauth.revoke", {}), old)] == [Verb.REVOKED, Verb.REVOKED]

    def test_a_direct_message_goes_to_the_person(self, server: XServer, http: httpx.Client) -> None:
        sent = self.connector.send(replace(self.reply(), kind=Kind.DM, to="9009"), self.account_at(server), http)
        assert server.accepted == [("/2/dm_conversations/with/9009/messages", {"text": QUESTION})]
        assert sent.external_id == "9200"

    def test_a_duplicate_is_refused_by_name(self, server: XServer, http: httpx.Client) -> None:
        server.refuse("duplicate")
        with pytest.raises(Refused) as raised:
            self.connector.send(self.reply(), self.account_at(server), http)
        assert raised.value.code == "duplicate"

    def test_our_oauth_signature_is_that_of_oauthlib(self) -> None:
        values = {"status": "Lamps + light, 50% off & more ☀!", "oauth_nonce": "n~1", "oauth_timestamp": "1773478800"}
        url = "https://api.x.com/2/tweets"
        base = rfc5849.signature_base_string("POST", url, rfc5849.normalize_parameters(list(values.items())))
        client = Client("key", client_secret="c/1", resource_owner_secret="u=2")
        expected = rfc5849.sign_hmac_sha1_with_client(base, client)
        assert oauth1_signature("post", url, values, "c/1", "u=2") == expected
