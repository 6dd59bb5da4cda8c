"""A mail on the wire is as every server takes it, and nothing that cannot go out is left open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from connectors.base import NotConfigured, Refused, TryLater
from tests.connectors.test_email import REPLY, account, send
from tests.platforms.mail import MailServer


@pytest.fixture
def server() -> Iterator[MailServer]:
    server = MailServer()
    yield server
    server.close()


def test_a_server_that_cannot_check_the_password_now_ends_nothing(server: MailServer) -> None:
    server.answers["AUTH"] = "454 4.7.0 temporary authentication failure"
    with pytest.raises(TryLater) as raised:
        send(server)
    assert raised.value.code == "454"
    assert server.accepted == []


def test_no_line_of_a_mail_ends_otherwise_than_the_protocol_says(server: MailServer) -> None:
    send(server, replace(REPLY, text="čaj\n.\nend\r\n.\r\nQUIT"))
    (body,) = server.bodies
    assert body.count(b"\n") == body.count(b"\r") == body.count(b"\r\n")
    assert body.isascii()
    assert server.accepted[0].get_content().splitlines() == ["čaj", ".", "end", ".", "QUIT"]


def test_a_long_name_of_the_mail_answered_stays_whole(server: MailServer) -> None:
    long = f"<{'AM0PR04MB1234' * 6}@eurprd04.prod.outlook.example>"
    send(server, replace(REPLY, parent=long, thread=long))
    assert f"\r\nIn-Reply-To: {long}\r\nReferences: {long}\r\n".encode() in server.bodies[0]


def test_an_address_that_no_server_need_take_is_refused_for_sure(server: MailServer) -> None:
    with pytest.raises(Refused):
        send(server, replace(REPLY, to="noorč@people.example"))
    assert server.bodies == []


def test_a_port_that_is_no_number_is_a_matter_of_configuration(server: MailServer) -> None:
    with pytest.raises(NotConfigured):
        send(server, settings={**account(server).settings, "smtp_port": "25a"})
    assert server.bodies == []


def test_a_name_in_other_letters_goes_out(server: MailServer) -> None:
    send(server, settings={**account(server).settings, "from_name": "Lučka"})
    assert server.accepted[0]["From"] == "Lučka <help@lamps.example>"
