"""Saved replies: whose they are, how variables are filled in, and what the composer is offered."""

from __future__ import annotations

import pytest
from django.urls import reverse

from inbox import saved_replies
from inbox.models import Item, Outbound, SavedReply
from teams.errors import Invalid, NotAllowed, NotFound
from teams.models import User
from tests.inbox.test_desk import browser
from tests.world import World, make_item


@pytest.fixture
def item(world: World) -> Item:
    return make_item(world.connection, world.support)


def add(shortcut: str, text: str = "Hello", **fields: object) -> SavedReply:
    return SavedReply.objects.create(name=shortcut.capitalize(), shortcut=shortcut, text=text, **fields)


def filled(text: str, item: Item, by: User) -> saved_replies.Filled:
    return saved_replies.fill(SavedReply(text=text), item, by)


def test_variables_become_text_and_what_they_bring_is_not_looked_at_again(world: World, item: Item) -> None:
    item.contact.name = "{{agent.name}} {% now %}"
    world.alice.display_name = "Alice A"
    found = filled(
        "Dear {{ contact.name }}, {{agent.first_name}} of {{team.name}}, #{{item.number}}", item, world.alice
    )
    assert found.text == f"Dear {{{{agent.name}}}} {{% now %}}, Alice of Support, #{item.pk}"
    assert found.missing == ()


def test_what_is_not_known_has_its_word_or_is_named(world: World, item: Item) -> None:
    item.contact.name = ""
    found = filled("Dear {{contact.name|friend}}, {{contact.first_name}}!", item, world.alice)
    assert (found.text, found.missing) == ("Dear friend, {{contact.first_name}}!", ("contact.first_name",))


@pytest.mark.parametrize(
    "text", ["{{contact.password}}", "{{ contact.__class__ }}", "{{}}", "{{agent.name.upper}}", "  "]
)
def test_a_variable_that_does_not_exist_is_refused_by_name(world: World, text: str) -> None:
    with pytest.raises(Invalid) as refused:
        saved_replies.save(by=world.alice, reply=SavedReply(name="A", shortcut="a", text=text, owner=world.alice))
    assert list(refused.value.fields) == ["text"]
    assert not SavedReply.objects.exists()


def test_its_length_is_counted_as_the_platform_counts(world: World, item: Item) -> None:
    item.connection.kind = "x"
    link = "https://example.org/" + "a" * 300
    assert (filled(f"{link} 你", item, world.alice).length, filled(link, item, world.alice).over) == (26, False)
    assert filled("你" * 141, item, world.alice).over


def test_whose_they_are(world: World, item: Item) -> None:
    add("own", owner=world.alice), add("bobs", owner=world.bob), add("ours", team=world.support)
    add("law", team=world.legal), add("all")
    assert {row.shortcut for row in saved_replies.usable_by(world.alice)} == {"own", "ours", "all"}
    assert {row.shortcut for row in saved_replies.usable_by(world.dora)} == {"ours", "all", "law"}
    assert {row.shortcut for row in saved_replies.usable_by(world.charlie)} == {"all"}
    offered = saved_replies.search(item, world.alice, "")
    assert [each.reply.shortcut for each in offered] == ["all", "ours", "own"]


def test_who_may_change_them(world: World) -> None:
    ours, everybodys = add("ours", team=world.support), add("all")
    for by, row in ((world.bob, ours), (world.alice, everybodys)):
        row.text = "Changed"
        with pytest.raises(NotAllowed):
            saved_replies.save(by=by, reply=row)
        with pytest.raises(NotAllowed):
            saved_replies.delete(by=by, pk=row.pk)
    with pytest.raises(NotFound):
        saved_replies.delete(by=world.bob, pk=add("mine", owner=world.alice).pk)
    ours.owner, ours.team = world.bob, None  # to take a team's text for oneself is to change the team's
    with pytest.raises(NotAllowed):
        saved_replies.save(by=world.bob, reply=ours)
    assert {row.text for row in SavedReply.objects.all()} == {"Hello"}
    assert saved_replies.delete(by=world.alice, pk=ours.pk).shortcut == "ours"


def test_a_short_name_is_unique_in_its_scope(world: World) -> None:
    add("hi", owner=world.bob), add("hi", team=world.support)
    saved_replies.save(by=world.alice, reply=SavedReply(name="A", shortcut="hi", text="A", owner=world.alice))
    with pytest.raises(Invalid) as refused:
        saved_replies.save(by=world.alice, reply=SavedReply(name="B", shortcut="hi", text="B", owner=world.alice))
    assert list(refused.value.fields) == ["shortcut"]
    assert SavedReply.objects.count() == 3


def test_the_short_name_comes_before_the_name_and_the_text(world: World, item: Item) -> None:
    add("zebra", "refund"), add("refund", "zzz"), add("refunds", "zzz")
    SavedReply.objects.create(name="A refund", shortcut="a", text="zzz")
    found = saved_replies.search(item, world.alice, "/refund")
    assert [each.reply.shortcut for each in found] == ["refund", "refunds", "a", "zebra"]


def test_the_page_writes_and_changes_one(world: World) -> None:
    client, new = browser(world.alice), reverse("inbox:saved-reply-new")
    body = {"name": "Hi", "shortcut": "hi", "text": "Dear {{contact.nam}}", "scope": "mine"}
    refused = client.post(new, body)
    assert (refused.status_code, SavedReply.objects.count()) == (400, 0)
    assert "There is no variable “contact.nam”." in refused.content.decode()
    assert (
        client.post(new, {**body, "text": "Dear {{contact.name}}", "scope": str(world.support.pk)}).status_code == 302
    )
    row = SavedReply.objects.get()
    assert (row.team, row.owner, row.changed_by) == (world.support, None, world.alice)
    assert client.post(new, {**body, "text": "a", "scope": str(world.marketing.pk)}).status_code == 400
    assert client.post(new, {**body, "text": "a", "scope": "all"}).status_code == 400
    assert SavedReply.objects.count() == 1
    address = reverse("inbox:saved-reply", args=[row.pk])
    assert "<textarea" not in browser(world.bob).get(address).content.decode()
    assert client.post(reverse("inbox:saved-reply-delete", args=[row.pk])).status_code == 302
    assert not SavedReply.objects.exists()


def test_a_reply_with_a_variable_left_in_it_does_not_leave(world: World, item: Item) -> None:
    client, address = browser(world.alice), reverse("inbox:answer", args=[item.pk])
    body = {"mode": "reply", "key": "k", "text": "Dear {{contact.name}}"}
    refused = client.post(address, body, headers={"HX-Request": "true"})
    assert refused.status_code == 400
    assert "Fill in {{contact.name}} first." in refused.content.decode()
    assert not Outbound.objects.exists()
    assert client.post(address, {**body, "text": "{{ yours }}"}, headers={"HX-Request": "true"}).status_code == 200
