"""Replies leave through each mail provider's API, against servers that keep to its documentation."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors import guard
from connectors.base import OutcomeUnknown, Refused, Reply, TokenRevoked, TryLater
from connectors.files import File
from inbox import mail_sending
from inbox.mail_providers import PROVIDERS
from tests.connectors.contract.send import Wire
from tests.inbox.test_mail_providers import EMAIL, account
from tests.platforms.mail_api import (
    MailerSendServer,
    MailgunServer,
    MailjetServer,
    MailProvider,
    MandrillServer,
    PostmarkServer,
    SendGridServer,
    SparkPostServer,
)
from tests.platforms.server import Response

SERVERS: dict[str, type[MailProvider]] = {
    "mailgun": MailgunServer,
    "postmark": PostmarkServer,
    "sendgrid": SendGridServer,
    "mandrill": MandrillServer,
    "mailjet": MailjetServer,
    "sparkpost": SparkPostServer,
    "mailersend": MailerSendServer,
}
REPLY = Reply(
    key="relaybox-7",
    text="Have you tried the blue one?\nAda 💡",
    thread="<m1@home.example>",
    parent="<m2@home.example>",
    to="noor@home.example",
    subject="Dim lamp",
)


@pytest.mark.parametrize("provider", SERVERS)
class TestSending(Wire):
    def make_server(self, request: pytest.FixtureRequest) -> MailProvider:
        return SERVERS[request.getfixturevalue("provider")]()

    def send(self, provider: str, server: Any, http: httpx.Client, key: str = "", files: tuple[File, ...] = ()) -> str:
        known = account(provider, api_base=f"{server.url}/v3", from_name="Lamps")
        sender = replace(known, secrets={**known.secrets, "api_key": (key or server.key,)})
        sent: str = EMAIL.send(replace(REPLY, files=files), sender, http).external_id
        return sent

    def test_a_reply_goes_out_once_with_what_threads_it(self, provider: str, server: Any, http: httpx.Client) -> None:
        name = self.send(provider, server, http)
        (post,) = server.accepted
        assert name.startswith("<relaybox.")
        expected = {
            "to": "noor@home.example",
            "from": "Lamps <help@lamps.example>",
            "subject": "Re: Dim lamp",
            "text": REPLY.text,
            "message_id": name,
            "in_reply_to": "<m2@home.example>",
            "references": "<m1@home.example> <m2@home.example>",
            "key": "relaybox-7",
        }
        assert post == {field: value for field, value in expected.items() if field in post}
        assert expected.keys() - post.keys() <= ({"message_id", "references"} if provider == "mailersend" else set())

    def test_its_files_arrive_with_their_names_and_types(
        self, provider: str, server: Any, http: httpx.Client, tmp_path: Path
    ) -> None:
        files = {
            "lamp.png": ("image/png", b"\x89PNG\r\n\x1a\n\x00\xff"),
            "請求書 7.pdf": ("application/pdf", b"%PDF-1.7"),
            "scan": ("application/pdf", b"%PDF-1.4"),  # nothing but its type says what it is
        }
        for number, (_kind, body) in enumerate(files.values()):
            (tmp_path / str(number)).write_bytes(body)
        enclosed = [File(tmp_path / str(n), kind, name) for n, (name, (kind, _body)) in enumerate(files.items())]
        self.send(provider, server, http, files=tuple(enclosed))
        (post,) = server.accepted
        assert post["text"] == REPLY.text
        if provider == "mailersend":  # which has no place for a type
            files["scan"] = ("", files["scan"][1])
        assert server.attached == [(name, kind, body) for name, (kind, body) in files.items()]

    def test_without_files_none_arrive(self, provider: str, server: Any, http: httpx.Client) -> None:
        self.send(provider, server, http)
        assert (len(server.accepted), server.attached) == (1, [])

    @pytest.mark.parametrize(
        ("problem", "kind"),
        [
            ("rate_limited", TryLater),
            ("refused", Refused),
            ("revoked", TokenRevoked),
            (Response(500), OutcomeUnknown),
            (Response(200, b"<h1>"), OutcomeUnknown),
        ],
    )
    def test_what_went_wrong_has_a_name(
        self, provider: str, server: Any, http: httpx.Client, problem: Any, kind: type[Exception]
    ) -> None:
        if isinstance(problem, Response) and problem.status == 200 and not server.answers_with_words:
            return
        server.refuse(problem)
        with pytest.raises(kind) as raised:
            self.send(provider, server, http)
        assert server.accepted == []
        if kind is TryLater:
            wait = server.asks_to_wait
            assert raised.value.after == (timedelta(seconds=wait) if wait else None)  # type: ignore[attr-defined]

    def test_a_recipient_that_the_provider_rejects_was_not_sent_to(
        self, provider: str, server: Any, http: httpx.Client
    ) -> None:
        if "rejected" not in server.problems:  # it says so with a status, which is tested above
            return
        server.refuse("rejected")
        with pytest.raises(Refused):
            self.send(provider, server, http)

    def test_the_provider_sees_a_wrong_key(self, provider: str, server: Any, http: httpx.Client) -> None:
        with pytest.raises(TokenRevoked):
            self.send(provider, server, http, key=server.wrong_key)
        assert server.accepted == []

    def test_silence_after_the_post_is_an_unknown_outcome(
        self, provider: str, server: Any, http: httpx.Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("inbox.mail_sending.TIMEOUT", (5, 0.3))
        server.fall_silent(0.8)
        with pytest.raises(OutcomeUnknown):
            self.send(provider, server, http)
        assert len(server.accepted) == 1

    def test_a_provider_out_of_reach_got_nothing(self, provider: str, server: Any, http: httpx.Client) -> None:
        server.close()
        with pytest.raises(TryLater):
            self.send(provider, server, http)

    def test_a_provider_inside_is_not_called_unless_it_is_allowed(self, provider: str, server: Any) -> None:
        for http in (guard.client(), httpx.Client()):
            with http, pytest.raises(Refused, match="not an address we may call"):
                self.send(provider, server, http)
        assert server.requests == []


def test_every_provider_that_sends_has_its_server() -> None:
    assert {name for name, provider in PROVIDERS.items() if provider.sender} == set(SERVERS)


def test_a_report_tells_the_key_of_a_reply_as_metadata_or_as_a_tag() -> None:
    assert mail_sending.key_told({"relaybox_reply": "relaybox-7"}, []) == "relaybox-7"
    assert mail_sending.key_told({}, ["spring", "relaybox-7"]) == "relaybox-7"
    assert [mail_sending.key_told(None, None), mail_sending.key_told({}, ["spring"])] == ["", ""]
