"""What every connector promises. A platform's test class inherits these and brings its own facts.

A fact that a platform does not have (no edits, no window) is None, and the test class says so.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, ClassVar

import httpx
import pytest

from connectors import guard, oauth, registry
from connectors.base import (
    Account,
    Delivery,
    Entry,
    NotConfigured,
    OutcomeUnknown,
    ParseError,
    Refused,
    Reply,
    SignatureError,
    TokenRevoked,
    TooLong,
    TryLater,
    Verb,
    WindowClosed,
)
from tests.platforms.server import PlatformServer, Response

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
QUESTION = "Have you tried the blue one?"
STRANGERS: tuple[Any, ...] = (None, 1, -7, 1e300, True, "x", "", "9" * 400, [], {}, [None], {"id": []}, "\0")
HOSTILE_HEADERS = ("é", "\xff\xfe", "\0", "sha256=é", "v1,é", "=" * 5000, "sha256=", "v1,", "t=,s=", " ")
NOT_JSON = (b"", b"{", b"\xff\xfe", b"nul", b'{"a":NaN}', b'{"a":1e999}', b"[" * 5000, b'{"a":' * 5000, b"1" * 5000)
LOOPBACK = ("127.0.0.0/8",)


class Base:
    kind: ClassVar[str]

    @property
    def connector(self) -> Any:
        return registry.get(self.kind)

    @pytest.fixture(autouse=True)
    def no_token_is_kept(self) -> Iterator[None]:
        oauth.forget()
        yield
        oauth.forget()

    def account(self) -> Account:
        """A fully configured connection."""
        raise NotImplementedError

    def account_at(self, server: PlatformServer) -> Account:
        """The same, with the platform's API at `server`."""
        account = self.account()
        return replace(account, settings={**account.settings, "api_base": server.url})

    def delivery(self, payload: Any) -> Delivery:
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        return Delivery(body, received_at=NOW)

    def read(self, payload: Any) -> list[Entry]:
        return list(self.connector.parse(self.delivery(payload), self.account()))

    def one(self, payload: Any) -> Entry:
        (entry,) = self.read(payload)
        return entry


class VerifyContract(Base):
    """Who may speak for the platform."""

    secret_name: ClassVar[str]
    secret: ClassVar[str]
    other_secret: ClassVar[str]  # another connection's, of the same form
    signature_header: ClassVar[str]
    covers_body: ClassVar[bool] = True
    expected_delivery_id: ClassVar[str] = ""

    def signed(self, secret: str) -> Delivery:
        """A delivery as the platform signs it."""
        raise NotImplementedError

    def with_secrets(self, *values: str) -> Account:
        account = self.account()
        return replace(account, secrets={**account.secrets, self.secret_name: values})

    def verify(self, delivery: Delivery, *secrets: str) -> str:
        return str(self.connector.verify(delivery, self.with_secrets(*(secrets or (self.secret,)))))

    def test_a_good_signature_gives_the_delivery_id_each_time(self) -> None:
        ids = [self.verify(self.signed(self.secret)) for _ in range(2)]
        assert ids == [self.expected_delivery_id] * 2

    def test_another_connections_secret_is_refused(self) -> None:
        with pytest.raises(SignatureError):
            self.verify(self.signed(self.other_secret))

    def test_a_missing_signature_is_refused(self) -> None:
        delivery = self.signed(self.secret)
        bare = {name: value for name, value in delivery.headers.items() if name != self.signature_header}
        assert bare != delivery.headers
        with pytest.raises(SignatureError):
            self.verify(replace(delivery, headers=bare))

    @pytest.mark.parametrize("value", HOSTILE_HEADERS)
    def test_a_hostile_signature_is_refused_and_nothing_worse(self, value: str) -> None:
        delivery = self.signed(self.secret)
        with pytest.raises(SignatureError):
            self.verify(replace(delivery, headers={**delivery.headers, self.signature_header: value}))

    @pytest.mark.parametrize("value", HOSTILE_HEADERS)
    def test_a_hostile_header_beside_the_signature_raises_nothing_else(self, value: str) -> None:
        delivery = self.signed(self.secret)
        for name in delivery.headers:
            with suppress(SignatureError):
                self.verify(replace(delivery, headers={**delivery.headers, name: value}))

    def test_a_changed_body_is_refused_where_the_platform_signs_it(self) -> None:
        delivery = self.signed(self.secret)
        changed = replace(delivery, body=delivery.body + b" ")
        if not self.covers_body:
            assert self.verify(changed) == self.expected_delivery_id
            return
        with pytest.raises(SignatureError):
            self.verify(changed)

    def test_a_rotated_secret_is_accepted_while_both_are_valid(self) -> None:
        both = (self.other_secret, self.secret)
        assert self.verify(self.signed(self.secret), *both) == self.expected_delivery_id
        assert self.verify(self.signed(self.other_secret), *both) == self.expected_delivery_id

    def test_without_a_secret_nothing_is_verified(self) -> None:
        for values in ((), ("",)):
            with pytest.raises(NotConfigured):
                self.connector.verify(self.signed(self.secret), self.with_secrets(*values))

    def test_a_body_that_is_no_json_raises_nothing_else(self) -> None:
        for body in NOT_JSON:
            with suppress(SignatureError):
                self.verify(replace(self.signed(self.secret), body=body))

    def test_the_platform_is_told_that_the_delivery_is_stored(self) -> None:
        assert 200 <= self.connector.accepted().status < 300


