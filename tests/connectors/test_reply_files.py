"""Replies with files: whole, in one post, with their words where the platform has a place for them."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from connectors import guard, registry
from connectors.base import Refused, Reply, TooLong
from connectors.files import File
from tests.connectors.conftest import Make
from tests.connectors.contract.base import LOOPBACK
from tests.connectors.contract.send import SendContract
from tests.connectors.test_discord import TestDiscord as DiscordCase
from tests.connectors.test_email import account as mail_account
from tests.connectors.test_generic import TestGeneric as GenericCase
from tests.connectors.test_mastodon import TestMastodon as MastodonCase
from tests.connectors.test_telegram import TestTelegram as TelegramCase
from tests.connectors.test_threads import TestThreads as ThreadsCase
from tests.platforms.discord import DiscordServer
from tests.platforms.generic import GenericServer
from tests.platforms.mail import MailServer
from tests.platforms.mastodon import MastodonServer
from tests.platforms.server import PlatformServer
from tests.platforms.telegram import TelegramServer


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with guard.client(allow=LOOPBACK) as client:
        yield client


@pytest.fixture
def picture(make: Make) -> File:
    return make("lamp.png", "image/png", b"PNG", "A lamp, lit")


def send(case: SendContract, server: PlatformServer, http: httpx.Client, *files: File, **more: Any) -> Any:
    reply = replace(case.reply(), files=files, **more)
    return case.connector.send(reply, case.account_at(server), http)


@pytest.fixture
def telegram() -> Iterator[TelegramServer]:
    server = TelegramServer()
    yield server
    server.close()


def test_telegram_sends_one_picture_with_the_text_as_its_caption(
    telegram: TelegramServer, http: httpx.Client, picture: File
) -> None:
    case = TelegramCase()
    sent = send(case, telegram, http, picture)
    ((method, post),) = telegram.accepted
    assert method == "sendPhoto"
    assert post == {
        "chat_id": "4100000001",
        "caption": case.reply().text,
        "reply_parameters": json.dumps({"message_id": 17, "allow_sending_without_reply": True}),
        "photo": b"PNG",
    }
    assert sent.external_id == "4100000001:91"


def test_telegram_sends_several_in_one_album_and_unlike_ones_as_documents(
    telegram: TelegramServer, http: httpx.Client, picture: File, make: Make
) -> None:
    send(TelegramCase(), telegram, http, picture, make("hum.mp4", "video/mp4"), text="Both")
    sent = send(TelegramCase(), telegram, http, picture, make("bill.pdf", "application/pdf"), text="")
    methods, posts = zip(*telegram.accepted, strict=True)
    assert methods == ("sendMediaGroup", "sendMediaGroup")
    assert json.loads(posts[0]["media"]) == [
        {"type": "photo", "media": "attach://f0", "caption": "Both"},
        {"type": "video", "media": "attach://f1"},
    ]
    assert [each["type"] for each in json.loads(posts[1]["media"])] == ["document", "document"]
    assert (posts[1]["f0"], posts[1]["f1"]) == (b"PNG", b"bytes")
    assert sent.external_id == "4100000001:91"


def test_telegram_takes_a_caption_to_its_limit_and_a_large_picture_as_a_document(
    telegram: TelegramServer, http: httpx.Client, picture: File
) -> None:
    with pytest.raises(TooLong):
        send(TelegramCase(), telegram, http, picture, text="a" * 1025)
    assert telegram.requests == []
    large = replace(picture, type="image/jpeg")
    large.path.write_bytes(b"x" * 10_000_001)
    send(TelegramCase(), telegram, http, large)
    assert telegram.accepted[0][0] == "sendDocument"


def test_discord_sends_them_beside_the_message(http: httpx.Client, picture: File) -> None:
    server = DiscordServer()
    send(DiscordCase(), server, http, picture)
    send(DiscordCase(), server, http, picture)
    ((_path, post),) = server.accepted  # the nonce still makes two tries one message
    assert post["attachments"] == [{"id": 0, "filename": "lamp.png", "description": "A lamp, lit"}]
    assert post["files"] == {"files[0]": b"PNG"}
    server.close()


def test_mastodon_uploads_first_and_names_what_it_uploaded(http: httpx.Client, picture: File) -> None:
    server = MastodonServer()
    send(MastodonCase(), server, http, picture, replace(picture, name="second.png", alt=""))
    assert server.media == [("lamp.png", b"PNG", "A lamp, lit"), ("second.png", b"PNG", "")]
    assert server.accepted[0]["media_ids"] == ["401", "402"]
    server.close()


def test_the_webhook_carries_them_within_its_json(http: httpx.Client, picture: File) -> None:
    server = GenericServer()
    send(GenericCase(), server, http, picture)
    content = base64.b64encode(b"PNG").decode()
    assert server.accepted[0]["media"] == [
        {"type": "image/png", "name": "lamp.png", "alt": "A lamp, lit", "content": content}
    ]
    server.close()


def test_a_mail_has_them_attached(http: httpx.Client, picture: File) -> None:
    server = MailServer()
    reply = Reply(key="k", text="Here it is", to="noor@people.example", files=(picture,))
    registry.get("email").send(reply, mail_account(server), http)
    server.close()
    (mail,) = server.accepted
    body, attached = mail.get_body(("plain",)), list(mail.iter_attachments())
    assert body is not None
    assert body.get_content().strip() == "Here it is"
    assert [(part.get_filename(), part.get_content_type(), part.get_content()) for part in attached] == [
        ("lamp.png", "image/png", b"PNG")
    ]


def test_a_platform_that_takes_none_is_not_asked(http: httpx.Client, picture: File) -> None:
    case = ThreadsCase()
    server = case.server_class()
    with pytest.raises(Refused, match="takes no files"):
        send(case, server, http, picture)
    assert server.requests == []
    server.close()


def test_a_file_that_is_gone_is_named_and_nothing_leaves(http: httpx.Client, picture: File) -> None:
    server = GenericServer()
    picture.path.unlink()
    with pytest.raises(Refused, match=r"lamp\.png"):
        send(GenericCase(), server, http, picture)
    assert server.requests == []
    server.close()


def test_two_replies_that_differ_in_their_files_alone_are_two(http: httpx.Client, picture: File, make: Make) -> None:
    server = DiscordServer()
    send(DiscordCase(), server, http, picture, text="")
    send(DiscordCase(), server, http, make("other.png", "image/png"), text="")
    assert len(server.accepted) == 2
    server.close()
