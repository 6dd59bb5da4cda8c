"""What Meta's platforms promise alike."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pywa.utils import webhook_updates_validator

from connectors.base import Account, Answer, Delivery, NotConfigured, ParseError
from connectors.meta import signature
from tests.connectors.contract import NOW, VerifyContract
from tests.platforms.graph import TOKEN

SECRET, OTHER = "app-secret-of-lamps", "app-secret-of-chairs"


class MetaContract(VerifyContract):
    secret_name = "app_secret"
    secret, other_secret = SECRET, OTHER
    signature_header = "x-hub-signature-256"
    account_id = "501"

    def account(self) -> Account:
        secrets = {"app_secret": (SECRET,), "verify_token": ("new-word", "old-word"), "access_token": (TOKEN,)}
        return Account(self.kind, external_id=self.account_id, secrets=secrets)

    def signed(self, secret: str) -> Delivery:
        body = b'{"object":"page","entry":[{"text":"caf\\u00e9"}]}'
        return Delivery(body, {self.signature_header: signature(secret, body)}, received_at=NOW)

    @pytest.mark.parametrize("word", ["new-word", "old-word"])
    def test_the_handshake_is_answered_with_the_challenge_as_plain_text(self, word: str) -> None:
        query = {"hub.mode": "subscribe", "hub.verify_token": word, "hub.challenge": "<b>1158201444"}
        answer = self.connector.handshake(Delivery(b"", query=query, method="GET"), self.account())
        assert answer == Answer(200, b"<b>1158201444", "text/plain; charset=utf-8")

    @pytest.mark.parametrize("word", ["", "wrong", "é", "new-word "])
    def test_a_handshake_with_another_word_is_refused(self, word: str) -> None:
        query = {"hub.mode": "subscribe", "hub.verify_token": word, "hub.challenge": "1158201444"}
        answer = self.connector.handshake(Delivery(b"", query=query, method="GET"), self.account())
        assert answer == Answer(403)

    def test_without_a_verify_token_no_handshake_succeeds(self) -> None:
        query = {"hub.mode": "subscribe", "hub.verify_token": "", "hub.challenge": "1"}
        assert self.connector.handshake(Delivery(b"", query=query, method="GET"), Account(self.kind)) == Answer(403)

    def test_a_delivery_is_no_handshake(self) -> None:
        assert self.connector.handshake(self.signed(SECRET), self.account()) is None

    def test_the_same_json_written_otherwise_is_refused(self) -> None:
        delivery = self.signed(SECRET)
        body = json.dumps(json.loads(delivery.body), ensure_ascii=False).encode()
        with pytest.raises(Exception, match="does not fit"):
            self.verify(Delivery(body, delivery.headers))

    def test_pywa_verifies_as_we_do(self) -> None:
        delivery = self.signed(SECRET)
        assert webhook_updates_validator(SECRET, delivery.body, delivery.headers[self.signature_header])

    @pytest.mark.parametrize("payload", [{}, {"entry": None}, {"entry": {}}, [], 3])
    def test_a_payload_without_its_envelope_is_a_parse_error(self, payload: Any) -> None:
        with pytest.raises(ParseError):
            self.read(payload)

    def test_a_missing_secret_is_a_matter_of_configuration(self) -> None:
        with pytest.raises(NotConfigured):
            self.connector.verify(self.signed(SECRET), Account(self.kind))


def change(field: str, value: Any, *, account: str = "501", kind: str = "page") -> dict[str, Any]:
    changes = [{"field": field, "value": value}]
    return {"object": kind, "entry": [{"id": account, "time": 1773478800, "changes": changes}]}


def messaging(*pieces: Any, account: str = "501", kind: str = "page") -> dict[str, Any]:
    return {"object": kind, "entry": [{"id": account, "time": 1773478800000, "messaging": list(pieces)}]}


def message(mid: str, text: str, **more: Any) -> dict[str, Any]:
    """A direct message from person 9009 to account 501."""
    said = {"mid": mid, "text": text, **more}
    return {"sender": {"id": "9009"}, "recipient": {"id": "501"}, "timestamp": 1773478800123, "message": said}


def echo(mid: str, text: str, **more: Any) -> dict[str, Any]:
    said = {"mid": mid, "text": text, "is_echo": True, **more}
    return {"sender": {"id": "501"}, "recipient": {"id": "9009"}, "timestamp": 1773478900123, "message": said}
