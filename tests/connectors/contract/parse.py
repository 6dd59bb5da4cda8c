"""What a platform says, in our words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

import pytest

from connectors.base import (
    Entry,
    ParseError,
    Verb,
)
from tests.connectors.contract.base import (
    NOT_JSON,
    Base,
    mutants,
)


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
