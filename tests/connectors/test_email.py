from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors import email, guard
from connectors.base import (
    Account,
    Author,
    Delivery,
    Entry,
    Kind,
    Media,
    NotConfigured,
    OutcomeUnknown,
    ParseError,
    Refused,
    Reply,
    SendError,
    TokenRevoked,
    TryLater,
    Verb,
)
from connectors.email_message import own_words
from tests.connectors.contract import LOOPBACK, NOW, QUESTION, ParseContract, VerifyContract
from tests.platforms.mail import PASSWORD, USER, MailServer

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()
MAIL = {
    "sender": "Noor@people.example",
    "sender_name": "Noor H",
    "recipient": "help@lamps.example",
    "name": "<m1@people.example>",
    "references": ["<root@lamps.example>"],
    "subject": "Dim lamp",
    "date": "Sat, 14 Mar 2026 10:00:00 +0100",
    "text": "It is dim 🌒",
}
MIME = f"""From: =?utf-8?q?Noor_=C4=8C?= <noor@people.example>
To: help+tok_12345678@lamps.example
Subject: =?utf-8?b?xI1lcm5hIGx1xI0=?=
Message-ID: <m2@people.example>
In-Reply-To: <m1@people.example> <other@people.example>
References: <root@lamps.example>
Date: Sat, 14 Mar 2026 10:00:00 +0100
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/html; charset=iso-8859-2
Content-Transfer-Encoding: quoted-printable

<p>Lu=E8 ne dela</p><p>&lt;b&gt;</p>
--b
Content-Type: image/png; name="a.png"
Content-Disposition: attachment; filename="../a.png"
Content-Transfer-Encoding: base64

{PNG}
--b--
""".replace("\n", "\r\n").encode()


FORGED = {**MAIL, "name": "<own@lamps.example>", "sender": "HELP@lamps.example"}
PASSED = "mx.lamps.example; spf=pass smtp.mailfrom=x.example; dmarc=pass (p=reject) header.from=lamps.example"


