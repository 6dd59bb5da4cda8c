"""Files that a platform fetches: the message names their public addresses, and without one nothing is sent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from connectors.base import Account, Refused, Reply, TooLong
from connectors.files import File
from tests.connectors.conftest import Make
from tests.connectors.contract.send import SendContract
from tests.connectors.sender import Sender, of
from tests.connectors.test_instagram import TestInstagramMessages as InstagramCase
from tests.connectors.test_line import TestLine as LineCase
from tests.connectors.test_twilio import TestTwilio as TwilioCase

URL = "https://relaybox.example/files/"


class OnWhatsApp(TwilioCase):
    """Twilio again, with a sender of WhatsApp."""

    __test__ = False

    def account(self) -> Account:
        return replace(super().account(), external_id="whatsapp:+38612345678")

    def reply(self, *more: Any) -> Reply:
        return replace(super().reply(*more), thread="whatsapp:+38640111222")


CASES: list[type[SendContract]] = [LineCase, TwilioCase, OnWhatsApp, InstagramCase]
every = pytest.mark.parametrize("sender", CASES, indirect=True)


def at(file: File, name: str) -> File:
    return replace(file, url=f"{URL}{name}/", preview=f"{URL}{name}/small/")


@every
def test_without_a_public_address_nothing_is_sent(sender: Sender, picture: File) -> None:
    with pytest.raises(Refused, match="no public address"):
        sender.send(picture, text="")
    assert sender.server.requests == []


@of(LineCase)
def test_line_gets_words_and_pictures_in_one_push(sender: Sender, picture: File) -> None:
    sender.send(at(picture, "a"), at(picture, "b"), text="Here they are")
    sender.send(at(picture, "c"), text="", key="k-2")
    first, second = sender.server.accepted
    assert first["messages"] == [
        {"type": "text", "text": "Here they are"},
        {"type": "image", "originalContentUrl": f"{URL}a/", "previewImageUrl": f"{URL}a/small/"},
        {"type": "image", "originalContentUrl": f"{URL}b/", "previewImageUrl": f"{URL}b/small/"},
    ]
    assert [message["type"] for message in second["messages"]] == ["image"]


@of(LineCase)
def test_line_takes_four_pictures_and_no_video(sender: Sender, picture: File, make: Make) -> None:
    with pytest.raises(Refused, match="5 files"):
        sender.send(*[at(picture, "a")] * 5)
    with pytest.raises(Refused, match="video/mp4"):
        sender.send(at(make("a.mp4", "video/mp4"), "a"))
    with pytest.raises(Refused, match="larger than 10000000"):
        sender.send(at(make("a.jpg", "image/jpeg", b"x" * 10_000_001), "a"))
    assert sender.server.requests == []
    sender.send(*[at(picture, "a")] * 4)
    assert len(sender.server.accepted[0]["messages"]) == 5


@of(TwilioCase)
def test_a_text_message_names_every_file(sender: Sender, picture: File, make: Make) -> None:
    sender.send(at(picture, "a"), at(make("a.pdf", "application/pdf"), "b"), text="Here they are")
    sender.send(at(picture, "c"), text="")
    first, second = sender.server.accepted
    assert (first["Body"], first["MediaUrl"]) == ("Here they are", [f"{URL}a/", f"{URL}b/"])
    assert (second.get("Body"), second["MediaUrl"]) == (None, [f"{URL}c/"])


@of(TwilioCase)
def test_the_files_of_a_text_message_are_small(sender: Sender, make: Make) -> None:
    half = at(make("a.jpg", "image/jpeg", b"x" * 2_500_000), "a")
    with pytest.raises(Refused, match="together"):
        sender.send(half, half)
    with pytest.raises(Refused, match="11 files"):
        sender.send(*[half] * 11)
    with pytest.raises(Refused, match="image/webp"):
        sender.send(at(make("a.webp", "image/webp"), "a"))
    assert sender.server.requests == []


@of(OnWhatsApp)
def test_whatsapp_by_twilio_takes_one_file(sender: Sender, picture: File, make: Make) -> None:
    with pytest.raises(Refused, match="2 files"):
        sender.send(at(picture, "a"), at(picture, "b"))
    with pytest.raises(Refused, match="no place for a text"):
        sender.send(at(make("a.pdf", "application/pdf"), "a"), text="The bill")
    with pytest.raises(TooLong):
        sender.send(at(picture, "a"), text="a" * 1025)
    with pytest.raises(Refused, match="larger than 5000000"):
        sender.send(at(make("a.png", "image/png", b"x" * 5_000_001), "a"))
    assert sender.server.requests == []
    sender.send(at(picture, "a"), text="a" * 1024)
    sender.send(at(make("b.pdf", "application/pdf"), "b"), text="")
    assert [post["MediaUrl"] for post in sender.server.accepted] == [[f"{URL}a/"], [f"{URL}b/"]]


@of(InstagramCase)
def test_instagram_gets_one_file_and_no_words_beside_it(sender: Sender, picture: File, make: Make) -> None:
    with pytest.raises(Refused, match="no place for a text"):
        sender.send(at(picture, "a"), text="Here it is")
    with pytest.raises(Refused, match="larger than 8000000"):
        sender.send(at(make("a.gif", "image/gif", b"x" * 8_000_001), "a"), text="")
    with pytest.raises(Refused, match="audio/mpeg"):
        sender.send(at(make("a.mp3", "audio/mpeg"), "a"), text="")
    assert sender.server.requests == []
    sender.send(at(picture, "a"), text="")
    sender.send(at(make("b.pdf", "application/pdf"), "b"), text="")
    said = [post["message"] for _path, post in sender.server.accepted]
    assert said == [
        {"attachment": {"type": "image", "payload": {"url": f"{URL}a/"}}},
        {"attachment": {"type": "file", "payload": {"url": f"{URL}b/"}}},
    ]
