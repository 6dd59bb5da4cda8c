"""Files from strangers: fetched through the guard, made harmless, and seen only by who may see their item."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from PIL import Image

from connectors.base import Media
from inbox import attachments, images
from inbox.models import Attachment, Item, Message
from tests import world as small_world
from tests.platforms.server import PlatformServer, Request, Response
from tests.world import World, entry


def picture(form: str = "JPEG", size: tuple[int, int] = (60, 40)) -> bytes:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    Image.new("RGB", size, "teal").save(out, form, exif=exif)
    return out.getvalue()


class Shelf(PlatformServer):
    """A platform's file server."""

    files: dict[str, bytes]

    def answer(self, request: Request) -> Response:
        body = self.files.get(request.path)
        return Response(404, b"gone") if body is None else Response(200, body, {"content-type": "image/jpeg"})


@pytest.fixture
def shelf(settings: Any, tmp_path: Path) -> Iterator[Shelf]:
    settings.ALLOW_PRIVATE_HOSTS = ["127.0.0.0/8"]
    settings.MEDIA_ROOT = tmp_path
    server = Shelf()
    server.files = {}
    yield server
    server.close()


def receive(world: World, shelf: Shelf, name: str, body: bytes | None) -> Attachment:
    if body is not None:
        shelf.files[f"/{name}"] = body
    sent = entry("Look", media=(Media(f"{shelf.url}/{name}", "image/jpeg", name),))
    small_world.make_item(world.connection, world.support, media=sent.media, external_id=sent.external_id)
    return Attachment.objects.get()


def test_a_picture_is_fetched_made_anew_and_shown(world: World, shelf: Shelf, client: Client) -> None:
    row = receive(world, shelf, "cat.jpg", picture())
    assert attachments.fetch_due() == 1
    row.refresh_from_db()
    assert (row.state, row.type, row.name) == ("stored", "image/jpeg", "cat.jpg")
    kept = row.path.read_bytes()
    assert b"taken at home" not in kept
    assert Image.open(io.BytesIO(kept)).size == (60, 40)
    assert Message.objects.get().media[0]["token"] == str(row.token)
    client.force_login(world.alice, backend="django.contrib.auth.backends.ModelBackend")
    response = client.get(f"/attachments/{row.token}/")
    assert b"".join(response.streaming_content) == kept
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    page = client.get(f"/items/{Item.objects.get().pk}/").content.decode()
    assert f'src="/attachments/{row.token}/"' in page
    assert shelf.url not in page  # nothing in a page loads from a third party


def test_it_is_fetched_once(world: World, shelf: Shelf) -> None:
    receive(world, shelf, "cat.jpg", picture())
    assert attachments.fetch_due() == 1
    assert attachments.fetch_due() == 0
    assert len(shelf.requests) == 1


@pytest.mark.parametrize("body", [b"<svg onload=alert(1)>", b"<!doctype html><script>1</script>", b"GIF89a but no gif"])
def test_what_is_no_picture_is_not_kept(world: World, shelf: Shelf, body: bytes) -> None:
    row = receive(world, shelf, "x.jpg", body)
    attachments.fetch_due()
    row.refresh_from_db()
    assert (row.state, bool(row.reason)) == ("refused", True)
    assert not row.path.exists()
    assert Message.objects.get().media[0]["refused"]


def test_a_decompression_bomb_costs_nobody_but_itself() -> None:
    bomb = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(bomb, "PNG")
    with pytest.raises(images.Unreadable):
        images.remake(bomb.getvalue(), "image/png")


def test_a_file_on_our_own_network_is_not_fetched(world: World, shelf: Shelf, settings: Any) -> None:
    settings.ALLOW_PRIVATE_HOSTS = []
    row = receive(world, shelf, "cat.jpg", picture())
    attachments.fetch_due()
    row.refresh_from_db()
    assert (row.state, shelf.requests) == ("refused", [])


def test_what_may_come_later_is_tried_again_and_given_up_in_the_end(world: World, shelf: Shelf) -> None:
    row = receive(world, shelf, "cat.jpg", picture())
    shelf.refuse(Response(503, b"later"))
    for _try in range(attachments.MOST_ATTEMPTS):
        Attachment.objects.filter(state="pending").update(next_at=timezone.now() - timedelta(seconds=1))
        attachments.fetch_due()
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("refused", attachments.MOST_ATTEMPTS)


def test_who_may_not_see_the_item_gets_no_file(world: World, shelf: Shelf, client: Client) -> None:
    row = receive(world, shelf, "cat.jpg", picture())
    attachments.fetch_due()
    Item.objects.update(team=world.legal)
    for who in (world.alice, world.charlie):
        client.force_login(who, backend="django.contrib.auth.backends.ModelBackend")
        assert client.get(f"/attachments/{row.token}/").status_code == 404
    Message.objects.update(deleted_at=timezone.now())
    client.force_login(world.dora, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(f"/attachments/{row.token}/").status_code == 404
