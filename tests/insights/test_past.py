"""The draft asked about messages that have come: what would go elsewhere is told, and nothing goes there."""

from __future__ import annotations

import pytest
from django.test import Client

from inbox.models import Activity, Decision, Item, Message
from insights import past
from routing import rulesets
from routing.rulesets import drafting
from tests.world import World, entry, receive

MARKED = "I <mark>can’t</mark> log in &lt;b&gt;".encode()


@pytest.fixture
def history(world: World) -> list[Item]:
    """Three messages under a first set of rules, then changed rules that nobody has published."""
    fun = rulesets.create_rule({"name": "Fun", "any": ["fun"], "team": "marketing", "state": "live"})
    both = rulesets.create_rule({"name": "Order", "any": ["order"], "team": "support", "state": "live"})
    rulesets.publish(by=world.ada)
    texts = ("so much fun", "my order is late", "I can’t log in <b>", "nothing of that")
    items = [receive(world.connection, entry(text))[0] for text in texts]
    rulesets.delete_rule(fun.pk)
    rulesets.update_rule(both.pk, {"team": "marketing"})
    rulesets.create_rule({"name": "Login", "any": ["cannot"], "team": "marketing", "state": "live"})
    rulesets.create_rule({"name": "Careful", "any": ["log in"], "team": "marketing", "state": "shadow"})
    return items


def state() -> list[object]:
    return [
        list(Item.objects.order_by("pk").values()),
        list(Decision.objects.order_by("pk").values()),
        Activity.objects.count(),
        rulesets.current().version,
    ]


def test_what_would_go_elsewhere_is_told_and_nothing_moves(world: World, history: list[Item]) -> None:
    before = state()
    found = past.ask(drafting.draft().ruleset, world.ada)
    assert found.asked == 4
    assert [(each.kind, each.item.pk, each.before.slug, each.after and each.after.slug) for each in found.changes] == [
        (past.GAINED, history[2].pk, "unsorted", "marketing"),
        (past.MOVED, history[1].pk, "support", "marketing"),
        (past.LOST, history[0].pk, "marketing", "unsorted"),
    ]
    assert found.changed == 3
    assert found.shadow == [("Careful", 1, 0)]
    assert state() == before


def test_the_page_shows_it_escaped_and_marked(world: World, history: list[Item]) -> None:
    client = Client()
    client.force_login(world.ada)
    page = client.get("/rules/past/")
    assert page.status_code == 200
    assert MARKED in page.content
    assert b"<b>+1</b>" in page.content


def test_only_so_many_are_asked_and_none_that_was_deleted(world: World, history: list[Item]) -> None:
    Message.objects.filter(item=history[3]).update(deleted_at=history[3].created_at)
    assert past.ask(drafting.draft().ruleset, world.ada, most=2).asked == 2
    assert past.ask(drafting.draft().ruleset, world.ada).asked == 3


def test_what_somebody_may_not_see_is_not_counted(world: World, history: list[Item]) -> None:
    assert past.ask(drafting.draft().ruleset, world.charlie).asked == 0
    client = Client()
    client.force_login(world.charlie)
    assert client.get("/rules/past/").status_code == 404
