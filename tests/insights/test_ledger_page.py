"""The ledger's page: what was received is somewhere, each place a link to it; what does not add up is said loudly."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from inbox import queue
from inbox.models import Event, Item
from tests.world import World, make_item

ROW = re.compile(r'<a class="link" href="([^"]+)">([^<]+)</a></th>\s*<td>(\d+)</td>')


@pytest.fixture
def ada(world: World) -> Client:
    client = Client()
    client.force_login(world.ada)
    return client


def ledger(client: Client) -> str:
    return client.get("/ledger/").content.decode()


def test_each_number_is_a_link_to_exactly_so_many(world: World, ada: Client) -> None:
    rows = [make_item(world.connection, world.support, thread=f"l{n}") for n in range(7)]
    queue.resolve(item=rows[0].pk, by=world.alice)
    queue.ignore(item=rows[1].pk, by=world.alice)
    Item.objects.filter(pk=rows[2].pk).update(state="snoozed", snoozed_until="2030-01-01T00:00:00Z")
    Item.objects.filter(pk=rows[3].pk).update(state="waiting")
    Event.objects.create(connection=world.connection, delivery_key="d", body=b"", state="dead")
    found = {words: (int(number), url) for url, words, number in ROW.findall(ledger(ada))}
    numbers = {words: number for words, (number, _url) in found.items()}
    dead = "Dead: deliveries that could not be understood"
    assert numbers == {
        "Open": 3, "Waiting for the customer": 1, "Snoozed": 1, "Done": 1, "Ignored": 1, dead: 1,
    }  # fmt: skip
    for words, (number, url) in found.items():
        page = ada.get(url.replace("&amp;", "&")).content.decode()
        shown = page.count('class="row"') if words != dead else page.count("/connections/events/")
        assert shown == number or (words == dead and shown >= 1), words


def test_what_adds_up_is_said_calmly(world: World, ada: Client) -> None:
    make_item(world.connection, world.support)
    words = ledger(ada)
    assert "Everything received is accounted for" in words
    assert 'class="strip late loud"' not in words
    assert "Came out of nowhere" not in words


def test_what_does_not_is_said_loudly_with_what_is_strange(world: World, ada: Client) -> None:
    known = make_item(world.connection, world.support)
    strange = Item.objects.create(connection=world.connection, team=world.support)
    words = ledger(ada)
    alert = re.search(r'class="strip late loud" role="alert">(.*?)</div>', words, re.S)[1]
    assert "It does not add up" in alert
    assert "1 is here that nothing received." in alert
    listed = words.split("Came out of nowhere")[1].split("</section>")[0]
    assert re.findall(r'href="/items/(\d+)/"', listed) == [str(strange.pk)]
    assert known.pk != strange.pk
