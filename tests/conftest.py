"""What every test has: no network but loopback, and the small world."""

from __future__ import annotations

import pytest

from tests import world as small_world


@pytest.fixture
def world(db: None) -> small_world.World:
    return small_world.build()