class TestEmail(VerifyContract, ParseContract):
    kind = "email"
    secret_name = "login"
    secret, other_secret = "mail:word-1", "mail:word-2"
    signature_header = "authorization"
    covers_body = False
    expected = {
        "verb": Verb.CREATE,
        "external_id": "<m1@people.example>",
        "thread": "<root@lamps.example>",
        "parent": "<root@lamps.example>",
        "is_reply": True,
        "kind": Kind.MESSAGE,
        "subject": "Dim lamp",
        "text": "It is dim 🌒",
        "author": Author("noor@people.example", "Noor@people.example", "Noor H"),
        "at": datetime(2026, 3, 14, 9, tzinfo=UTC),
        "outbound": False,
    }

    def account(self) -> Account:
        settings = {
            "address": "help@lamps.example",
            "from_name": "Lamps",
            "smtp_host": "127.0.0.1",
            "smtp_user": USER,
            "smtp_security": "none",
            "authserv_id": "mx.lamps.example",
        }
        return Account(
            "email", key="door-1", secrets={"login": (self.secret,), "smtp_password": (PASSWORD,)}, settings=settings
        )

    def signed(self, secret: str) -> Delivery:
        login = base64.b64encode(secret.encode()).decode()
        return Delivery(b"{}", {"authorization": f"Basic {login}"}, received_at=NOW)

    def created(self) -> Any:
        return MAIL

    def edited(self) -> Any:
        return None  # a mail that was sent stays as it is

    def deleted(self) -> Any:
        return None

    def echoed(self) -> Any:
        return {**FORGED, "headers": {"authentication-results": PASSED}}

    def unknown(self) -> Any:
        return {**MAIL, "headers": {"Auto-Submitted": "auto-replied"}}

    def batch(self, bad: Any) -> Any:
        return None  # one mail a delivery

    @pytest.mark.parametrize(
        "body", [b"", b"{", b'{"a":1}', b"Subject: x\r\n\r\nhello", b"\xff\xfe\0", b'{"a":' * 5000]
    )
    def test_what_cannot_be_read_is_a_parse_error(self, body: bytes) -> None:
        with pytest.raises(ParseError):
            self.read(body)

    def test_a_mail_as_it_travelled_is_read(self) -> None:
        entry = self.one(MIME)
        assert (entry.subject, entry.text) == ("černa luč", "Luč ne dela\n\n<b>")
        assert (entry.thread, entry.parent) == ("tok_12345678:noor@people.example", "<other@people.example>")
        assert entry.author == Author("noor@people.example", "noor@people.example", "Noor Č")
        assert entry.media == (Media("part:2", "image/png", "../a.png"),)
        assert email.attachment(Delivery(MIME), entry.media[0], self.account()) == base64.b64decode(PNG)

    @pytest.mark.parametrize(
        ("found", "proves"),
        [
            (PASSED, True),
            ("MX.lamps.example 1; dkim=pass header.i=@lamps.example header.d=Lamps.example header.s=k", True),
            ("", False),
            (PASSED.replace("mx.", "mx.evil."), False),  # another server says so
            ("mx.lamps.example; dmarc=fail header.from=lamps.example", False),
            ("mx.lamps.example; dmarc=pass header.from=evil.example", False),
            ("mx.lamps.example; dkim=pass header.d=evil.example; dmarc=none header.from=lamps.example", False),
            ("mx.lamps.example; spf=pass smtp.mailfrom=lamps.example", False),  # the envelope is nobody's word
            ("mx.lamps.example; dkim=fail (dkim=pass header.d=lamps.example)", False),
            ("mx.lamps.example; x-dkim=pass header.d=lamps.example", False),
            ("evil.example; a=b (mx.lamps.example; dmarc=pass header.from=lamps.example)", False),
        ],
    )
    def test_our_own_address_is_us_only_where_our_server_found_it_true(self, found: str, proves: bool) -> None:
        entry = self.one({**FORGED, "headers": {"authentication-results": found}})
        assert (entry.verb, entry.outbound) == (Verb.CREATE, proves)
        assert entry.author is not None
        assert (entry.author.is_us, entry.author.verified) == ((True, None) if proves else (False, False))
        assert entry.reason == ("" if proves else email.UNPROVEN)

    def test_without_a_server_to_trust_nothing_in_a_mail_proves_it(self) -> None:
        trusting = self.account()
        doubting = replace(trusting, settings={**trusting.settings, "authserv_id": ""})
        mail = Delivery(json.dumps({**FORGED, "headers": {"authentication-results": PASSED}}).encode())
        assert [entry.outbound for entry in self.connector.parse(mail, doubting)] == [False]
        assert [entry.outbound for entry in self.connector.parse(mail, trusting)] == [True]

    def test_a_forger_who_writes_below_our_servers_word_is_not_believed(self) -> None:
        own = b"Authentication-Results: mx.lamps.example; dmarc=fail header.from=lamps.example\r\n"
        forged = b"Authentication-Results: " + PASSED.encode() + b"\r\n"
        mail = MIME.replace(b"noor@people.example", b"help@lamps.example")
        assert self.one(own + forged + mail).outbound is False
        assert self.one(forged + own + mail).outbound is True

    @pytest.mark.parametrize("name", ["<relaybox.1@lamps.example>", "<relaybox.1.@lamps.example>"])
    def test_a_name_like_ours_proves_nothing(self, name: str) -> None:
        assert self.one({**FORGED, "name": name}).outbound is False

    @pytest.mark.parametrize(
        ("action", "status", "expected"),
        [
            ("failed", "smtp; 550 5.1.1 no such user", ("failed", "550 5.1.1 no such user")),
            ("Delivered", "smtp; 250 ok", ("delivered", "250 ok")),
            ("delayed", "smtp; 451 later", None),
        ],
    )
    @pytest.mark.parametrize("behind", ["message/rfc822", "text/rfc822-headers", ""])
    def test_a_report_of_a_mail_server_is_a_receipt_of_the_mail_it_means(
        self, action: str, status: str, expected: tuple[str, str] | None, behind: str
    ) -> None:
        sent = email.compose(REPLY, self.account())["Message-ID"]
        entry = self.one(bounce(sent, action, status, behind))
        if expected is None:
            assert (entry.verb, entry.reason) == (Verb.IGNORED, "a report of a mail server")
        else:
            assert (entry.verb, entry.external_id) == (Verb.RECEIPT, sent)
            assert (entry.receipt, entry.reason) == expected

    def test_a_report_about_a_mail_that_is_not_ours_says_nothing(self) -> None:
        sent = email.compose(REPLY, replace(self.account(), key="door-2"))["Message-ID"]
        for name in ("<relaybox.1@lamps.example>", sent):
            entry = self.one(bounce(name, "failed", "smtp; 550 no", "message/rfc822"))
            assert (entry.verb, entry.reason) == (Verb.IGNORED, "a report of a mail server")

    def test_an_automatic_reply_says_that_it_is_one(self) -> None:
        assert email.compose(REPLY, self.account())["Auto-Submitted"] is None
        away = email.compose(replace(REPLY, automatic=True), self.account())
        assert away["Auto-Submitted"] == "auto-replied"
        assert self.one(away.as_bytes()).verb is Verb.IGNORED

    @pytest.mark.parametrize("url", ["part:99", "part:x", "https://a.example"])
    def test_an_attachment_that_is_not_there_is_a_parse_error(self, url: str) -> None:
        with pytest.raises(ParseError):
            email.attachment(Delivery(MIME), Media(url), self.account())

    @pytest.mark.parametrize(
        "header",
        [
            b"Auto-Submitted: auto-replied",
            b"Precedence: bulk",
            b"List-Id: <lamps.example>",
            b"X-Auto-Response-Suppress: All",
            b"Return-Path: <>",
        ],
    )
    def test_a_machine_is_not_answered(self, header: bytes) -> None:
        entry = self.one(header + b"\r\n" + MIME)
        assert entry.verb is Verb.IGNORED
        assert self.one(b"Auto-Submitted: no\r\n" + MIME).verb is Verb.CREATE

    def test_a_mail_without_an_id_has_one_all_the_same(self) -> None:
        bare = {**MAIL, "name": "", "references": []}
        first, again, other = self.one(bare), self.one(bare), self.one({**bare, "text": "another"})
        assert first.external_id == again.external_id == first.thread
        assert other.external_id != first.external_id

    @pytest.mark.parametrize(
        "body",
        [
            b"From: a@b.example\r\nContent-Type: text/plain; charset=klingon\r\n\r\nhi",
            b"From: a@b.example\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\xff\xfe",
            b"From: a@b.example\r\nDate: the day before\r\nMessage-ID: broken\r\nSubject: =?x?y?z\r\n\r\nhi",
            b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=none\r\n\r\nhi",
            b'From: "\xff" <a@b.example>\r\nTo: <<>>,;\r\n\r\nhi\0',
        ],
    )
    def test_a_broken_mail_is_read_as_far_as_it_goes(self, body: bytes) -> None:
        entry = self.one(body)
        assert entry.verb is Verb.CREATE
        assert entry.author is not None
        assert entry.author.id == "a@b.example"
        entry.text.encode()

    @pytest.mark.parametrize(
        ("text", "own"),
        [
            ("Yes.\n\nOn Sat, 14 Mar 2026 at 10:00, Lamps wrote:\n> Is it on?", "Yes."),
            ("Ja.\r\nAm 14.03.2026 um 10:00 schrieb Lamps:\r\n> An?", "Ja."),
            ("Top\n-----Original Message-----\nFrom: x", "Top"),
            ("Bye\n-- \nNoor", "Bye"),
            ("> all of it is quoted", "> all of it is quoted"),
            ("one\n> quoted\ntwo", "one\ntwo"),
        ],
    )
    def test_only_what_the_author_wrote_is_kept(self, text: str, own: str) -> None:
        assert own_words(text) == own


