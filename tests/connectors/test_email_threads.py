"""Whose conversation a mail belongs to: never a stranger's."""

from __future__ import annotations

import pytest

from connectors.base import Account, Delivery
from connectors.email import Email

ACCOUNT = Account("email", settings={"address": "Help@lamps.example"})


def thread(to: str, sender: str = "noor@people.example", more: str = "", account: Account = ACCOUNT) -> str:
    mail = f"From: {sender}\r\nTo: {to}\r\nMessage-ID: <m1@people.example>\r\n{more}\r\nhello\r\n"
    (entry,) = Email().parse(Delivery(mail.encode()), account)
    return entry.thread


def test_two_people_who_write_to_one_tagged_address_have_a_conversation_each() -> None:
    found = [
        thread("help+newsletter@lamps.example", sender) for sender in ("Noor@people.example", "kai@people.example")
    ]
    assert found == ["newsletter:noor@people.example", "newsletter:kai@people.example"]


@pytest.mark.parametrize(
    "to",
    [
        "help@lamps.example, kai+shopping@people.example",
        "kai+shopping@people.example, help@lamps.example",
        "help+shopping@chairs.example",
        "sales+shopping@lamps.example",
        "help+short@lamps.example",
    ],
)
def test_a_tag_in_anybody_elses_address_says_nothing(to: str) -> None:
    assert thread(to) == "<m1@people.example>"
    assert thread(to, more="References: <root@lamps.example>\r\n") == "<root@lamps.example>"


def test_without_an_address_of_our_own_no_tag_counts() -> None:
    assert thread("help+shopping@lamps.example", account=Account("email")) == "<m1@people.example>"
