"""Files of a reply: kept with its draft, seen by who may see the item, gone out with it, back when it is taken back."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from inbox import delivery, draft_files, replies
from inbox.models import Attachment, Connection, DraftFile, Item, Message, Outbound
from teams.errors import Invalid, NotFound
from tests import world as small_world
from tests.inbox.test_attachments import picture
from tests.platforms.generic import SECRET, GenericServer
from tests.world import World

PDF = b"%PDF-1.7 a bill"


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def item(world: World) -> Item:
    return small_world.make_item(world.connection, world.support)


def add(item: Item, world: World, body: bytes = PDF, name: str = "bill.pdf") -> DraftFile:
    return draft_files.add(item=item.pk, by=world.alice, file=SimpleUploadedFile(name, body))


def signed_in(who: Any) -> Client:
    client = Client()
    client.force_login(who, backend="django.contrib.auth.backends.ModelBackend")
    return client


def is_empty(folder: Path) -> bool:
    return not [path for path in folder.rglob("*") if path.is_file()]


def test_a_picture_is_made_anew_and_its_type_is_what_its_bytes_prove(item: Item, world: World) -> None:
    made = add(item, world, picture(), "../lamp.html")
    assert (made.type, made.name, made.size) == ("image/jpeg", "lamp.html", made.path.stat().st_size)
    kept = made.path.read_bytes()
    assert b"taken at home" not in kept
    assert Image.open(io.BytesIO(kept)).size == (60, 40)


@pytest.mark.parametrize(
    ("body", "name", "why"),
    [
        (b"<svg onload=alert(1)>", "a.png", "“a.png” is of a kind that cannot be sent there."),
        (b"GIF89a but no gif", "b.gif", "“b.gif” is not a picture that can be read."),
        (b"%PDF-" + b"x" * 10_000_000, "c.pdf", "“c.pdf” is larger than 9.5 MB."),
    ],
)
def test_what_cannot_go_is_refused_by_name(
    item: Item, world: World, folder: Path, body: bytes, name: str, why: str
) -> None:
    with pytest.raises(Invalid) as refused:
        add(item, world, body, name)
    assert refused.value.fields["file"].replace("\xa0", " ") == why
    assert not DraftFile.objects.exists()
    assert is_empty(folder)


def test_a_reply_takes_only_so_many(item: Item, world: World) -> None:
    for _number in range(10):
        add(item, world)
    with pytest.raises(Invalid, match="10 files"):
        add(item, world)
    assert DraftFile.objects.count() == 10


def test_where_the_platform_takes_none_it_says_so(world: World, folder: Path) -> None:
    shop = Connection.objects.create(kind="google_play", name="Shop")
    item = small_world.make_item(shop, world.support)
    with pytest.raises(Invalid, match="Google Play takes no files with a reply"):
        add(item, world)
    assert is_empty(folder)
    page = signed_in(world.alice).get(f"/items/{item.pk}/").content.decode()
    assert 'data-refuse="Google Play takes no files with a reply."' in page
    assert 'type="file"' not in page


def test_they_go_out_with_the_reply_and_stand_in_the_thread(item: Item, world: World, settings: Any) -> None:
    settings.ALLOW_PRIVATE_HOSTS = ["127.0.0.0/8"]
    platform = GenericServer()
    small_world.add_secret(item.connection, "secret", SECRET)
    item.connection.settings = {"reply_url": f"{platform.url}/reply"}
    item.connection.save()
    first, second = add(item, world, picture("PNG"), "lamp.png"), add(item, world)
    files = {second.token: "", first.token: "  The lamp,\nlit "}
    sent = replies.reply(item=item.pk, by=world.alice, text="", key="k", files=files)
    body = first.path.read_bytes()
    assert delivery.deliver() == 1
    platform.close()
    (post,) = platform.accepted

    assert [(each["name"], each["type"], each["alt"]) for each in post["media"]] == [
        ("lamp.png", "image/png", "The lamp, lit"),
        ("bill.pdf", "application/pdf", ""),
    ]
    assert [base64.b64decode(each["content"]) for each in post["media"]] == [body, PDF]
    assert not DraftFile.objects.exists()
    page = signed_in(world.alice).get(f"/items/{item.pk}/").content.decode()
    assert f'<img src="/attachments/{first.token}/" alt="The lamp, lit"' in page
    assert "bill.pdf" in page
    assert replies.reply(item=item.pk, by=world.alice, text="", key="k", files=files).pk == sent.pk
    assert Outbound.objects.count() == 1


def test_one_that_is_gone_stops_the_reply(item: Item, world: World) -> None:
    mine = add(item, world)
    with pytest.raises(Invalid, match="sent or removed in another window"):
        replies.reply(item=item.pk, by=world.alice, text="Hi", key="k", files={mine.token: "", uuid4(): ""})
    assert not Outbound.objects.exists()
    assert DraftFile.objects.get() == mine
    item.refresh_from_db()
    assert item.assignee is None


def test_a_colleagues_file_does_not_go_with_my_reply(item: Item, world: World) -> None:
    hers = draft_files.add(item=item.pk, by=world.ada, file=SimpleUploadedFile("a.pdf", PDF))
    with pytest.raises(Invalid):
        replies.reply(item=item.pk, by=world.alice, text="Hi", key="k", files={hers.token: ""})
    with pytest.raises(NotFound):
        draft_files.remove(item=item.pk, by=world.alice, token=hers.token)
    with pytest.raises(NotFound):
        draft_files.describe(item=item.pk, by=world.alice, token=hers.token, alt="mine")
    hers.refresh_from_db()
    assert (hers.alt, hers.path.read_bytes()) == ("", PDF)
    assert not Message.objects.filter(direction="out").exists()


def test_a_caption_is_shorter_than_a_text(world: World) -> None:
    chat = Connection.objects.create(kind="telegram", name="Chat")
    item = small_world.make_item(chat, world.support)
    mine = add(item, world)
    with pytest.raises(Invalid, match="1024"):
        replies.reply(item=item.pk, by=world.alice, text="a" * 1025, key="k", files={mine.token: ""})
    assert not Outbound.objects.exists()
    replies.reply(item=item.pk, by=world.alice, text="a" * 1024, key="k", files={mine.token: ""})
    assert Outbound.objects.count() == 1


def test_words_that_have_no_place_beside_a_file_are_refused_before_anything_leaves(world: World) -> None:
    chat = Connection.objects.create(kind="messenger", name="Chat")
    item = small_world.make_item(chat, world.support)
    Item.objects.update(kind="dm")
    mine = add(item, world)
    with pytest.raises(Invalid) as refused:
        replies.reply(item=item.pk, by=world.alice, text="Here", key="k", files={mine.token: ""})
    assert refused.value.fields == {
        "file": "There is no place for words beside “bill.pdf” there. Send the two one after the other."
    }
    assert not Outbound.objects.exists()
    assert DraftFile.objects.get() == mine
    replies.reply(item=item.pk, by=world.alice, text="", key="k", files={mine.token: ""})
    assert Outbound.objects.count() == 1


def test_a_picture_that_is_too_large_for_its_kind_is_refused_when_it_comes(world: World, folder: Path) -> None:
    phone = Connection.objects.create(kind="whatsapp", name="Phone")
    item = small_world.make_item(phone, world.support)
    noise = Image.effect_noise((3000, 2000), 90)
    out = io.BytesIO()
    noise.save(out, "PNG")
    assert len(out.getvalue()) > 5_000_000
    with pytest.raises(Invalid) as refused:
        add(item, world, out.getvalue(), "noise.png")
    assert refused.value.fields["file"].replace("\xa0", " ") == "“noise.png” is larger than 4.8 MB."
    assert is_empty(folder)
    assert add(item, world, b"%PDF-" + b"x" * 6_000_000).size == 6_000_005


@pytest.mark.parametrize(
    ("kind", "item_kind", "words", "accept"),
    [
        ("bluesky", "mention", "At most 4 files, of 1.9 MB each. Kinds: JPEG, PNG, WEBP.", "image/jpeg,image/png"),
        ("messenger", "dm", "At most 1 file, of 19.1 MB. Without words beside them.", ""),
        ("telegram", "dm", "At most 10 files, of 19.1 MB each. With 1024 characters at most.", ""),
        (
            "twilio",
            "dm",
            "At most 10 files, of 4.7 MB each. Kinds: GIF, JPEG, MP4, MPEG, OGG, PDF, PNG, WEBM.",
            "application/pdf,audio/mp4",
        ),
        ("line", "dm", "At most 4 files, of 9.5 MB each. Kinds: JPEG, PNG.", "image/jpeg,image/png"),
    ],
)
def test_the_composer_says_what_goes_there(
    world: World, kind: str, item_kind: str, words: str, accept: str, settings: Any
) -> None:
    settings.HTTPS = True
    item = small_world.make_item(Connection.objects.create(kind=kind, name="There"), world.support)
    Item.objects.update(kind=item_kind)
    page = signed_in(world.alice).get(f"/items/{item.pk}/").content.decode().replace("\xa0", " ")
    assert f'id="files-taken">{words}<' in page
    assert (f'accept="{accept}' in page) == bool(accept)


@pytest.mark.parametrize("kind", ["line", "twilio", "instagram"])
def test_where_files_are_fetched_and_cannot_be_the_composer_says_so(world: World, kind: str, settings: Any) -> None:
    settings.HTTPS = False
    item = small_world.make_item(Connection.objects.create(kind=kind, name="There"), world.support)
    Item.objects.update(kind="dm")
    page = signed_in(world.alice).get(f"/items/{item.pk}/").content.decode()
    assert "fetches the files of a reply from Relaybox, whose address does not begin with https://: no files" in page
    with pytest.raises(Invalid, match="does not begin with https://"):
        add(item, world)


def test_together_they_may_be_too_large(item: Item, world: World) -> None:
    rows = [add(item, world) for _number in range(3)]
    DraftFile.objects.update(size=7_000_000)
    with pytest.raises(Invalid, match="Together"):
        replies.reply(item=item.pk, by=world.alice, text="Hi", key="k", files={row.token: "" for row in rows})
    assert not Outbound.objects.exists()


def test_a_reply_that_is_taken_back_gives_them_back(item: Item, world: World) -> None:
    mine = add(item, world)
    sent = replies.reply(item=item.pk, by=world.alice, text="Hi", key="k", files={mine.token: "A bill"})
    replies.take_back(outbound=sent.pk, by=world.alice)
    copy = DraftFile.objects.get()
    assert copy.token != mine.token
    assert (copy.author, copy.alt, copy.path.read_bytes()) == (world.alice, "A bill", PDF)
    draft_files.remove(item=item.pk, by=world.alice, token=copy.token)
    assert Attachment.objects.get().path.read_bytes() == PDF  # what the thread shows is still there


def test_what_is_removed_leaves_nothing(
    item: Item, world: World, folder: Path, django_capture_on_commit_callbacks: Any
) -> None:
    mine = add(item, world)
    with django_capture_on_commit_callbacks(execute=True):
        draft_files.remove(item=item.pk, by=world.alice, token=mine.token)
    assert not DraftFile.objects.exists()
    assert is_empty(folder)


def test_a_draft_file_is_seen_by_who_sees_the_item_and_by_nobody_else(world: World) -> None:
    item = small_world.make_item(world.connection, world.legal)
    file = draft_files.add(item=item.pk, by=world.dora, file=SimpleUploadedFile("deed.pdf", PDF))
    address = f"/attachments/{file.token}/"
    assert signed_in(world.ada).get(address).status_code == 200
    assert [signed_in(who).get(address).status_code for who in (world.alice, world.charlie)] == [404, 404]
    assert Client().get(address).status_code == 302


def test_they_are_there_after_a_reload_and_go_with_the_form(item: Item, world: World) -> None:
    client = signed_in(world.alice)
    answer = client.post(f"/items/{item.pk}/files/", {"file": SimpleUploadedFile("bill.pdf", PDF)})
    file = DraftFile.objects.get()
    assert answer.status_code == 201
    page = client.get(f"/items/{item.pk}/").content.decode()
    assert f'<input type="hidden" name="files" value="{file.token}">' in page
    form = {"mode": "reply", "text": "Here", "key": "k", "files": [str(file.token)]}
    assert client.post(f"/items/{item.pk}/answer/", form).status_code == 302
    assert Message.objects.get(direction="out").media[0]["token"] == str(file.token)


def test_without_a_script_the_form_brings_them_itself(item: Item, world: World) -> None:
    form = {"mode": "reply", "text": "Here", "key": "k", "file": [SimpleUploadedFile("bill.pdf", PDF)]}
    signed_in(world.alice).post(f"/items/{item.pk}/answer/", form)
    assert [each["name"] for each in Message.objects.get(direction="out").media] == ["bill.pdf"]


def test_a_refusal_comes_in_words(item: Item, world: World) -> None:
    client = signed_in(world.alice)
    answer = client.post(
        f"/items/{item.pk}/files/", {"file": SimpleUploadedFile("a.html", b"<html>")}, headers={"HX-Request": "true"}
    )
    assert answer.status_code == 400
    assert "“a.html” is of a kind that cannot be sent there." in answer.content.decode()
    assert client.post(f"/items/{item.pk}/files/").status_code == 400
    assert not DraftFile.objects.exists()
