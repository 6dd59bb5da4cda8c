"""A mail on the wire is as every server takes it, and nothing that cannot go out is left open."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

import httpx
import pytest

from connectors import email, guard, smtp
from connectors.base import NotConfigured, Refused, TryLater
from tests.connectors.contract import LOOPBACK
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


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
@pytest.mark.parametrize("security", ["none", "starttls", "tls"])
def test_a_mail_server_inside_is_not_called_unless_it_is_allowed(server: MailServer, host: str, security: str) -> None:
    inside = account(server, smtp_host=host, smtp_security=security)
    for http in (guard.client(), guard.client(allow=["10.0.0.0/8"]), httpx.Client()):
        with http, pytest.raises(Refused, match="not a mail server that we may call"):
            email.Email().send(REPLY, inside, http)
    assert (server.bodies, server.met) == ([], 0)


def test_the_ports_of_mail_are_open_for_mail_alone() -> None:
    for port in smtp.MAIL_PORTS:
        assert str(guard.safe_address("1.1.1.1", port, (), smtp.MAIL_PORTS)) == "1.1.1.1"
        with pytest.raises(guard.Blocked):
            guard.safe_address("1.1.1.1", port)


def test_the_certificate_is_asked_for_under_the_servers_name(
    server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(ssl.SSLContext, "wrap_socket", lambda *_args, **more: asked.append(more["server_hostname"]))
    for security in ("tls", "starttls"):
        with guard.client(allow=LOOPBACK) as http, suppress(Exception):
            email.Email().send(REPLY, account(server, smtp_host="localhost", smtp_security=security), http)
    assert set(asked) == {"localhost"}


def test_a_name_in_other_letters_goes_out(server: MailServer) -> None:
    send(server, settings={**account(server).settings, "from_name": "Lučka"})
    assert server.accepted[0]["From"] == "Lučka <help@lamps.example>"
