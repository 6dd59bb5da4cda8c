"""What the thread shows beside the words: where one had read to, reactions, pictures, edits, deletions."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from inbox.models import Item, Message
from inbox.views.items import read_time
from inbox.views.story import Story
from teams.models import User
from tests.inbox.rows import add_message
from tests.inbox.test_desk import browser
from tests.world import World, make_item


@pytest.fixture
def item(world: World) -> Item:
    return make_item(world.connection, world.support, "First")


def page(item: Item, by: User, path: str = "item", **query: str) -> str:
    return browser(by).get(reverse(f"inbox:{path}", args=[item.pk]), query).content.decode()


def come(item: Item, text: str, **fields: object) -> Message:
    at = timezone.now() + timedelta(seconds=1)
    message = add_message(item, text, at=at, **fields)
    Item.objects.filter(pk=item.pk).update(last_message_at=at)
    return message


def order(html: str, *words: str) -> bool:
    places = [html.find(each) for each in words]
    return -1 not in places and places == sorted(places)


def test_the_line_stands_where_this_person_had_read_to_and_stays_while_the_tab_is_open(
    world: World, item: Item
) -> None:
    line = "New since you were here"
    assert line not in page(item, world.alice)
    come(item, "Second")
    html = page(item, world.alice)
    assert order(html, "First</div>", line, "Second</div>")
    (kept,) = re.findall(r"[?&;]read=([^\"&]+)\"", html)
    again = page(item, world.alice, "live", read=kept.replace("%3A", ":").replace("%2B", "+"))
    assert order(again, "First</div>", line, "Second</div>")
    assert line not in page(item, world.alice)  # opened anew it has been read
    assert line not in page(item, world.bob)  # who never looked has no line


@pytest.mark.parametrize("given", ["", "x", "2026-11-20", "2026-11-20T10:00:00", "2026-13-40T10:00:00Z"])
def test_a_made_up_time_draws_no_line(given: str) -> None:
    assert read_time(given) is None


def test_reactions_are_counted_and_an_open_tab_hears_of_them(world: World, item: Item) -> None:
    message = item.messages.get()
    before = Story(item, world.alice).stamp
    message.reactions = [{"by": "a", "emoji": "👍"}, {"by": "b", "emoji": "👍"}, {"by": "c", "emoji": "<b>"}]
    message.save()
    html = page(item, world.alice)
    assert '<bdi>👍</bdi> <span class="num">2</span>' in html
    assert "<bdi>&lt;b&gt;</bdi></li>" in html
    assert Story(item, world.alice).stamp != before


def test_a_picture_opens_large_and_a_deleted_message_shows_none(world: World, item: Item) -> None:
    token = "7b1c3c0e-4a43-4a5e-8a51-0a6f3f1f7a11"
    message = item.messages.get()
    message.media = [{"token": token, "type": "image/png", "name": "a <b>.png", "size": 3}]
    message.save()
    assert f'href="/attachments/{token}/" target="_blank" rel="noopener" data-lightbox' in page(item, world.alice)
    assert 'alt="a &lt;b&gt;.png"' in page(item, world.alice)
    Message.objects.filter(pk=message.pk).update(deleted_at=timezone.now())
    html = page(item, world.alice)
    assert "Deleted by its author" in html
    assert token not in html
    assert "First</div>" not in html
