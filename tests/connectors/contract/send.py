"""A reply goes out once, and what went wrong has a name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar

import httpx
import pytest

from connectors import guard, oauth
from connectors.base import (
    NotConfigured,
    OutcomeUnknown,
    Refused,
    Reply,
    TokenRevoked,
    TooLong,
    TryLater,
    WindowClosed,
)
from tests.connectors.contract.base import (
    LOOPBACK,
    QUESTION,
    Base,
    close,
)
from tests.platforms.server import PlatformServer, Response


class Wire:
    """A platform's server on loopback, and a client that may call it."""

    server_class: ClassVar[type[PlatformServer]]

    def make_server(self, request: pytest.FixtureRequest) -> PlatformServer:
        return self.server_class()

    @pytest.fixture
    def server(self, request: pytest.FixtureRequest) -> Iterator[PlatformServer]:
        server = self.make_server(request)
        yield server
        server.close()

    @pytest.fixture
    def http(self) -> Iterator[httpx.Client]:
        with guard.client(allow=LOOPBACK) as client:
            yield client


class SendContract(Wire, Base):
    """A reply goes out once, and what went wrong has a name."""

    retry_safe: ClassVar[bool] = False
    after_5xx: ClassVar[type[Exception]] = OutcomeUnknown
    length: ClassVar[int | None]
    unit: ClassVar[str] = "characters"
    pause: ClassVar[timedelta | None] = timedelta(seconds=17)  # what the platform's rate limit asks for
    fetches_token: ClassVar[bool] = False  # a call for a token, which changes nothing, comes before the first reply

    def reply(self, text: str = QUESTION) -> Reply:
        raise NotImplementedError

    def warm_up(self, server: PlatformServer, http: httpx.Client) -> None:
        """Have the token that the tests of a reply's own call need."""
        if self.fetches_token:
            self.connector.send(self.reply("warming up"), self.account_at(server), http)
            server.accepted.clear()
            server.requests.clear()

    def expected_post(self) -> Any:
        """What the platform must have understood."""
        raise NotImplementedError

    def expected_id(self) -> str:
        raise NotImplementedError

    def test_a_reply_goes_out_once_and_whole(self, server: PlatformServer, http: httpx.Client) -> None:
        sent = self.connector.send(self.reply(), self.account_at(server), http)
        assert server.accepted == [self.expected_post()]
        assert sent.external_id == self.expected_id()

    def test_limits_say_what_the_platform_takes(self) -> None:
        limits = self.connector.limits(self.reply().kind, self.account())
        assert (limits.length, limits.unit, limits.retry_safe) == (self.length, self.unit, self.retry_safe)

    def test_a_text_at_the_limit_goes_out_and_one_over_it_never_leaves(
        self, server: PlatformServer, http: httpx.Client
    ) -> None:
        if self.length is None:
            return
        room = self.length - self.overhead()
        with pytest.raises(TooLong):
            self.connector.send(self.reply("a" * (room + 1)), self.account_at(server), http)
        assert server.requests == []
        self.connector.send(self.reply("a" * room), self.account_at(server), http)
        assert len(server.accepted) == 1

    def overhead(self) -> int:
        """What the connector itself adds to a text."""
        return 0

    def test_a_rate_limit_says_when_to_come_back(self, server: PlatformServer, http: httpx.Client) -> None:
        server.refuse("rate_limited")
        with pytest.raises(TryLater) as raised:
            self.connector.send(self.reply(), self.account_at(server), http)
        assert close(raised.value.after, self.pause)
        assert server.accepted == []

    def test_a_refusal_is_for_good(self, server: PlatformServer, http: httpx.Client) -> None:
        server.refuse("refused")
        with pytest.raises(Refused) as raised:
            self.connector.send(self.reply(), self.account_at(server), http)
        assert raised.value.reason
        assert not isinstance(raised.value, WindowClosed)
        assert server.accepted == []

    def test_a_closed_window_is_named(self, server: PlatformServer, http: httpx.Client) -> None:
        if "window_closed" not in server.problems:
            return  # this platform lets us answer for ever
        server.refuse("window_closed")
        with pytest.raises(WindowClosed):
            self.connector.send(self.reply(), self.account_at(server), http)

    def test_a_revoked_token_is_named(self, server: PlatformServer, http: httpx.Client) -> None:
        server.refuse("revoked")
        with pytest.raises(TokenRevoked):
            self.connector.send(self.reply(), self.account_at(server), http)
        assert server.accepted == []

    @pytest.mark.parametrize(("new", "error"), [(-1.0, TryLater), (60.0, TokenRevoked)])
    def test_a_kept_token_that_ended_early_is_made_anew_once(
        self, server: PlatformServer, http: httpx.Client, monkeypatch: pytest.MonkeyPatch, new: float, error: Any
    ) -> None:
        if not self.fetches_token:
            return
        self.connector.send(self.reply("warming up"), self.account_at(server), http)
        server.accepted.clear()
        monkeypatch.setattr(oauth, "NEW", new)
        server.refuse(Response(401, {"error": {"code": 401, "message": "gone"}}))
        with pytest.raises(error) as raised:
            self.connector.send(self.reply(), self.account_at(server), http)
        assert type(raised.value) is error
        assert bool(oauth._tokens) == (error is TokenRevoked)
        server.recover()
        self.connector.send(self.reply(), self.account_at(server), http)
        assert len(server.accepted) == 1

    def test_the_platform_sees_a_wrong_token(self, server: PlatformServer, http: httpx.Client) -> None:
        account = self.account_at(server)
        wrong = replace(account, secrets=dict.fromkeys(account.secrets, ("bm90LXRoZS10b2tlbg==",)))
        with pytest.raises(TokenRevoked):
            self.connector.send(self.reply(), wrong, http)
        assert server.accepted == []

    def test_without_a_token_nothing_leaves(self, server: PlatformServer, http: httpx.Client) -> None:
        with pytest.raises(NotConfigured):
            self.connector.send(self.reply(), replace(self.account_at(server), secrets={}), http)
        assert server.requests == []

    def test_a_failing_platform_leaves_the_outcome_open(self, server: PlatformServer, http: httpx.Client) -> None:
        self.warm_up(server, http)
        server.refuse(Response(500, b"<h1>oops</h1>"))
        with pytest.raises(self.after_5xx):
            self.connector.send(self.reply(), self.account_at(server), http)

    def test_silence_after_the_post_is_an_unknown_outcome(self, server: PlatformServer, http: httpx.Client) -> None:
        self.warm_up(server, http)
        server.fall_silent(0.5)
        hasty = guard.client(allow=LOOPBACK, timeout=httpx.Timeout(5, read=0.2))
        with hasty, pytest.raises(OutcomeUnknown):
            self.connector.send(self.reply(), self.account_at(server), hasty)
        assert len(server.accepted) == 1

    def test_a_second_try_is_one_reply_where_the_platform_knows_the_key(
        self, server: PlatformServer, http: httpx.Client
    ) -> None:
        account = self.account_at(server)
        self.connector.send(self.reply(), account, http)
        if self.retry_safe:
            assert self.connector.send(self.reply(), account, http).external_id == self.expected_id()
        assert server.accepted == [self.expected_post()]

    def test_another_reply_under_the_same_key_is_another_reply(
        self, server: PlatformServer, http: httpx.Client
    ) -> None:
        """A database restored from a backup may hand out a key a second time."""
        account = self.account_at(server)
        self.connector.send(self.reply(), account, http)
        self.connector.send(self.reply("Or the green one?"), account, http)
        assert len(server.accepted) == (
            1 if self.kind == "generic" else 2
        )  # there the key is all that the contract has

    def test_a_platform_out_of_reach_got_nothing(self, server: PlatformServer, http: httpx.Client) -> None:
        account = self.account_at(server)
        server.close()
        with pytest.raises(TryLater):
            self.connector.send(self.reply(), account, http)
        assert server.accepted == []
