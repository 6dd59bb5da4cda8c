"""Every connector is whole: registered, guided, documented and measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench.connector_samples import POLLED, PUSHED
from bench.connectors import run
from connectors import registry
from connectors.base import Account, Delivery, Kind, SignatureError
from connectors.guides import GUIDES
from connectors.measure import length

ROOT = Path(__file__).resolve().parents[2]
KINDS = sorted(registry.CONNECTORS)


def connector(kind: str) -> Any:
    return registry.get(kind)


@pytest.mark.parametrize("kind", KINDS)
def test_a_connector_is_registered_under_its_own_name(kind: str) -> None:
    found = connector(kind)
    assert found.kind == kind
    assert found.name
    assert len(set(found.secrets) | set(found.settings)) == len(found.secrets) + len(found.settings)


def test_an_unknown_kind_is_named() -> None:
    with pytest.raises(registry.UnknownKind, match="carrier pigeon"):
        registry.get("carrier pigeon")


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_is_explained_to_admins_and_in_the_docs(kind: str) -> None:
    page = (ROOT / "docs" / "connectors" / f"{kind}.md").read_text()
    guide, found = GUIDES[kind], connector(kind)
    usual = {name for name in (*found.secrets, *found.settings) if not name.endswith("_base")}
    assert usual <= set(guide.fields)
    assert all(f"`{name}`" in page for name in guide.fields)
    assert set(guide.fields) <= {*found.secrets, *found.settings, "external_id"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_guide_is_told_with_the_address_and_without_gaps(kind: str) -> None:
    steps = GUIDES[kind].told("https://relay.example/hooks/k/", lambda text: f"» {text}")
    text = " ".join(steps)
    assert steps
    assert all(step.startswith("» ") for step in steps)
    assert "{" not in text
    takes_deliveries = kind in PUSHED
    assert ("https://relay.example/hooks/k/" in text) == takes_deliveries


@pytest.mark.parametrize("kind", sorted(set(KINDS) - set(PUSHED)))
def test_what_sends_no_deliveries_accepts_none(kind: str) -> None:
    with pytest.raises(SignatureError):
        connector(kind).verify(Delivery(b"{}"), Account(kind))
    assert connector(kind).handshake(Delivery(b"", method="GET"), Account(kind)) is None


@pytest.mark.parametrize("kind", KINDS)
def test_limits_are_counted_in_a_unit_that_is_known(kind: str) -> None:
    for each in Kind:
        limits = connector(kind).limits(each, Account(kind))
        assert length("lamp", limits.unit) == 4


def test_every_connector_is_measured() -> None:
    assert set(PUSHED) | set(POLLED) == set(KINDS)
    assert {kind for kind in KINDS if hasattr(connector(kind), "poll")} == set(POLLED)
    figures = run(seconds=0.001)
    assert set(figures["parsed_per_second"]) == set(PUSHED)
    assert set(figures["polled_entries_per_second"]) == set(POLLED)
