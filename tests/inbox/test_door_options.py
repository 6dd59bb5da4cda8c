"""Senders that ask first whether they may post: the question of CloudEvents' web hooks."""

from __future__ import annotations

import pytest

from inbox.models import Connection, Event
from tests import world as small_world
from tests.inbox.at_the_door import Heard, at_the_door, path_of, request
from tests.world import World


def ask(connection: Connection, *headers: tuple[str, str]) -> Heard:
    heard = at_the_door(lambda door: request(door, "OPTIONS", path_of(connection), headers=headers))
    assert not Event.objects.exists()
    return heard


@pytest.mark.django_db(transaction=True)
class TestOptions:
    def test_a_sender_hears_that_it_may_post(self, world: World) -> None:
        heard = ask(world.connection, ("WebHook-Request-Origin", "events.shop.example"))
        assert heard.status == 200
        assert heard.headers["webhook-allowed-origin"] == "events.shop.example"
        assert heard.headers["webhook-allowed-rate"] == "*"
        assert heard.headers["allow"] == "OPTIONS, POST"

    @pytest.mark.parametrize("origin", ["", "a b", "x\r\nset-cookie: y", "é", "a,b", "x" * 300])
    def test_what_is_no_host_is_not_repeated(self, world: World, origin: str) -> None:
        heard = ask(world.connection, ("WebHook-Request-Origin", origin))
        assert heard.status == 405
        assert "webhook-allowed-origin" not in heard.headers

    def test_other_platforms_are_not_asked_that_way(self, world: World) -> None:
        line = small_world.make_connection("line")
        assert ask(line, ("WebHook-Request-Origin", "events.shop.example")).status == 405
