"""Files of drafts, told to other tabs and to colleagues as they come and go; never more than a reply may take."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from inbox import draft_files
from inbox.models import DraftFile, Item
from teams.errors import Invalid
from tests import world as small_world
from tests.inbox.test_desk import browser
from tests.inbox.test_races import all_at_once
from tests.world import World

PDF = b"%PDF-1.7 a bill"


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def item(world: World) -> Item:
    return small_world.make_item(world.connection, world.support)


@pytest.fixture
def nudged(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    told: list[Any] = []
    monkeypatch.setattr(draft_files, "nudge", lambda **what: told.append(what))
    return told


def add(item: Item, by: Any, name: str = "bill.pdf") -> DraftFile:
    return draft_files.add(item=item.pk, by=by, file=SimpleUploadedFile(name, PDF))


def test_a_file_that_comes_or_goes_is_told_to_who_may_see_the_item(item: Item, world: World, nudged: list[Any]) -> None:
    mine = add(item, world.alice)
    draft_files.remove(item=item.pk, by=world.alice, token=mine.token)
    assert nudged == [{"teams": [world.support.pk], "item": item.pk}] * 2
    with pytest.raises(Invalid):
        draft_files.add(item=item.pk, by=world.alice, file=SimpleUploadedFile("a.html", b"<html>"))
    assert len(nudged) == 2


def test_the_drafts_of_an_item_tell_my_tabs_and_my_colleagues_of_its_files(item: Item, world: World) -> None:
    mine, hers = add(item, world.alice), add(item, world.ada, "deed <b>.pdf")
    page = browser(world.alice).get(reverse("inbox:drafts", args=[item.pk])).content.decode()
    assert f'data-my-files="{mine.token}"' in page
    assert "deed &lt;b&gt;.pdf" in page
    assert f"/attachments/{hers.token}/" in page
    assert f"/attachments/{mine.token}/" not in page
    assert "ada adds to a reply:" in page


def test_files_in_a_private_teams_item_are_told_to_nobody_else(world: World) -> None:
    item = small_world.make_item(world.connection, world.legal)
    add(item, world.dora)
    answer = browser(world.alice).get(reverse("inbox:drafts", args=[item.pk]))
    assert answer.status_code == 404
    assert "bill.pdf" not in answer.content.decode()


def test_a_hundred_files_cost_no_more_queries_than_one(
    item: Item, world: World, django_assert_max_num_queries: Any
) -> None:
    client, address = browser(world.alice), reverse("inbox:drafts", args=[item.pk])
    add(item, world.ada)
    with django_assert_max_num_queries(12) as first:
        client.get(address)
    for author in (world.ada, world.bob, world.alice):
        for _number in range(9):
            add(item, author)
    with django_assert_max_num_queries(len(first)):
        client.get(address)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_files_that_come_at_once_are_never_more_than_a_reply_takes() -> None:
    world = small_world.build()
    item = small_world.make_item(world.connection, world.support)
    for _number in range(8):
        add(item, world.alice)
    came = all_at_once([lambda: add(item, world.alice) for _tab in range(6)])
    assert sum(isinstance(each, DraftFile) for each in came) == 2
    assert sum(isinstance(each, Invalid) and "10 files" in str(each) for each in came) == 4
    assert DraftFile.objects.count() == 10
    assert all(row.path.is_file() for row in DraftFile.objects.all())
