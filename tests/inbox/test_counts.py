"""The numbers beside the queues: they agree with the lists, and cost little however much there is."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inbox.models import Item
from inbox.selectors import counts, lists, narrow
from inbox.selectors.filters import Filters
from inbox.selectors.sight import Sight
from tests.inbox.rows import START, add_item, fill
from tests.world import World


def add(world: World, *, team=None, **more) -> Item:
    return add_item(world.connection, team or world.support, **more)


def test_counts_agree_with_the_lists(world: World):
    add(world)
    add(world, assignee=world.alice)
    add(world, team=world.marketing, state="waiting", assignee=world.alice)
    add(world, team=world.marketing, returned=True)
    add(world, state="snoozed", snoozed_until=START)
    add(world, team=world.legal)
    add(world, state="resolved", assignee=world.alice, resolved_at=timezone.now())
    add(world, state="resolved", assignee=world.alice, resolved_at=timezone.now() - timedelta(days=2))
    found = counts.counts(world.alice)
    assert (found.mine, found.waiting, found.snoozed, found.returned, found.resolved_today) == (2, 1, 1, 1, 1)
    assert (
        found.unclaimed == 2 == len(lists.page(world.alice, Filters.parse(QueryDict("state=open&assignee=none"))).items)
    )
    assert {each.team.slug: (each.unfinished, each.unclaimed) for each in found.teams} == {
        "marketing": (2, 1),
        "support": (3, 1),
        "unsorted": (0, 0),
    }
    assert counts.counts(world.charlie) == counts.Counts()


def test_counts_stop_counting_at_the_limit(world: World, monkeypatch):
    monkeypatch.setattr(counts, "COUNT_UP_TO", 2)
    for _number in range(3):
        add(world)
    found = counts.counts(world.alice)
    assert found.unclaimed == 2
    assert [each.unfinished for each in found.teams if each.team.slug == "support"] == [2]


@pytest.mark.slow
@pytest.mark.parametrize("who", ["ada", "alice"])
def test_counts_never_look_at_what_is_finished(world: World, who: str):
    """Of 20,000 items 400 are not done; no part of the one counting query may read more than those."""
    fill(world.connection, [world.support, world.marketing, world.legal])
    user = getattr(world, who)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE inbox_item SET state = 'resolved', resolved_at = now() - interval '3 days' WHERE id % 50 <> 1"
        )
        cursor.execute("UPDATE inbox_item SET assignee_id = %s, claimed_at = now() WHERE id %% 70 = 0", [user.pk])
        cursor.execute("ANALYZE inbox_item")
    unfinished = Item.objects.unfinished().count()
    filters = ("label=vip", "kind=mention", "platform=generic&priority=high", "breached=true", "waits=1h", "rule=none",
               "unread=true", "assignee=me", "language=en", "mentioned=true")  # fmt: skip
    sight = Sight.of(user)
    parts = {text: narrow.countable(sight, Filters.parse(QueryDict(text))) for text in filters}
    assert None not in parts.values()
    with CaptureQueriesContext(connection) as caught:
        counts.counts(user, sight=sight, more=parts)
    scans = scanned(caught)
    assert len(scans) >= len(filters)
    assert len(caught) == 1
    assert max(read for _node, read in scans) <= unfinished, max(scans, key=lambda scan: scan[1])


@pytest.mark.slow
def test_what_a_team_without_items_has_to_claim_is_not_looked_for_in_the_table(world: World):
    """The planner expects as many of each team as of the one that has them all, so it would look for them there."""
    fill(world.connection, [world.support], state="'open'")
    with CaptureQueriesContext(connection) as caught:
        found = counts.counts(world.alice)
    assert {each.team.slug: each.unclaimed for each in found.teams} == {"support": 1000, "marketing": 0, "unsorted": 0}
    assert any(node.endswith("item_urgency") for node, _read in scanned(caught))


def scanned(caught: CaptureQueriesContext) -> list[tuple[str, int]]:
    """What the one counting query read of the items, scan by scan, as PostgreSQL counted it."""
    sql = caught.captured_queries[-1]["sql"]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT json) {sql}")
        (plan,) = cursor.fetchone()
    return list(item_scans((plan if isinstance(plan, list) else json.loads(plan))[0]["Plan"]))


def item_scans(node):
    """Every scan of the items, and how many rows it read, those it threw away included."""
    if node.get("Relation Name") == "inbox_item":
        loops = node["Actual Loops"]
        thrown = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
        yield f"{node['Node Type']} {node.get('Index Name', '')}", round((node["Actual Rows"] + thrown) * max(loops, 1))
    for child in node.get("Plans", []):
        yield from item_scans(child)