def bounce(sent: str, action: str, status: str, behind: str) -> bytes:
    """What a mail server reports of the mail `sent`; behind it the mail, its headers, or only a reference."""
    original = f"Message-ID: {sent}\nSubject: Re: Dim lamp\nFrom: help@lamps.example\n\nHave you tried the blue one?\n"
    part = f"--b\nContent-Type: {behind}\n\n{original}" if behind else ""
    return (
        f"""From: MAILER-DAEMON (Mail Delivery System)
To: help@lamps.example
Subject: Undelivered Mail Returned to Sender
Message-ID: <bounce-1@mx.people.example>
{"" if behind else f"References: {sent}"}
Date: Sat, 14 Mar 2026 10:00:00 +0100
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

I am sorry to have to inform you.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.people.example

Final-Recipient: rfc822; noor@people.example
Action: {action}
Status: 5.1.1
Diagnostic-Code: {status}

{part}
--b--
""".replace("\n\nDate", "\nDate")
        .replace("\n", "\r\n")
        .encode()
    )


@pytest.fixture
def server() -> Iterator[MailServer]:
    server = MailServer()
    yield server
    server.close()


def account(server: MailServer, **changes: str) -> Account:
    plain = TestEmail().account()
    return replace(plain, settings={**plain.settings, "smtp_port": str(server.port), **changes})


