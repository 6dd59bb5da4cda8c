"""Tests start with empty caches: a process forked off a warm one (mutation testing) must not profit from it."""

from __future__ import annotations

import sys

import pytest

from routing.engine.alphabet import Table


@pytest.fixture(autouse=True, scope="session")
def _cold_caches() -> None:
    for name, module in list(sys.modules.items()):
        if name.startswith("routing.engine"):
            for value in list(vars(module).values()):
                if isinstance(value, Table):
                    value.clear()
                elif hasattr(value, "cache_clear") and value.__module__ == name and value.__name__ != "detector":
                    value.cache_clear()
