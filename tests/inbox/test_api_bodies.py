"""Bodies that cannot be read are refused in words, and change nothing."""

from __future__ import annotations

from typing import Any

import pytest

from inbox.models import Item
from tests.inbox.client import Api
from tests.world import World, make_item


@pytest.fixture
def item(world: World) -> Item:
    return make_item(world.connection, world.support, "I need help", thread="t1")


@pytest.mark.parametrize(
    "body",
    [
        b"{", b"\xff\xfe", b'{"text": NaN}', b"[" * 5000 + b"]" * 5000, b'{"a":' * 5000 + b"1" + b"}" * 5000,
        b'{"version": ' + b"9" * 5000 + b"}", b'"text"', b"null0",
        b'{"text": "\\ud83d"}', b'{"\\ud83d": 1}', b'{"text": "\\u0000"}',
    ],
)  # fmt: skip
def test_a_body_that_cannot_be_read_is_a_400(world: World, item: Item, body: bytes):
    client: Any = Api(world.alice).client
    response = client.generic("POST", f"/api/v1/items/{item.pk}/notes/", body, content_type="application/json")
    assert response.status_code == 400, response.content
    assert response.json()


def test_a_body_over_the_limit_is_a_413(world: World, item: Item, settings):
    body = b'{"text": "' + b"x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE + b'"}'
    client: Any = Api(world.alice).client
    response = client.generic("POST", f"/api/v1/items/{item.pk}/notes/", body, content_type="application/json")
    assert response.status_code == 413
    assert not item.activities.filter(verb="noted").exists()