class ParseContract(Base):
    """What the platform says, in our words."""

    expected: ClassVar[Mapping[str, Any]]  # the fields of the entry that `created` gives

    def created(self) -> Any:
        raise NotImplementedError

    def edited(self) -> Any | None:
        raise NotImplementedError

    def deleted(self) -> Any | None:
        raise NotImplementedError

    def echoed(self) -> Any | None:
        """Our own reply, or a colleague's from the platform's own app, as it comes back."""
        raise NotImplementedError

    def unknown(self) -> Any | None:
        """An event of a kind that nobody has seen yet."""
        raise NotImplementedError

    def batch(self, bad: Any) -> Any | None:
        """One payload: `created`, the bad thing, something else that is good."""
        raise NotImplementedError

    def test_an_entry_is_normalised(self) -> None:
        entry = self.one(self.created())
        assert {name: getattr(entry, name) for name in self.expected} == dict(self.expected)
        assert entry.raw

    def test_a_repeated_delivery_gives_the_same_entry(self) -> None:
        assert self.read(self.created()) == self.read(self.created())

    def test_an_edit_names_the_same_object_and_wins_over_its_creation(self) -> None:
        if (payload := self.edited()) is None:
            return
        edit, create = self.one(payload), self.one(self.created())
        assert (edit.verb, edit.external_id) == (Verb.EDIT, create.external_id)
        assert edit.version is not None
        assert create.version is None or edit.version > create.version

    def test_a_deletion_names_the_same_object(self) -> None:
        if (payload := self.deleted()) is None:
            return
        deletion, create = self.one(payload), self.one(self.created())
        assert (deletion.verb, deletion.external_id) == (Verb.DELETE, create.external_id)
        assert deletion.version is None or create.version is None or deletion.version > create.version

    def test_what_we_wrote_ourselves_is_outbound(self) -> None:
        if (payload := self.echoed()) is None:
            return
        entry = self.one(payload)
        assert (entry.verb, entry.outbound) == (Verb.CREATE, True)
        assert entry.external_id != self.one(self.created()).external_id
        assert not self.one(self.created()).outbound

    def test_an_unknown_kind_is_kept_as_ignored(self) -> None:
        if (payload := self.unknown()) is None:
            return
        entry = self.one(payload)
        assert entry.verb is Verb.IGNORED
        assert entry.reason
        assert entry.raw

    @pytest.mark.parametrize("bad", [None, 7, "text", [], {"id": {"no": "text"}}])
    def test_one_bad_entry_costs_its_neighbours_nothing(self, bad: Any) -> None:
        if (payload := self.batch(bad)) is None:
            return
        first, middle, last = self.read(payload)
        assert middle.verb in {Verb.BROKEN, Verb.IGNORED}
        assert middle.reason
        assert first == self.one(self.created())
        assert last.verb is Verb.CREATE
        assert last.external_id != first.external_id

    @pytest.mark.parametrize("body", NOT_JSON, ids=lambda body: repr(body[:12]))
    def test_what_cannot_be_read_is_a_parse_error(self, body: bytes) -> None:
        with pytest.raises(ParseError):
            self.read(body)

    def test_text_that_cannot_be_stored_is_mended(self) -> None:
        said = json.dumps(self.expected["text"])[1:-1]
        hostile = json.dumps(self.created()).replace(said, said + "\\u0000\\ud83d")
        entry = self.one(hostile.encode())
        assert entry.text == self.expected["text"] + "\N{REPLACEMENT CHARACTER}"
        assert "\\u0000" not in json.dumps(entry.raw)
        json.dumps(entry.raw, ensure_ascii=False).encode()

    def test_no_field_of_a_wrong_type_raises_anything(self) -> None:
        for payload in mutants(self.created()):
            for entry in self.readable(payload):
                assert isinstance(entry, Entry)
                assert entry.verb not in {Verb.BROKEN, Verb.IGNORED} or entry.reason

    def readable(self, payload: Any) -> list[Entry]:
        try:
            return self.read(payload)
        except ParseError:
            return []


