from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from connectors.base import Account, Author, Delivery, Entry, Kind, Media, ParseError, Refused, Reply, Verb
from connectors.media import Source
from connectors.signing import based
from tests.connectors.contract import NOW, QUESTION, STRANGERS, ParseContract, SendContract, VerifyContract
from tests.platforms.server import Response
from tests.platforms.twilio import SID, TOKEN, TwilioServer

URL = "https://relay.example/hooks/abc/?x=1"
FORM = {
    "MessageSid": "SMin1",
    "SmsStatus": "received",
    "AccountSid": SID,
    "From": "+38640111222",
    "To": "+38612345678",
    "Body": "Luč + svetilka 💡 & več",
    "NumMedia": "1",
    "MediaUrl0": "https://api.twilio.com/media/1",
    "MediaContentType0": "image/jpeg",
}


class ManyValued(dict[str, list[str]]):
    """A form as web frameworks hand it to the SDK."""

    def getlist(self, name: str) -> list[str]:
        return self[name]


class TestTwilio(VerifyContract, ParseContract, SendContract):
    kind = "twilio"
    secret_name = "auth_token"
    secret, other_secret = TOKEN, "chair-auth-token"
    signature_header = "x-twilio-signature"
    expected_delivery_id = "SMin1"
    server_class = TwilioServer
    length = 1600
    expected = {
        "verb": Verb.CREATE,
        "external_id": "SMin1",
        "thread": "+38640111222",
        "kind": Kind.DM,
        "text": "Luč + svetilka 💡 & več",
        "author": Author("+38640111222", "+38640111222"),
        "at": NOW,
        "media": (Media("https://api.twilio.com/media/1", "image/jpeg", needs_token=True),),
        "outbound": False,
        "account": "+38612345678",
    }

    def account(self) -> Account:
        settings = {"account_sid": SID}
        return Account("twilio", external_id="+38612345678", secrets={"auth_token": (TOKEN,)}, settings=settings)

    def delivery(self, payload: Any) -> Delivery:
        body = payload if isinstance(payload, bytes) else urlencode(payload).encode()
        return Delivery(body, url=URL, received_at=NOW)

    def signed(self, secret: str) -> Delivery:
        signature = RequestValidator(secret).compute_signature(URL, FORM)
        return replace(self.delivery(FORM), headers={self.signature_header: signature})

    def created(self) -> Any:
        return FORM

    def edited(self) -> Any:
        return None  # neither SMS nor WhatsApp through Twilio reports edits

    def deleted(self) -> Any:
        return None

    def echoed(self) -> Any:
        return None  # what we send comes back as a status only

    def unknown(self) -> Any:
        return {**FORM, "SmsStatus": "", "MessageStatus": "hologram"}

    def batch(self, bad: Any) -> Any:
        return None  # one message a request

    def test_a_changed_body_is_refused_where_the_platform_signs_it(self) -> None:
        changed = replace(self.signed(TOKEN), body=self.delivery({**FORM, "Body": "other"}).body)
        with pytest.raises(Exception, match="does not fit"):
            self.verify(changed)

    @pytest.mark.parametrize("body", [b"", b"{", b"[" * 5000, b"&", b"a&b"])
    def test_what_cannot_be_read_is_a_parse_error(self, body: bytes) -> None:
        with pytest.raises(ParseError):
            self.read(body)

    def test_text_that_cannot_be_stored_is_mended(self) -> None:
        entry = self.one(self.delivery({**FORM, "Body": "lamp"}).body.replace(b"lamp", b"la%00mp%ED%A0%BD"))
        assert entry.text.startswith("lamp\N{REPLACEMENT CHARACTER}")
        entry.text.encode()

    def test_no_field_of_a_wrong_type_raises_anything(self) -> None:
        for name in FORM:
            for stranger in STRANGERS:
                for entry in self.readable({**FORM, name: stranger}):
                    assert isinstance(entry, Entry)

    def reply(self, text: str = QUESTION) -> Reply:
        return Reply(key="k-1", text=text, thread="+38640111222", parent="SMin1", kind=Kind.DM)

    def expected_post(self) -> Any:
        return {"To": "+38640111222", "Body": QUESTION, "From": "+38612345678"}

    def expected_id(self) -> str:
        return "SMout1"

    @pytest.mark.parametrize("url", [URL, URL.replace("example", "example:443")])
    def test_the_sdks_signature_fits_with_and_without_the_port(self, url: str) -> None:
        signature = RequestValidator(TOKEN).compute_signature(url, FORM)
        assert self.verify(replace(self.delivery(FORM), headers={self.signature_header: signature})) == "SMin1"

    def test_a_message_that_failed_when_it_was_made_is_refused(self, server: TwilioServer, http: httpx.Client) -> None:
        made = {"sid": "SMout1", "status": "failed", "error_code": 30034, "error_message": "Not registered"}
        server.refuse(Response(201, made))
        with pytest.raises(Refused, match="Not registered") as raised:
            self.connector.send(self.reply(), self.account_at(server), http)
        assert raised.value.code == "30034"

    def test_repeated_fields_are_signed_as_the_sdk_signs_them(self) -> None:
        form = {**{name: [value] for name, value in FORM.items()}, "Tag": ["b", "a", "b"]}
        signature = RequestValidator(TOKEN).compute_signature(URL, ManyValued(form))
        delivery = Delivery(urlencode(form, doseq=True).encode(), {self.signature_header: signature}, url=URL)
        assert self.verify(delivery) == "SMin1"

    def test_the_newer_algorithm_is_understood(self) -> None:
        joined = URL + "".join(f"{name}{FORM[name]}" for name in sorted(FORM))
        headers = {
            self.signature_header: based(TOKEN, joined.encode()),
            "x-twilio-webhooks-signature-settings": "key=auth_token,algorithm=HMAC_SHA256",
        }
        assert self.verify(replace(self.delivery(FORM), headers=headers)) == "SMin1"

    def test_the_address_of_another_hook_is_refused(self) -> None:
        with pytest.raises(Exception, match="does not fit"):
            self.verify(replace(self.signed(TOKEN), url="https://relay.example/hooks/other/"))

    @pytest.mark.parametrize(("status", "receipt"), [("delivered", "delivered"), ("undelivered", "failed")])
    def test_a_status_is_a_receipt_and_a_delivery_of_its_own(self, status: str, receipt: str) -> None:
        form = {"MessageSid": "SMout1", "MessageStatus": status, "ErrorCode": "30008", "To": "+3"}
        entry = self.one(form)
        assert (entry.verb, entry.external_id, entry.receipt) == (Verb.RECEIPT, "SMout1", receipt)
        signature = RequestValidator(TOKEN).compute_signature(URL, form)
        signed = replace(self.delivery(form), headers={self.signature_header: signature})
        assert self.verify(signed) == f"SMout1:{status}"

    def test_a_person_without_a_number_is_known_by_id(self) -> None:
        person = {"From": "whatsapp:SI.7", "ExternalUserId": "SI.7", "ProfileName": "Luka", "ProfileUsername": "lukaz"}
        entry = self.one({**FORM, **person})
        assert entry.author == Author("SI.7", "lukaz", "Luka", aliases=("whatsapp:SI.7",))
        assert entry.thread == "whatsapp:SI.7"

    def test_whatsapp_has_a_window_and_a_service_may_send(self, server: TwilioServer) -> None:
        whatsapp = replace(self.account(), external_id="whatsapp:+386")
        assert self.connector.limits(Kind.DM, whatsapp).window is not None
        assert self.connector.limits(Kind.DM, self.account()).window is None

    def test_a_file_is_fetched_with_the_login(self, http: httpx.Client) -> None:
        source = self.connector.locate(Media("https://api.twilio.com/m"), self.account(), http)
        assert source == Source("https://api.twilio.com/m", {"Authorization": "Basic QUM0MTpsYW1wLWF1dGgtdG9rZW4="})

    def test_without_a_number_nothing_leaves(self, server: TwilioServer, http: httpx.Client) -> None:
        with pytest.raises(Refused):
            self.connector.send(self.reply(), replace(self.account_at(server), external_id=""), http)
        assert server.requests == []
