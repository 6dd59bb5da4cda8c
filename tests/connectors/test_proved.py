"""Every connector passes every line of the contract, or its platform has no such thing and the page says why."""

from __future__ import annotations

import importlib
import inspect
from pathlib import Path

import pytest

from connectors import registry
from tests.connectors.proved import LINES, OWN, WHY, YES, proved, table

PAGE = Path(__file__).resolve().parents[2] / "docs" / "connectors" / "README.md"


@pytest.mark.parametrize("kind", registry.CONNECTORS)
def test_no_line_is_left_open(kind: str) -> None:
    assert [line for line in LINES if not proved(kind, line)] == []


@pytest.mark.parametrize("kind", registry.CONNECTORS)
def test_what_is_proved_needs_no_excuse(kind: str) -> None:
    assert [line for line in LINES if proved(kind, line) == YES and (kind, line) in WHY] == []


@pytest.mark.parametrize("place", OWN.values())
def test_tests_that_are_named_are_there(place: str) -> None:
    module, _, name = place.partition(":")
    found = vars(importlib.import_module(module))
    holders = [found, *(vars(each) for each in found.values() if inspect.isclass(each))]
    assert any(name in holder for holder in holders)


def test_the_page_shows_the_table_as_it_is() -> None:
    assert table() in PAGE.read_text(), f"put this into {PAGE.name}:\n\n{table()}"
