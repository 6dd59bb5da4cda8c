"""Replies over HTTP: one per key, never beside a colleague's, and taken back until they leave."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections

from inbox.models import Item, Outbound
from tests.inbox.client import Api
from tests.world import World, make_item


@pytest.fixture
def item(world: World) -> Item:
    return make_item(world.connection, world.support, "I need help", thread="t1")


def test_a_reply_is_written_once_per_key(world: World, item: Item):
    api = Api(world.alice)
    key = {"Idempotency-Key": "k1"}
    first = api.post(f"items/{item.pk}/replies/", {"text": "Here you go"}, expect=201, **key)
    assert (first["state"], first["text"], first["author"], first["key"]) == ("queued", "Here you go", "alice", "k1")
    again = api.post(f"items/{item.pk}/replies/", {"text": "Here you go"}, expect=200, **key)
    assert again["id"] == first["id"]
    reused = api.post(f"items/{item.pk}/replies/", {"text": "Something else"}, expect=409, **key)
    assert reused["code"] == "key_reused"
    assert Outbound.objects.count() == 1
    said = api.get(f"items/{item.pk}/")
    assert (said["state"], said["assignee"]) == ("waiting", "alice")
    assert (said["messages"][-1]["direction"], said["messages"][-1]["state"]) == ("out", "queued")
    assert said["messages"][-1]["author"] == {"id": "alice", "handle": "alice", "name": "alice"}


@pytest.mark.django_db(transaction=True)
def test_of_many_requests_with_one_key_one_made_the_reply(world: World, item: Item):
    """All are let in before the first has stored anything; the status says which of them did."""
    path, key, start = f"items/{item.pk}/replies/", {"Idempotency-Key": "k1"}, Barrier(4)
    programs = [Api(world.alice) for _each in range(4)]
    for api in programs:  # the first request of all loads the addresses
        api.get(f"items/{item.pk}/")

    def ask(api: Api) -> tuple[int, int]:
        start.wait()
        try:
            answer = api.client.post(f"/api/v1/{path}", {"text": "Here"}, format="json", headers=key)
            return answer.status_code, answer.json()["id"]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(ask, programs))
    assert sorted(status for status, _reply in answers) == [200, 200, 200, 201]
    assert {reply for _status, reply in answers} == {Outbound.objects.get().pk}


def test_without_a_key_every_request_is_a_reply_of_its_own(world: World, item: Item):
    api = Api(world.alice)
    one, two = (api.post(f"items/{item.pk}/replies/", {"text": "Hi"}, expect=201) for _time in range(2))
    assert one["key"] != two["key"]
    assert Outbound.objects.count() == 2


def test_a_key_that_is_too_long_is_refused_by_its_headers_name(world: World, item: Item):
    wrong = Api(world.alice).post(
        f"items/{item.pk}/replies/", {"text": "Hi"}, expect=400, **{"Idempotency-Key": "k" * 101}
    )
    assert "Idempotency-Key" in wrong
    assert not Outbound.objects.exists()


def test_a_colleague_cannot_answer_a_claimed_item(world: World, item: Item):
    Api(world.alice).post(f"items/{item.pk}/claim/")
    lost = Api(world.bob).post(f"items/{item.pk}/replies/", {"text": "Me too"}, expect=409)
    assert (lost["code"], lost["assignee"]) == ("already_claimed", "alice")
    assert not Outbound.objects.exists()


def test_a_reply_can_be_taken_back_until_it_leaves(world: World, item: Item):
    api = Api(world.alice)
    reply = api.post(f"items/{item.pk}/replies/", {"text": "Hi"}, expect=201)
    assert api.post(f"replies/{reply['id']}/take-back/")["state"] == "cancelled"
    assert api.post(f"replies/{reply['id']}/take-back/", expect=409)["code"] == "wrong_state"
    Outbound.objects.filter(pk=reply["id"]).update(state="unknown")
    assert api.post(f"replies/{reply['id']}/mark-sent/")["state"] == "sent"
    Outbound.objects.filter(pk=reply["id"]).update(state="failed")
    assert api.post(f"replies/{reply['id']}/send-again/")["state"] == "queued"
    stranger = Api(world.charlie)
    for action in ("take-back", "mark-sent", "send-again"):
        stranger.post(f"replies/{reply['id']}/{action}/", expect=404)
