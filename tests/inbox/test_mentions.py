"""Naming a colleague in a note: they are told, unless the item is hidden from them; then the author is."""

from __future__ import annotations

import pytest
from django.urls import reverse

from inbox import mentions, queue
from inbox.models import Activity, Item, Mention, Notification
from inbox.models.notification import Topic
from teams.models import Membership, User
from tests.inbox.test_desk import browser
from tests.world import World, make_item, make_person


def named(text: str, by: User) -> list[str]:
    return [text[each.start : each.end] for each in mentions.names_in(text, by)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("@alice please", ["@alice"]),
        ("ask @Alice.", ["@Alice"]),
        ("(@alice, @bob)", ["@alice", "@bob"]),
        ("@support look", ["@support"]),
        ("请@alice看看", ["@alice"]),
        ("mail alice@bob and x.com/@alice", []),
        ("@nobody @legal @", []),  # Legal is private: for bob there is no such team
        ("@alicex", []),
    ],
)
def test_a_name_is_a_whole_word_that_the_author_may_know(world: World, text: str, found: list[str]) -> None:
    assert named(text, world.bob) == found


def test_who_is_named_may_see_it_and_is_told_once(world: World) -> None:
    item = make_item(world.connection, world.support)
    queue.note(item=item.pk, by=world.alice, text="@bob @bob and @marketing, see @alice")
    (row,) = Mention.objects.all()
    assert (row.user, row.team, row.item, row.seen_at) == (world.bob, None, item, None)
    (told,) = Notification.objects.filter(topic=Topic.MENTIONED)
    assert (told.user, told.item) == (world.bob, item)
    note = Activity.objects.get(item=item, verb=Activity.Verb.NOTED)
    assert [each.get("person") or each.get("team") for each in note.data["mentions"]] == [
        "bob", "bob", "marketing", "alice",
    ]  # fmt: skip


def test_a_team_means_each_of_its_people_but_not_the_author(world: World) -> None:
    bert = make_person("bert", world.marketing)
    item = make_item(world.connection, world.support)
    queue.note(item=item.pk, by=world.bob, text="@marketing, please")
    assert [(row.user, row.team) for row in Mention.objects.all()] == [(bert, world.marketing)]


def test_a_mention_never_grants_sight_and_the_author_is_warned(world: World) -> None:
    item = make_item(world.connection, world.legal)
    client = browser(world.dora)
    address = reverse("inbox:answer", args=[item.pk])
    body = {"mode": "note", "note": "@alice, @support and @ada: what now?"}
    answer = client.post(address, body, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "Not told, because they cannot see this item: alice, Support." in answer["HX-Trigger"]
    assert [row.user for row in Mention.objects.all()] == [world.ada]
    assert [row.user for row in Notification.objects.all()] == [world.ada]
    assert not Item.objects.visible_to(world.alice).filter(pk=item.pk).exists()


def test_opening_the_item_sees_its_mentions_and_nobody_elses(world: World) -> None:
    item, other = make_item(world.connection, world.support), make_item(world.connection, world.support)
    for each in (item, other):
        queue.note(item=each.pk, by=world.alice, text="@bob @ada")
    assert browser(world.bob).get(reverse("inbox:item", args=[item.pk])).status_code == 200
    unseen = Mention.objects.filter(seen_at=None).order_by("pk")
    assert [(row.user, row.item) for row in unseen] == [(world.ada, item), (world.bob, other), (world.ada, other)]


def test_the_note_shows_names_as_chips_and_the_rest_as_text(world: World) -> None:
    item = make_item(world.connection, world.support)
    queue.note(item=item.pk, by=world.alice, text="<b>@bob</b> and @nobody")
    html = browser(world.bob).get(reverse("inbox:item", args=[item.pk])).content.decode()
    assert '&lt;b&gt;<span class="at">@bob</span>&lt;/b&gt; and @nobody' in html


def test_what_is_offered_are_people_who_may_see_the_item(world: World) -> None:
    secret = make_item(world.connection, world.legal)
    plain = make_item(world.connection, world.support)
    people, teams = mentions.offer(secret, world.dora, "")
    assert ([user.username for user in people], [team.slug for team in teams]) == (
        ["ada"],
        ["legal", "marketing", "support", "unsorted"],
    )
    people, teams = mentions.offer(plain, world.bob, "@a")
    assert ([user.username for user in people], teams) == (["ada", "alice"], [])
    User.objects.filter(username="alice").update(is_active=False)
    Membership.objects.filter(user=world.dora).delete()
    people, teams = mentions.offer(plain, world.bob, "")
    assert [user.username for user in people] == ["ada"]
    assert "legal" not in [team.slug for team in teams]