REPLY = Reply(
    key="k-1",
    text=QUESTION + " 💡",
    thread="<root@lamps.example>",
    parent="<m1@people.example>",
    to="noor@people.example",
    subject="Dim lamp",
)


def send(server: MailServer, reply: Reply = REPLY, **changes: Any) -> Any:
    with guard.client(allow=LOOPBACK) as http:
        return email.Email().send(reply, replace(account(server), **changes), http)


def test_an_answer_goes_out_once_and_whole(server: MailServer) -> None:
    sent = send(server)
    (mail,) = server.accepted
    assert (mail["From"], mail["To"], mail["Subject"]) == (
        "Lamps <help@lamps.example>",
        "noor@people.example",
        "Re: Dim lamp",
    )
    assert (mail["In-Reply-To"], mail["References"]) == (REPLY.parent, f"{REPLY.thread} {REPLY.parent}")
    assert mail.get_content().strip() == REPLY.text
    assert mail["Message-ID"] == sent.external_id == send(server).external_id
    assert send(server, replace(REPLY, text="Or green?")).external_id != sent.external_id


def test_a_line_break_begins_no_header(server: MailServer) -> None:
    send(server, replace(REPLY, subject="Hi\r\nBcc: all@people.example"))
    (mail,) = server.accepted
    assert mail["Bcc"] is None
    assert mail["Subject"] == "Re: Hi Bcc: all@people.example"


@pytest.mark.parametrize(
    ("command", "answer", "error"),
    [
        ("RCPT", "550 no such person", Refused),
        ("RCPT", "450 come back", TryLater),
        ("MAIL", "421 too busy", TryLater),
        ("DATA", "554 no", Refused),
        ("END", "554 looks like spam", Refused),
        ("END", "451 try again", TryLater),
    ],
)
def test_the_servers_word_decides(server: MailServer, command: str, answer: str, error: type[SendError]) -> None:
    server.answers[command] = answer
    with pytest.raises(error) as raised:
        send(server)
    assert type(raised.value) is error
    assert server.accepted == []


def test_silence_after_the_last_byte_is_an_unknown_outcome(server: MailServer) -> None:
    server.answers["END"] = ""
    with pytest.raises(OutcomeUnknown):
        send(server)
    assert len(server.accepted) == 1


def test_a_wrong_password_ends_our_access(server: MailServer) -> None:
    with pytest.raises(TokenRevoked):
        send(server, secrets={"smtp_password": ("wrong",)})
    with pytest.raises(NotConfigured):
        send(server, secrets={})
    assert server.accepted == []


def test_a_server_out_of_reach_got_nothing(server: MailServer) -> None:
    server.close()
    with pytest.raises(TryLater):
        send(server)


def test_nobody_to_write_to_is_refused(server: MailServer) -> None:
    with pytest.raises(Refused):
        send(server, replace(REPLY, to=""))
    assert isinstance(email.Email().limits(Kind.MESSAGE, account(server)).length, type(None))
    assert server.accepted == []


def test_our_own_answer_is_known_when_it_comes_back(server: MailServer) -> None:
    send(server)
    (entry,) = email.Email().parse(Delivery(server.accepted[0].as_bytes()), account(server))
    assert isinstance(entry, Entry)
    assert (entry.outbound, entry.external_id) == (True, server.accepted[0]["Message-ID"])
