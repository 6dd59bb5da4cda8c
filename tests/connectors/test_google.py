"""YouTube, Google Play and Google Business: one sign-in, three lists."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from connectors.base import Account, Author, Kind, NotConfigured, Refused, Reply, TokenRevoked, TryLater, Verb
from connectors.google_business import original
from tests.connectors.contract import QUESTION, PollContract, SendContract
from tests.platforms.google import CLIENT, PEM, REFRESH, SECRET, BusinessServer, GoogleServer, PlayServer
from tests.platforms.server import PlatformServer

START = datetime(2026, 3, 14, 9, tzinfo=UTC)
PLACE = "accounts/1/locations/2"


def at(number: int) -> str:
    return (START + timedelta(minutes=number)).isoformat().replace("+00:00", "Z")


class GoogleContract(SendContract, PollContract):
    """The token is fetched first, so the tests of the call behind it have it already."""

    fetches_token = True
    shelf = "written"
    poll_pause = timedelta(seconds=17)

    def account_at(self, server: PlatformServer) -> Account:
        account = super().account_at(server)
        return replace(account, settings={**account.settings, "login_base": server.url})

    def person(self, kind: str, name: str) -> Account:
        secrets = {"refresh_token": (REFRESH,), "client_secret": (SECRET,)}
        return Account(kind, external_id=name, secrets=secrets, settings={"client_id": CLIENT})

    def test_a_rate_limit_says_when_to_come_back(self, server: PlatformServer, http: httpx.Client) -> None:
        self.warm_up(server, http)
        super().test_a_rate_limit_says_when_to_come_back(server, http)

    def test_a_refusal_is_for_good(self, server: PlatformServer, http: httpx.Client) -> None:
        self.warm_up(server, http)
        super().test_a_refusal_is_for_good(server, http)

    def test_a_token_that_ended_is_named(self, server: GoogleServer, http: httpx.Client) -> None:
        self.warm_up(server, http)
        server.refuse("unauthorized")
        with pytest.raises(TokenRevoked):
            self.connector.send(self.reply(), self.account_at(server), http)

    def test_a_spent_quota_waits_for_midnight_in_california(self, platform: Any, client: httpx.Client) -> None:
        self.drain(platform, client, "")
        platform.refuse("spent")
        with pytest.raises(TryLater) as raised:
            self.drain(platform, client, "")
        assert timedelta(0) < (raised.value.after or timedelta(0)) <= timedelta(hours=25)

    def test_a_rate_limit_stops_the_poll_for_as_long_as_asked(self, platform: Any, client: httpx.Client) -> None:
        self.drain(platform, client, "")
        super().test_a_rate_limit_stops_the_poll_for_as_long_as_asked(platform, client)

    def test_a_reply_to_nothing_is_refused(self, server: PlatformServer, http: httpx.Client) -> None:
        with pytest.raises(Refused):
            self.connector.send(replace(self.reply(), thread="", parent=""), self.account_at(server), http)
        assert server.accepted == []


class TestGooglePlay(GoogleContract):
    kind = "google_play"
    server_class = poll_server_class = PlayServer
    length = 350
    retry_safe = True
    spoiled = {"reviewId": []}
    poll_expected = {
        "verb": Verb.CREATE,
        "external_id": "gp:1",
        "thread": "gp:1",
        "kind": Kind.REVIEW,
        "text": "Dim\nlamp 1",
        "author": Author("review:gp:1", name="Noor"),
        "rating": 2,
        "language": "sl",
        "at": START + timedelta(minutes=1, microseconds=5),
        "outbound": False,
    }

    def account(self) -> Account:
        key = json.dumps({"client_email": "relay@lamps.example", "private_key": PEM, "token_uri": "FILLED-IN"})
        return Account("google_play", external_id="org.lamps.app", secrets={"service_account": (key,)})

    def account_at(self, server: PlatformServer) -> Account:
        account = super().account_at(server)
        key = account.secret("service_account").replace("FILLED-IN", f"{server.url}/token")
        return replace(account, secrets={"service_account": (key,)})

    def write(self, platform: Any, number: int, **comments: Any) -> None:
        seconds = str(int(START.timestamp()) + 60 * number)
        said = {
            "text": f"Dim\tlamp {number}",
            "starRating": 2,
            "reviewerLanguage": "sl",
            "lastModified": {"seconds": seconds, "nanos": 5000},
        }
        review = {"reviewId": f"gp:{number}", "authorName": "Noor", "comments": [{"userComment": said}]}
        review["comments"] += [{name: value} for name, value in comments.items()]  # type: ignore[operator]
        platform.written.append(review)

    def rewrite(self, platform: Any) -> str | None:
        later = str(int(START.timestamp()) + 9000)
        said = platform.written.pop(0)
        said["comments"][0]["userComment"].update(text="Dim\tbright now", lastModified={"seconds": later, "nanos": 0})
        platform.written.append(said)  # the newest change comes first
        return "bright now"

    def answer_there(self, platform: Any) -> str | None:
        time = {"seconds": str(int(START.timestamp()) + 9000)}
        platform.written[1]["comments"].append({"developerComment": {"text": "Try blue", "lastModified": time}})
        return "Try blue"

    def reply(self, text: str = QUESTION) -> Reply:
        return Reply(key="k-1", text=text, thread="gp:1", parent="gp:1", kind=Kind.REVIEW)

    def expected_post(self) -> Any:
        path = "/androidpublisher/v3/applications/org.lamps.app/reviews/gp%3A1:reply"
        return (path, {"replyText": QUESTION})

    def expected_id(self) -> str:
        return "gp:1/reply"

    def test_a_second_try_is_one_reply_where_the_platform_knows_the_key(
        self, server: PlatformServer, http: httpx.Client
    ) -> None:
        super().test_a_second_try_is_one_reply_where_the_platform_knows_the_key(server, http)

    def test_the_platform_sees_a_wrong_token(self, server: PlatformServer, http: httpx.Client) -> None:
        wrong = replace(self.account_at(server), secrets={"service_account": ('{"client_email": "x"}',)})
        with pytest.raises(NotConfigured, match="key file"):
            self.connector.send(self.reply(), wrong, http)
        assert server.requests == []

    def test_the_answer_comes_back_as_ours(self, platform: Any, client: httpx.Client) -> None:
        self.write(platform, 1, developerComment={"text": "Try blue", "lastModified": {"seconds": "1773482400"}})
        entries, _ = self.drain(platform, client, "")
        assert [(entry.external_id, entry.outbound) for entry in entries] == [("gp:1", False), ("gp:1/reply", True)]

    def test_an_edit_in_the_same_second_is_later(self, platform: Any, client: httpx.Client) -> None:
        self.write(platform, 1)
        self.write(platform, 1)
        platform.written[1]["comments"][0]["userComment"]["lastModified"]["nanos"] = 9000
        page = self.connector.poll(self.account_at(platform), "", client)
        later, _, earlier, _ = page.entries
        assert later.external_id == earlier.external_id
        assert later.version > earlier.version


class TestGoogleBusiness(GoogleContract):
    kind = "google_business"
    server_class = poll_server_class = BusinessServer
    length, unit = 4096, "bytes"
    retry_safe = True
    spoiled = {"name": []}
    poll_expected = {
        "verb": Verb.CREATE,
        "external_id": f"{PLACE}/reviews/r1",
        "thread": f"{PLACE}/reviews/r1",
        "kind": Kind.REVIEW,
        "text": "Temna luč 1",
        "author": Author(f"review:{PLACE}/reviews/r1", name="Noor"),
        "rating": 2,
        "at": START + timedelta(minutes=1),
        "outbound": False,
    }

    def account(self) -> Account:
        return self.person("google_business", PLACE)

    def write(self, platform: Any, number: int, **more: Any) -> None:
        review = {
            "name": f"{PLACE}/reviews/r{number}",
            "reviewer": {"displayName": "Noor"},
            "starRating": "TWO",
            "comment": f"(Translated by Google) Dark lamp {number}\n\n(Original)\nTemna luč {number}",
            "createTime": at(number),
            "updateTime": at(number).replace("Z", ".123456789Z"),
        }
        platform.written.append({**review, **more})

    def rewrite(self, platform: Any) -> str | None:
        said = platform.written.pop(0)
        platform.written.append({**said, "comment": "bright now", "updateTime": at(90)})
        return "bright now"

    def answer_there(self, platform: Any) -> str | None:
        said = platform.written.pop(0)
        platform.written.append(
            {**said, "reviewReply": {"comment": "Try blue", "updateTime": at(90)}, "updateTime": at(90)}
        )
        return "Try blue"

    def test_a_hole_in_the_list_is_nothing(self, platform: Any, client: httpx.Client) -> None:
        self.write(platform, 1)
        platform.written.append(None)
        entries, _ = self.drain(platform, client, "")
        assert [entry.verb for entry in entries] == [Verb.CREATE]

    def test_a_fraction_of_the_last_second_seen_is_later(self, platform: Any, client: httpx.Client) -> None:
        self.write(platform, 1, updateTime=at(1))
        _, cursor = self.drain(platform, client, "")
        self.write(platform, 2, updateTime=at(1).replace("Z", ".5Z"))
        later, _ = self.drain(platform, client, cursor)
        assert f"{PLACE}/reviews/r2" in {entry.external_id for entry in later}

    def reply(self, text: str = QUESTION) -> Reply:
        name = f"{PLACE}/reviews/r1"
        return Reply(key="k-1", text=text, thread=name, parent=name, kind=Kind.REVIEW)

    def expected_post(self) -> Any:
        return (f"/v4/{PLACE}/reviews/r1/reply", {"comment": QUESTION})

    def expected_id(self) -> str:
        return f"{PLACE}/reviews/r1/reply"

    def test_stars_without_words_and_a_person_without_a_name(self, platform: Any, client: httpx.Client) -> None:
        self.write(platform, 1, comment=None, reviewer={"isAnonymous": True, "displayName": "A Google user"})
        (entry,), _ = self.drain(platform, client, "")
        assert entry.author is not None
        assert (entry.text, entry.rating, entry.author.name) == ("", 2, "")

    def test_the_answer_comes_back_as_ours(self, platform: Any, client: httpx.Client) -> None:
        self.write(platform, 1, reviewReply={"comment": "Try blue", "updateTime": at(5)})
        entries, _ = self.drain(platform, client, "")
        assert [(entry.text, entry.outbound) for entry in entries] == [("Temna luč 1", False), ("Try blue", True)]

    @pytest.mark.parametrize(
        ("comment", "own"),
        [
            ("Only mine", "Only mine"),
            ("Mine\n\n(Translated by Google)\nTheirs", "Mine"),
            ("(Translated by Google) Theirs\n\n(Original)\nMine", "Mine"),
            ("", ""),
        ],
    )
    def test_a_translation_is_not_what_the_author_wrote(self, comment: str, own: str) -> None:
        assert original(comment) == own
