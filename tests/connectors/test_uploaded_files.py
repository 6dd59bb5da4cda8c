"""Files that go up before the message that names them: nobody sees them until then, and the message goes once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connectors.base import Kind, OutcomeUnknown, Refused, TooLong, TryLater
from connectors.files import File
from tests.connectors.conftest import Make
from tests.connectors.contract.send import SendContract
from tests.connectors.sender import Sender, of
from tests.connectors.test_bluesky import TestBluesky as BlueskyCase
from tests.connectors.test_facebook import TestMessenger as MessengerCase
from tests.connectors.test_slack import TestSlack as SlackCase
from tests.connectors.test_whatsapp import TestWhatsApp as WhatsAppCase
from tests.connectors.test_x import TestX as XCase
from tests.platforms.server import Request, Response

CASES: list[type[SendContract]] = [WhatsAppCase, SlackCase, BlueskyCase, XCase, MessengerCase]
UPLOAD = {
    WhatsAppCase: "/media",
    SlackCase: "/upload/v1/",
    BlueskyCase: "uploadBlob",
    XCase: "/2/media/upload",
    MessengerCase: "/message_attachments",
}


def words(sender: Sender) -> str:
    """Beside a file on Messenger no words have a place."""
    return "" if isinstance(sender.case, MessengerCase) else "Here it is"


every = pytest.mark.parametrize("sender", CASES, indirect=True)


@of(WhatsAppCase)
def test_whatsapp_names_the_file_it_stored_with_the_text_as_its_caption(
    sender: Sender, picture: File, make: Make
) -> None:
    sent = sender.send(picture, text="Here it is")
    sender.send(make("bill.pdf", "application/pdf"), text="")
    lamp, bill = sender.server.files.items()
    assert [(file.name, file.type, file.body) for file in (lamp[1], bill[1])] == [
        ("lamp.png", "image/png", picture.body),
        ("bill.pdf", "application/pdf", b"bytes"),
    ]
    (path, post), (_path, second) = sender.server.accepted
    assert (path, post["type"]) == ("501/messages", "image")
    assert post["image"] == {"id": lamp[0], "caption": "Here it is"}
    assert (post["biz_opaque_callback_data"], post["context"]) == ("k-1", {"message_id": "wamid.IN1"})
    assert second["document"] == {"id": bill[0], "filename": "bill.pdf"}
    assert sent.external_id == "wamid.OUT1"


@of(WhatsAppCase)
def test_whatsapp_sends_sound_without_words_and_never_too_large_a_picture(
    sender: Sender, picture: File, make: Make
) -> None:
    with pytest.raises(Refused, match="no place for a text"):
        sender.send(make("hum.mp3", "audio/mpeg"), text="Listen")
    picture.path.write_bytes(b"x" * 5_000_001)
    with pytest.raises(Refused, match="larger than 5000000 bytes"):
        sender.send(picture)
    with pytest.raises(TooLong):
        sender.send(make("a.pdf", "application/pdf"), text="a" * 1025)
    with pytest.raises(Refused, match="2 files"):
        sender.send(make("a.pdf", "application/pdf"), make("b.pdf", "application/pdf"))
    with pytest.raises(Refused, match="image/webp"):
        sender.send(make("a.webp", "image/webp"))
    assert sender.server.requests == []
    sender.send(make("hum.mp3", "audio/mpeg"), text="")
    assert sender.server.accepted[0][1]["type"] == "audio"


@of(SlackCase)
def test_slack_shares_all_files_and_the_text_in_one_message(sender: Sender, picture: File, make: Make) -> None:
    sent = sender.send(picture, make("bill.pdf", "application/pdf"), text="1 < 2")
    assert sender.server.places == {
        "F1": {"filename": "lamp.png", "length": str(picture.size), "alt_txt": "A lamp, lit"},
        "F2": {"filename": "bill.pdf", "length": "5"},
    }
    assert sender.server.files == {"F1": picture.body, "F2": b"bytes"}
    channel, _, stamp = sender.case.reply().thread.partition(":")
    assert sender.server.accepted == [
        {
            "files": [{"id": "F1", "title": "lamp.png"}, {"id": "F2", "title": "bill.pdf"}],
            "channel_id": channel,
            "initial_comment": "1 &lt; 2",
            **({"thread_ts": stamp} if stamp else {}),
        }
    ]
    assert sent.external_id == ""


@of(BlueskyCase)
def test_bluesky_embeds_what_it_put_up_and_two_tries_are_one_post(sender: Sender, picture: File) -> None:
    sender.send(picture, text="")
    sender.send(picture, text="")
    (post,) = sender.server.accepted
    ((name, body),) = sender.server.blobs.items()
    assert body == picture.body
    blob = {"$type": "blob", "ref": {"$link": name}, "mimeType": "image/png", "size": picture.size}
    image = {"image": blob, "alt": "A lamp, lit", "aspectRatio": {"width": 80, "height": 60}}
    assert post["embed"] == {"$type": "app.bsky.embed.images", "images": [image]}


@of(BlueskyCase)
def test_bluesky_takes_four_pictures_of_two_megabytes(sender: Sender, picture: File, make: Make) -> None:
    with pytest.raises(Refused, match="5 files"):
        sender.send(*[picture] * 5)
    with pytest.raises(Refused, match="application/pdf"):
        sender.send(make("bill.pdf", "application/pdf"))
    with pytest.raises(Refused, match="larger than 2000000"):
        sender.send(make("a.jpg", "image/jpeg", b"x" * 2_000_001))
    assert sender.server.requests == []
    sender.send(*[make("a.jpg", "image/jpeg", b"x" * 2_000_000)] * 4)
    assert len(sender.server.accepted[0]["embed"]["images"]) == 4


@of(XCase)
def test_x_names_pictures_in_a_post_with_their_descriptions(sender: Sender, picture: File) -> None:
    sender.send(picture, replace(picture, name="second.png", alt=""), text="")
    assert sender.server.accepted == [
        {"media": {"media_ids": ["880", "881"]}, "reply": {"in_reply_to_tweet_id": "7007"}}
    ]
    assert [(category, file.name, file.body) for category, file in sender.server.media.values()] == [
        ("tweet_image", "lamp.png", picture.body),
        ("tweet_image", "second.png", picture.body),
    ]
    assert sender.server.alts == {"880": "A lamp, lit"}


@of(XCase)
def test_x_names_one_picture_in_a_message(sender: Sender, picture: File) -> None:
    with pytest.raises(Refused, match="2 files"):
        sender.send(picture, picture, kind=Kind.DM, to="9009")
    assert sender.server.requests == []
    sender.send(picture, kind=Kind.DM, to="9009", text="Here it is")
    ((_path, post),) = sender.server.accepted
    assert post == {"text": "Here it is", "attachments": [{"media_id": "880"}]}
    assert sender.server.media["880"][0] == "dm_image"


@of(MessengerCase)
def test_messenger_names_the_file_it_stored_and_takes_no_words_beside_it(
    sender: Sender, picture: File, make: Make
) -> None:
    with pytest.raises(Refused, match="no place for a text"):
        sender.send(picture, text="Here it is")
    assert sender.server.requests == []
    sent = sender.send(picture, text="")
    sender.send(make("bill.pdf", "application/pdf"), text="")
    (path, post), (_path, second) = sender.server.accepted
    (name, (word, file)), (bill, _stored) = sender.server.files.items()
    assert (word, file.name, file.type, file.body) == ("image", "lamp.png", "image/png", picture.body)
    said = {"attachment": {"type": "image", "payload": {"attachment_id": name}}, "metadata": "k-1"}
    assert (path, post["message"]) == ("501/messages", said)
    assert second["message"]["attachment"] == {"type": "file", "payload": {"attachment_id": bill}}
    assert sent.external_id == "m_OUT1"


@every
@pytest.mark.parametrize("answer", [Response(503), None])
def test_an_upload_without_an_answer_is_made_again_and_the_message_goes_once(
    sender: Sender, picture: File, answer: Response | None
) -> None:
    case = type(sender.case)
    sender.fail(UPLOAD[case], answer)
    with pytest.raises(TryLater):
        sender.send(picture, text=words(sender))
    assert sender.server.accepted == []
    del sender.server.answer
    sender.send(picture, text=words(sender))
    assert len(sender.server.accepted) == 1


@every
def test_a_message_without_an_answer_is_in_doubt_although_its_file_is_up(sender: Sender, picture: File) -> None:
    posts = ("/messages", "completeUploadExternal", "putRecord", "/2/tweets")
    whole = sender.server.answer

    def answer(request: Request) -> Response:
        response = whole(request)
        return Response(502) if request.path.endswith(posts) else response

    sender.server.answer = answer
    with pytest.raises(OutcomeUnknown):
        sender.send(picture, text=words(sender))
    assert len(sender.server.accepted) == 1


@every
def test_a_file_that_the_platform_does_not_name_is_not_sent(sender: Sender, picture: File) -> None:
    at = "getUploadURL" if isinstance(sender.case, SlackCase) else UPLOAD[type(sender.case)]
    sender.fail(at, Response(200, {"ok": True}))
    with pytest.raises(Refused):
        sender.send(picture, text=words(sender))
    assert sender.server.accepted == []