class SendContract(Base):
    """A reply goes out once, and what went wrong has a name."""

    server_class: ClassVar[type[PlatformServer]]
    retry_safe: ClassVar[bool] = False
    after_5xx: ClassVar[type[Exception]] = OutcomeUnknown
    length: ClassVar[int | None]
    unit: ClassVar[str] = "characters"
    pause: ClassVar[timedelta | None] = timedelta(seconds=17)  # what the platform's rate limit asks for
    fetches_token: ClassVar[bool] = False  # a call for a token, which changes nothing, comes before the first reply

    @pytest.fixture
    def server(self) -> Iterator[PlatformServer]:
        server = self.server_class()
        yield server
        server.close()

    @pytest.fixture
    def http(self) -> Iterator[httpx.Client]:
        with guard.client(allow=LOOPBACK) as client:
            yield client

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

    def test_a_platform_out_of_reach_got_nothing(self, server: PlatformServer, http: httpx.Client) -> None:
        account = self.account_at(server)
        server.close()
        with pytest.raises(TryLater):
            self.connector.send(self.reply(), account, http)
        assert server.accepted == []


class PollContract(Base):
    """A platform that has to be asked: nothing is skipped, nothing comes for ever."""

    poll_server_class: ClassVar[type[PlatformServer]]
    poll_expected: ClassVar[Mapping[str, Any]]
    poll_pause: ClassVar[timedelta | None] = timedelta(seconds=17)

    @pytest.fixture
    def platform(self) -> Iterator[Any]:
        server = self.poll_server_class()
        yield server
        server.close()

    @pytest.fixture
    def client(self) -> Iterator[httpx.Client]:
        with guard.client(allow=LOOPBACK) as client:
            yield client

    shelf: ClassVar[str]  # the server's list of what was written
    spoiled: ClassVar[Mapping[str, Any]]  # what makes one of them unreadable

    def write(self, platform: Any, number: int) -> None:
        """Somebody writes the `number`th text on the platform."""
        raise NotImplementedError

    def test_one_that_cannot_be_read_costs_its_neighbours_nothing(self, platform: Any, client: httpx.Client) -> None:
        for number in (1, 2, 3):
            self.write(platform, number)
        getattr(platform, self.shelf)[1].update(self.spoiled)
        entries, _ = self.drain(platform, client, "")
        verbs = [entry.verb for entry in entries]
        assert verbs.count(Verb.CREATE) == 2
        assert verbs.count(Verb.BROKEN) == 1

    def test_no_field_of_a_wrong_type_raises_anything_in_a_poll(self, platform: Any, client: httpx.Client) -> None:
        self.write(platform, 1)
        account = self.account_at(platform)
        self.connector.poll(account, "", client)
        whole = platform.requests[-1]
        answer = json.loads(platform.answer(whole).encoded())
        for mutant in mutants(answer):
            told = httpx.MockTransport(partial(_answers, mutant))
            with suppress(ParseError), httpx.Client(transport=told) as http:
                page = self.connector.poll(account, "", http)
                assert all(isinstance(entry, Entry) for entry in page.entries)
                assert isinstance(page.cursor, str)

    def drain(self, platform: Any, client: httpx.Client, cursor: str) -> tuple[list[Entry], str]:
        """Ask until the platform has no more, as the scheduler does."""
        entries: list[Entry] = []
        for _ in range(60):
            page = self.connector.poll(self.account_at(platform), cursor, client)
            entries += page.entries
            cursor = page.cursor
            if not page.more:
                return [entry for entry in entries if entry.verb is not Verb.EDIT], cursor
        raise AssertionError("the poll does not come to an end")

    def test_what_somebody_wrote_is_polled(self, platform: Any, client: httpx.Client) -> None:
        self.write(platform, 1)
        (entry,), _ = self.drain(platform, client, "")
        assert {name: getattr(entry, name) for name in self.poll_expected} == dict(self.poll_expected)
        assert entry.raw

    def test_the_cursor_brings_only_what_is_new(self, platform: Any, client: httpx.Client) -> None:
        self.write(platform, 1)
        (first,), cursor = self.drain(platform, client, "")
        again, cursor = self.drain(platform, client, cursor)
        assert {entry.external_id for entry in again} <= {first.external_id}
        self.write(platform, 2)
        later, _ = self.drain(platform, client, cursor)
        assert len({entry.external_id for entry in later} - {first.external_id}) == 1

    def test_an_outage_is_filled_without_a_gap(self, platform: Any, client: httpx.Client) -> None:
        self.write(platform, 1)
        (first,), cursor = self.drain(platform, client, "")
        for number in range(2, 262):
            self.write(platform, number)
        entries, cursor = self.drain(platform, client, cursor)
        assert len({entry.external_id for entry in entries} - {first.external_id}) == 260
        again, _ = self.drain(platform, client, cursor)
        assert len(again) <= 1

    def test_an_empty_platform_is_no_error(self, platform: Any, client: httpx.Client) -> None:
        assert self.drain(platform, client, "")[0] == []

    def test_a_rate_limit_stops_the_poll_for_as_long_as_asked(self, platform: Any, client: httpx.Client) -> None:
        platform.refuse("rate_limited")
        with pytest.raises(TryLater) as raised:
            self.connector.poll(self.account_at(platform), "", client)
        assert close(raised.value.after, self.poll_pause)

    def test_a_revoked_token_stops_the_poll(self, platform: Any, client: httpx.Client) -> None:
        platform.refuse("revoked")
        with pytest.raises(TokenRevoked):
            self.connector.poll(self.account_at(platform), "", client)

    def test_an_outage_is_tried_again(self, platform: Any, client: httpx.Client) -> None:
        platform.refuse(Response(503, b"later"))
        with pytest.raises(TryLater):
            self.connector.poll(self.account_at(platform), "", client)

    def test_an_answer_that_is_no_json_is_a_parse_error(self, platform: Any, client: httpx.Client) -> None:
        self.drain(platform, client, "")
        platform.refuse(Response(200, b"<html>welcome to the hotel"))
        with pytest.raises(ParseError):
            self.connector.poll(self.account_at(platform), "", client)


def _answers(value: Any, _request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, content=json.dumps(value))


def close(found: timedelta | None, wanted: timedelta | None) -> bool:
    if found is None or wanted is None:
        return found is wanted
    return abs(found - wanted) < timedelta(seconds=3)


def mutants(payload: Any) -> Iterator[Any]:
    """The payload with each of its values replaced by each kind of stranger, one at a time."""
    for path in _paths(payload):
        for stranger in STRANGERS:
            mutant = copy.deepcopy(payload)
            holder = mutant
            for step in path[:-1]:
                holder = holder[step]
            holder[path[-1]] = stranger
            yield mutant


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in steps:
        yield (*path, step)
        yield from _paths(inner, (*path, step))
