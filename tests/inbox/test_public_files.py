"""The files of a reply at addresses of their own: for the platform that was told them, and for nothing else."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from inbox import delivery, draft_files, public_files
from inbox.models import Attachment, Item, Message, Outbound
from tests import world as small_world
from tests.inbox.outgoing import answer
from tests.inbox.test_attachments import picture
from tests.platforms.line import TOKEN, LineServer
from tests.world import World

LARGE = (1200, 900)


@pytest.fixture
def line() -> Iterator[LineServer]:
    server = LineServer()
    yield server
    server.close()


@pytest.fixture
def item(world: World, line: LineServer, settings: Any, tmp_path: Path) -> Item:
    settings.ALLOW_PRIVATE_HOSTS, settings.MEDIA_ROOT = ["127.0.0.0/8"], tmp_path
    settings.BASE_URL, settings.HTTPS = "https://relaybox.example", True
    connection = small_world.make_connection("line", api_base=line.url)
    small_world.add_secret(connection, "channel_token", TOKEN)
    return small_world.make_item(connection, world.support, external_id="in-1", thread="Ucafe")


def reply(item: Item, world: World, body: bytes, name: str = "lamp.jpg") -> Outbound:
    """Alice's answer with this file, sent."""
    file = draft_files.add(item=item.pk, by=world.alice, file=SimpleUploadedFile(name, body))
    made = answer(item, world, files={file.token: "A lamp"})
    assert delivery.deliver(ids=[made.pk]) == 1
    made.refresh_from_db()
    assert made.state == "sent", made.reason
    return made


@pytest.fixture
def told(item: Item, world: World, line: LineServer) -> tuple[str, str]:
    """The paths that the platform was told: of a picture and of its small copy."""
    reply(item, world, picture(size=LARGE))
    _words, shown = line.accepted[0]["messages"]
    return urlsplit(shown["originalContentUrl"]).path, urlsplit(shown["previewImageUrl"]).path


def test_the_platform_fetches_the_picture_and_its_small_copy(told: tuple[str, str]) -> None:
    whole, small = (Client().get(path) for path in told)
    assert (whole.status_code, whole["Content-Type"], small["Content-Type"]) == (200, "image/jpeg", "image/jpeg")
    body = b"".join(whole.streaming_content)
    assert body == Attachment.objects.get().path.read_bytes()
    assert Image.open(io.BytesIO(body)).size == LARGE
    assert Image.open(io.BytesIO(b"".join(small.streaming_content))).size == (480, 360)
    for response in (whole, small):
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Content-Security-Policy"].startswith("sandbox")
        assert not response.cookies
    head = Client().head(told[0])
    assert (head.status_code, head["Content-Type"], head["Content-Length"]) == (200, "image/jpeg", str(len(body)))


def test_what_the_platform_is_told_begins_with_our_public_address(item: Item, world: World, line: LineServer) -> None:
    reply(item, world, picture())
    shown = line.accepted[0]["messages"][1]
    assert shown["originalContentUrl"].startswith("https://relaybox.example/files/")
    assert shown["previewImageUrl"] == shown["originalContentUrl"] + "small/"


@pytest.mark.parametrize("change", [lambda path: path[:-2] + "x/", lambda path: path.replace("/files/", "/files/0")])
def test_a_changed_name_opens_nothing(told: tuple[str, str], change: Any) -> None:
    assert Client().get(change(told[0])).status_code == 404


def test_an_address_ends_after_its_time(told: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    for days, status in ((29, 200), (31, 404)):
        later = now + timedelta(days=days).total_seconds()
        monkeypatch.setattr("django.core.signing.time.time", lambda at=later: at)
        assert [Client().get(path).status_code for path in told] == [status, status]


def test_a_reply_that_was_taken_away_takes_its_files_along(told: tuple[str, str]) -> None:
    Message.objects.filter(direction="out").update(deleted_at=timezone.now())
    assert [Client().get(path).status_code for path in told] == [404, 404]


def test_a_file_that_is_gone_is_not_found(told: tuple[str, str]) -> None:
    Attachment.objects.get().path.unlink()
    assert [Client().get(path).status_code for path in told] == [404, 404]


def test_what_a_customer_sent_is_never_public(told: tuple[str, str]) -> None:
    Message.objects.filter(attachments__isnull=False).update(direction="in")
    assert [Client().get(path).status_code for path in told] == [404, 404]


def test_there_is_no_small_copy_of_what_is_no_picture(told: tuple[str, str]) -> None:
    row = Attachment.objects.get()
    row.path.write_bytes(b"%PDF-1.7 a bill")
    for type_ in ("application/pdf", "image/png"):
        Attachment.objects.update(type=type_)
        assert Client().get(told[1]).status_code == 404


def test_without_https_there_are_no_addresses(told: tuple[str, str], settings: Any) -> None:
    row = Attachment.objects.get()
    assert all(public_files.addresses(row))
    settings.HTTPS = False
    assert public_files.addresses(row) == ("", "")
