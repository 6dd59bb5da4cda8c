"""What nobody will send is put away in time, with its bytes; what somebody may still send or see is not."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from inbox import draft_files, leftovers, replies, sweep
from inbox.models import Attachment, DraftFile, Item
from tests import world as small_world
from tests.world import World

PDF = b"%PDF-1.7 a bill"


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(leftovers, "_next", 0.0)
    return tmp_path


@pytest.fixture
def item(world: World) -> Item:
    return small_world.make_item(world.connection, world.support)


def add(item: Item, world: World, *, days: float) -> DraftFile:
    """A file that came so many days ago, one hour more or less aside."""
    made = draft_files.add(item=item.pk, by=world.alice, file=SimpleUploadedFile("bill.pdf", PDF))
    DraftFile.objects.filter(pk=made.pk).update(created_at=timezone.now() - timedelta(days=days))
    return made


HOUR = 1 / 24


def test_an_unsent_file_goes_after_thirty_days_with_its_bytes(
    item: Item, world: World, django_capture_on_commit_callbacks: Any
) -> None:
    old, young = add(item, world, days=30 + HOUR), add(item, world, days=30 - HOUR)
    with django_capture_on_commit_callbacks(execute=True):
        assert sweep.tidy().discarded == 1
    assert DraftFile.objects.get() == young
    assert (old.path.exists(), young.path.read_bytes()) == (False, PDF)


@pytest.mark.parametrize(
    ("state", "gone"), [("resolved", True), ("ignored", True), ("open", False), ("waiting", False), ("snoozed", False)]
)
def test_in_a_finished_item_it_goes_after_seven_days(
    item: Item, world: World, state: str, gone: bool, django_capture_on_commit_callbacks: Any
) -> None:
    old, young = add(item, world, days=7 + HOUR), add(item, world, days=7 - HOUR)
    until = timezone.now() + timedelta(days=1) if state == "snoozed" else None
    Item.objects.filter(pk=item.pk).update(state=state, snoozed_until=until, waiting_since=None)
    with django_capture_on_commit_callbacks(execute=True):
        assert leftovers.discard_unsent() == int(gone)
    assert set(DraftFile.objects.all()) == ({young} if gone else {old, young})
    assert (old.path.exists(), young.path.exists()) == (not gone, True)


def test_some_at_a_time(item: Item, world: World, django_capture_on_commit_callbacks: Any) -> None:
    for _number in range(3):
        add(item, world, days=31)
    with django_capture_on_commit_callbacks(execute=True):
        assert [leftovers.discard_unsent(limit=2) for _round in range(3)] == [2, 1, 0]


def test_what_went_out_with_a_reply_stays(
    item: Item, world: World, folder: Path, django_capture_on_commit_callbacks: Any
) -> None:
    mine = add(item, world, days=40)
    replies.reply(item=item.pk, by=world.alice, text="Here", key="k", files={mine.token: ""})
    aged(mine.path, days=40)
    with django_capture_on_commit_callbacks(execute=True):
        assert leftovers.discard_unsent() == 0
    assert leftovers.discard_in(mine.path.parent, time.time()) == 0
    assert Attachment.objects.get().path.read_bytes() == PDF


def aged(path: Path, *, days: float) -> Path:
    """A file of the store that was written so long ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.write_bytes(b"x")
    moment = time.time() - days * 24 * 3600
    os.utime(path, (moment, moment))
    return path


def test_bytes_without_a_row_go_after_a_day_and_nothing_else_does(item: Item, world: World, folder: Path) -> None:
    known = add(item, world, days=0).path
    drawer = aged(known, days=3).parent
    lost, fresh = drawer / uuid4().hex, drawer / uuid4().hex
    others = [drawer / "README", drawer / f"{uuid4()}", drawer / f"{uuid4().hex}.tmp"]
    for path in (lost, *others):
        aged(path, days=1 + HOUR)
    aged(fresh, days=1 - HOUR)
    assert leftovers.discard_in(drawer, time.time()) == 1
    assert not lost.exists()
    assert all(path.exists() for path in (known, fresh, *others))


def test_each_minute_looks_into_one_folder_and_a_day_into_all(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1_000_000.0]
    monkeypatch.setattr(leftovers.time, "time", lambda: clock[0])
    looked: list[str] = []
    monkeypatch.setattr(leftovers, "discard_in", lambda place, now: looked.append(place.name) or 0)
    for _second in range(120):
        leftovers.discard_unknown()
        clock[0] += 1
    assert len(looked) == 2
    for _minute in range(256):
        clock[0] += 60
        leftovers.discard_unknown()
    assert {f"{number:02x}" for number in range(256)} == set(looked)


def test_a_store_without_folders_is_no_trouble(folder: Path) -> None:
    assert leftovers.discard_in(folder / "00", time.time()) == 0
