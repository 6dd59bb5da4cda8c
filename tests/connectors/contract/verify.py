"""Who may speak for a platform."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import ClassVar

import pytest

from connectors.base import (
    Account,
    Delivery,
    NotConfigured,
    SignatureError,
)
from tests.connectors.contract.base import (
    HOSTILE_HEADERS,
    NOT_JSON,
    Base,
)


class VerifyContract(Base):
    """Who may speak for the platform."""

    secret_name: ClassVar[str]
    secret: ClassVar[str]
    other_secret: ClassVar[str]  # another connection's, of the same form
    signature_header: ClassVar[str]
    covers_body: ClassVar[bool] = True
    expected_delivery_id: ClassVar[str] = ""

    def signed(self, secret: str) -> Delivery:
        """A delivery as the platform signs it."""
        raise NotImplementedError

    def with_secrets(self, *values: str) -> Account:
        account = self.account()
        return replace(account, secrets={**account.secrets, self.secret_name: values})

    def verify(self, delivery: Delivery, *secrets: str) -> str:
        return str(self.connector.verify(delivery, self.with_secrets(*(secrets or (self.secret,)))))

    def test_a_good_signature_gives_the_delivery_id_each_time(self) -> None:
        ids = [self.verify(self.signed(self.secret)) for _ in range(2)]
        assert ids == [self.expected_delivery_id] * 2

    def test_another_connections_secret_is_refused(self) -> None:
        with pytest.raises(SignatureError):
            self.verify(self.signed(self.other_secret))

    def test_a_missing_signature_is_refused(self) -> None:
        delivery = self.signed(self.secret)
        bare = {name: value for name, value in delivery.headers.items() if name != self.signature_header}
        assert bare != delivery.headers
        with pytest.raises(SignatureError):
            self.verify(replace(delivery, headers=bare))

    @pytest.mark.parametrize("value", HOSTILE_HEADERS)
    def test_a_hostile_signature_is_refused_and_nothing_worse(self, value: str) -> None:
        delivery = self.signed(self.secret)
        with pytest.raises(SignatureError):
            self.verify(replace(delivery, headers={**delivery.headers, self.signature_header: value}))

    @pytest.mark.parametrize("value", HOSTILE_HEADERS)
    def test_a_hostile_header_beside_the_signature_raises_nothing_else(self, value: str) -> None:
        delivery = self.signed(self.secret)
        for name in delivery.headers:
            with suppress(SignatureError):
                self.verify(replace(delivery, headers={**delivery.headers, name: value}))

    def test_a_changed_body_is_refused_where_the_platform_signs_it(self) -> None:
        delivery = self.signed(self.secret)
        changed = replace(delivery, body=delivery.body + b" ")
        if not self.covers_body:
            assert self.verify(changed) == self.expected_delivery_id
            return
        with pytest.raises(SignatureError):
            self.verify(changed)

    def test_a_rotated_secret_is_accepted_while_both_are_valid(self) -> None:
        both = (self.other_secret, self.secret)
        assert self.verify(self.signed(self.secret), *both) == self.expected_delivery_id
        assert self.verify(self.signed(self.other_secret), *both) == self.expected_delivery_id

    def test_without_a_secret_nothing_is_verified(self) -> None:
        for values in ((), ("",)):
            with pytest.raises(NotConfigured):
                self.connector.verify(self.signed(self.secret), self.with_secrets(*values))

    def test_a_body_that_is_no_json_raises_nothing_else(self) -> None:
        for body in NOT_JSON:
            with suppress(SignatureError):
                self.verify(replace(self.signed(self.secret), body=body))

    def test_the_platform_is_told_that_the_delivery_is_stored(self) -> None:
        assert 200 <= self.connector.accepted().status < 300

    def test_a_signed_delivery_is_no_handshake_and_neither_is_an_empty_question(self) -> None:
        for method in ("GET", "HEAD", "OPTIONS"):
            assert self.connector.handshake(Delivery(b"", method=method), self.account()) is None
        assert self.connector.handshake(self.signed(self.secret), self.account()) is None
