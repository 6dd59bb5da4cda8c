"""Drafts: one per person and mode, compared before they are written, read by colleagues, hidden with their item."""

from __future__ import annotations

import uuid

import pytest
from django.urls import reverse

from inbox import drafts
from inbox.models import Draft, Item
from teams.errors import Invalid, NotFound
from teams.models import User
from tests.inbox.test_desk import browser
from tests.world import World, make_item


@pytest.fixture
def item(world: World) -> Item:
    return make_item(world.connection, world.support)


def save(item: Item, by: User, text: str, version: uuid.UUID | None = None, mode: str = "reply") -> Draft | None:
    return drafts.save(item=item.pk, by=by, mode=mode, text=text, version=version)


def texts(item: Item) -> list[tuple[str, str, str]]:
    return [(row.author.username, row.mode, row.text) for row in Draft.objects.filter(item=item).order_by("pk")]


def test_typing_on_changes_the_one_draft(world: World, item: Item) -> None:
    first = save(item, world.alice, "He")
    second = save(item, world.alice, "Hello", first.version)
    assert texts(item) == [("alice", "reply", "Hello")]
    assert second.version != first.version
    assert save(item, world.alice, "", second.version) is None
    assert texts(item) == []


def test_an_older_state_overwrites_nothing_and_is_told_what_is_there(world: World, item: Item) -> None:
    old = save(item, world.alice, "A")
    new = save(item, world.alice, "A, from the phone", old.version)
    for text in ("A, from the desk", ""):
        with pytest.raises(drafts.DraftChanged) as refused:
            save(item, world.alice, text, old.version)
        assert (refused.value.now.text, refused.value.now.version) == ("A, from the phone", new.version)
    with pytest.raises(drafts.DraftChanged):
        save(item, world.alice, "As if nothing were there")
    assert texts(item) == [("alice", "reply", "A, from the phone")]


def test_a_save_that_comes_after_the_sending_brings_nothing_back(world: World, item: Item) -> None:
    row = save(item, world.alice, "Sent")
    drafts.sent(item=item.pk, by=world.alice, mode="reply", text="Sent \r\n")
    with pytest.raises(drafts.DraftChanged) as refused:
        save(item, world.alice, "Sent?", row.version)
    assert refused.value.now is None
    assert texts(item) == []


def test_a_text_that_was_sent_before_its_last_letters_were_kept_leaves_nothing(world: World, item: Item) -> None:
    row = save(item, world.alice, "Thanks")
    body = {"mode": "reply", "text": "Thanks a lot", "key": "k", "draft": str(row.version)}
    other = {**body, "key": "k2", "text": "Else", "draft": str(uuid.uuid4())}
    client, address = browser(world.alice), reverse("inbox:answer", args=[item.pk])
    client.post(address, other, headers={"HX-Request": "true"})
    assert texts(item) == [("alice", "reply", "Thanks")]
    client.post(address, body, headers={"HX-Request": "true"})
    assert texts(item) == []


def test_the_same_save_twice_is_one(world: World, item: Item) -> None:
    row = save(item, world.alice, "A")
    assert save(item, world.alice, "A").version == row.version
    after = save(item, world.alice, "AB", row.version)
    assert save(item, world.alice, "AB", row.version).version == after.version


def test_two_people_write_beside_each_other_and_read_each_other(world: World, item: Item) -> None:
    save(item, world.alice, "Mine <b>")
    save(item, world.bob, "Yours", mode="note")
    assert texts(item) == [("alice", "reply", "Mine <b>"), ("bob", "note", "Yours")]
    html = browser(world.bob).get(reverse("inbox:drafts", args=[item.pk])).content.decode()
    assert "alice is writing:" in html
    assert "Mine &lt;b&gt;" in html
    assert 'data-mine="note"' in html
    assert (
        "Mine"
        not in browser(world.alice).get(reverse("inbox:drafts", args=[item.pk])).content.decode().split("<template")[0]
    )


def test_who_may_not_see_the_item_neither_reads_nor_writes_its_drafts(world: World) -> None:
    secret = make_item(world.connection, world.legal)
    save(secret, world.dora, "Settlement")
    for person in (world.alice, world.charlie):
        answer = browser(person).get(reverse("inbox:drafts", args=[secret.pk]))
        assert answer.status_code == 404
        assert b"Settlement" not in answer.content
        with pytest.raises(NotFound):
            save(secret, person, "Hi")
    assert texts(secret) == [("dora", "reply", "Settlement")]


@pytest.mark.parametrize("fields", [{"mode": "poem"}, {"text": "x" * (drafts.LENGTH + 1)}])
def test_what_is_no_draft_is_refused(world: World, item: Item, fields: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        drafts.save(**{"item": item.pk, "by": world.alice, "mode": "note", "text": "a", "version": None, **fields})
    assert texts(item) == []


def test_the_page_saves_restores_and_forgets_what_was_sent(world: World, item: Item) -> None:
    client, address = browser(world.alice), reverse("inbox:draft", args=[item.pk])
    kept = client.post(address, {"mode": "reply", "text": "Half a"}).json()
    assert kept == {"version": str(Draft.objects.get().version), "text": "Half a"}
    refused = client.post(address, {"mode": "reply", "text": "Other", "version": str(uuid.uuid4())})
    assert (refused.status_code, refused.json()["text"]) == (409, "Half a")
    assert client.post(address, {"mode": "reply", "text": "x", "version": "1"}).status_code == 400
    html = client.get(reverse("inbox:item", args=[item.pk])).content.decode()
    assert "\nHalf a</textarea>" in html
    body = {"mode": "reply", "text": "Half a", "key": "k"}
    assert client.post(reverse("inbox:answer", args=[item.pk]), body, headers={"HX-Request": "true"}).status_code == 200
    assert texts(item) == []


def test_a_send_that_lost_its_race_keeps_the_draft(world: World, item: Item) -> None:
    save(item, world.bob, "Mine")
    Item.objects.filter(pk=item.pk).update(version=7)
    body = {"mode": "reply", "text": "Mine", "key": "k", "seen": "1"}
    answer = browser(world.bob).post(reverse("inbox:answer", args=[item.pk]), body, headers={"HX-Request": "true"})
    assert answer.status_code == 409
    assert texts(item) == [("bob", "reply", "Mine")]
