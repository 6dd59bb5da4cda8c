"""Lists over HTTP: whole items, pages by address, filters by name."""

from __future__ import annotations

import pytest

from tests.inbox.client import Api
from tests.inbox.rows import add_item
from tests.world import World


def test_a_list_holds_whole_items_and_pages_by_address(world: World):
    items = [add_item(world.connection, world.support, text=f"number {number}") for number in range(5)]
    api = Api(world.alice)
    first = api.get("items/?team=support&size=2")
    assert [each["id"] for each in first["results"]] == [items[4].pk, items[3].pk]
    assert first["results"][0]["messages"][0]["text"] == "number 4"
    assert first["previous"] is None
    assert first["next"].startswith("http://testserver/api/v1/items/?team=support&size=2&cursor=")
    second = api.get(first["next"])
    third = api.get(second["next"])
    assert [each["id"] for page in (second, third) for each in page["results"]] == [i.pk for i in items[2::-1]]
    assert third["next"] is None
    assert api.get(third["previous"])["results"] == second["results"]


def test_asking_for_json_by_name_is_no_filter(world: World):
    add_item(world.connection, world.support)
    assert len(Api(world.alice).get("items/?format=json")["results"]) == 1


def test_a_list_shows_finished_items_too_unless_a_state_is_asked_for(world: World):
    done, new = add_item(world.connection, world.support, state="resolved"), add_item(world.connection, world.support)
    api = Api(world.alice)
    assert [each["id"] for each in api.get("items/")["results"]] == [new.pk, done.pk]
    assert [each["id"] for each in api.get("items/?state=open")["results"]] == [new.pk]
    assert [each["id"] for each in api.get("items/?state=unfinished")["results"]] == [new.pk]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("team=nowhere", "team"), ("state=lost", "state"), ("cursor=x", "cursor"), ("size=0", "size"),
        ("size=9999", "size"), ("page_size=x", "page_size"), ("owner__password=a", "owner__password"),
        ("order=owner.password", "order"), ("assignee=nobody-at-all", "assignee"), ("kind=%00", "kind"),
    ],
)  # fmt: skip
def test_a_wrong_filter_is_refused_by_name(world: World, query: str, field: str):
    assert field in Api(world.alice).get(f"items/?{query}", expect=400)


def test_a_page_of_items_takes_the_same_few_queries_however_long(world: World, django_assert_max_num_queries):
    for _number in range(8):
        add_item(world.connection, world.support)
    api = Api(world.ada)
    api.get("items/")
    with django_assert_max_num_queries(10):
        assert len(api.get("items/")["results"]) == 8
