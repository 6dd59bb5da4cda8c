"""A platform that has to be asked: nothing is skipped, nothing comes for ever."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any, ClassVar

import httpx
import pytest

from connectors import guard
from connectors.base import (
    Entry,
    ParseError,
    TokenRevoked,
    TryLater,
    Verb,
)
from connectors.fields import Malformed
from tests.connectors.contract.base import (
    LOOPBACK,
    Base,
    close,
    mutants,
)
from tests.platforms.server import PlatformServer, Response


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

    def test_one_that_could_not_be_read_can_be_read_later(self, platform: Any, client: httpx.Client) -> None:
        for number in (1, 2, 3):
            self.write(platform, number)
        whole, _ = self.drain(platform, client, "")
        spoiled = getattr(platform, self.shelf)[1]
        before = {name: spoiled.get(name) for name in self.spoiled}
        spoiled.update(self.spoiled)
        (broken,) = [entry for entry in self.drain(platform, client, "")[0] if entry.verb is Verb.BROKEN]
        account = self.account_at(platform)
        with pytest.raises(Malformed, match=re.escape(broken.reason)):
            list(self.connector.read_polled(broken.raw, account))
        piece = restored(json.loads(json.dumps(broken.raw)), self.spoiled, before)
        found = [entry for entry in self.connector.read_polled(piece, account) if entry.verb is Verb.CREATE]
        (original,) = [entry for entry in whole if entry not in self.drain(platform, client, "")[0]]
        assert found == [original]

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

    def rewrite(self, platform: Any) -> str | None:
        """The author of the first text writes it anew; the words that it has then. None: the platform tells nobody."""
        raise NotImplementedError

    def answer_there(self, platform: Any) -> str | None:
        """A colleague answers the first text on the platform itself; the words. None: we do not ask for it."""
        raise NotImplementedError

    def ask(self, platform: Any, client: httpx.Client, cursor: str) -> tuple[list[Entry], str]:
        """One poll, with all it tells."""
        page = self.connector.poll(self.account_at(platform), cursor, client)
        return list(page.entries), page.cursor

    def test_an_edit_is_found_later(self, platform: Any, client: httpx.Client) -> None:
        for number in (1, 2):
            self.write(platform, number)
        first, cursor = self.ask(platform, client, "")
        if (words := self.rewrite(platform)) is None:
            return
        later, _ = self.ask(platform, client, cursor)
        (edit,) = [entry for entry in later if entry.verb is Verb.EDIT and words in entry.text]
        created = next(entry for entry in first if entry.external_id == edit.external_id)
        assert words not in created.text
        assert edit.version
        assert created.version
        assert edit.version > created.version

    def test_what_a_colleague_answers_there_is_outbound(self, platform: Any, client: httpx.Client) -> None:
        for number in (1, 2):
            self.write(platform, number)
        _, cursor = self.ask(platform, client, "")
        if (words := self.answer_there(platform)) is None:
            return
        later, _ = self.ask(platform, client, cursor)
        (ours,) = [entry for entry in later if entry.outbound]
        assert (ours.verb, ours.text) == (Verb.CREATE, words)
        assert not any(entry.outbound for entry in later if entry is not ours)

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

    def test_a_poll_goes_no_further_back_than_the_last_one(self, platform: Any, client: httpx.Client) -> None:
        for number in range(1, 262):
            self.write(platform, number)
        _, cursor = self.drain(platform, client, "")
        platform.requests.clear()
        self.write(platform, 262)
        assert len(self.drain(platform, client, cursor)[0]) in {1, 2}
        assert len(platform.requests) == 1

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


def restored(piece: Any, spoiled: Mapping[str, Any], before: Mapping[str, Any]) -> Any:
    """The piece with its spoiled fields as they were, wherever the platform's answer has them."""
    if isinstance(piece, list):
        return [restored(each, spoiled, before) for each in piece]
    if not isinstance(piece, dict):
        return piece
    return {
        name: before[name] if name in spoiled and value == spoiled[name] else restored(value, spoiled, before)
        for name, value in piece.items()
    }


def _answers(value: Any, _request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, content=json.dumps(value))
