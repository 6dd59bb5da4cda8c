"""Mail providers: each proves its deliveries, tells mails and reports, and sends, as django-anymail knows it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest

from connectors import email, registry
from connectors.base import (
    Account,
    Delivery,
    Entry,
    NotConfigured,
    ParseError,
    Reply,
    SignatureError,
    Verb,
)
from inbox.ingest import digest
from inbox.mail_providers import PROVIDERS
from inbox.models import Attachment, Connection, Event, Item, Message, Outbound
from tests.connectors.contract import LOOPBACK, NOW
from tests.connectors.contract.base import HOSTILE_HEADERS, NOT_JSON, STRANGERS
from tests.connectors.test_email import bounce
from tests.inbox.at_the_door import at_the_door, request
from tests.inbox.provider_mails import FORM, POSTS, RAW, SIGNED, URL, mailgun, secrets_of
from tests.world import World, add_secret, fresh, make_connection

ENVELOPE = '{"to": ["x@y"], "from": "x@y"}'
TO = {"recipient": "help@lamps.example", "sender": "x@y", "token": "t9", "timestamp": "1773478800", "signature": "-"}
BASIC = sorted(set(POSTS) - SIGNED)
EMAIL: Any = registry.get("email")


def account(provider: str, *secrets: str, **settings: str) -> Account:
    name = "webhook_key" if provider in SIGNED else "login"
    own = secrets or (secrets_of(provider)[0],)
    return Account(
        "email", secrets={name: own}, settings={"provider": provider, "address": "help@lamps.example", **settings}
    )


def posted(provider: str, secret: str = "", **query: str) -> Delivery:
    body, headers = POSTS[provider](secret or secrets_of(provider)[0])
    return Delivery(body, headers, query, url=URL, received_at=NOW)


def read(delivery: Delivery, provider: str) -> list[Entry]:
    return list(EMAIL.parse(delivery, account(provider)))


@pytest.mark.parametrize("provider", POSTS)
class TestEveryProvider:
    def test_a_good_proof_is_accepted_each_time(self, provider: str) -> None:
        name = "t0" if provider == "mailgun" else ""
        assert [EMAIL.verify(posted(provider), account(provider)) for _ in range(2)] == [name] * 2

    def test_another_connections_proof_is_refused(self, provider: str) -> None:
        with pytest.raises(SignatureError):
            EMAIL.verify(posted(provider, secrets_of(provider)[1]), account(provider))

    def test_both_proofs_are_accepted_while_one_replaces_the_other(self, provider: str) -> None:
        own, other = secrets_of(provider)
        for secret in (own, other):
            EMAIL.verify(posted(provider, secret), account(provider, other, own))

    def test_a_missing_proof_is_refused(self, provider: str) -> None:
        delivery = posted(provider)
        bare = replace(delivery, headers={"content-type": delivery.headers["content-type"]}, body=b"a=b")
        with pytest.raises(SignatureError):
            EMAIL.verify(bare, account(provider))

    def test_without_a_secret_nothing_is_verified(self, provider: str) -> None:
        with pytest.raises(NotConfigured):
            EMAIL.verify(posted(provider), replace(account(provider), secrets={}))

    @pytest.mark.parametrize("value", HOSTILE_HEADERS)
    def test_hostile_headers_raise_nothing_else(self, provider: str, value: str) -> None:
        delivery = posted(provider)
        for name in delivery.headers:
            try:
                EMAIL.verify(replace(delivery, headers={**delivery.headers, name: value}), account(provider))
            except SignatureError:
                continue
            assert name == "content-type"  # it is no part of some proofs

    def test_a_mail_is_normalised(self, provider: str) -> None:
        (entry,) = read(posted(provider), provider)
        assert (entry.verb, entry.external_id) == (Verb.CREATE, "<m2@home.example>")
        assert entry.text == "It still hums, please help"
        assert (entry.author.id, entry.author.name) == ("noor@home.example", "Noor Haddad")  # type: ignore[union-attr]
        assert (entry.parent, entry.is_reply) == ("<relaybox.1@lamps.example>", True)
        (medium,) = entry.media
        assert (medium.name, medium.type) == ("hum.png", "image/png")
        assert email.attachment(posted(provider), medium, account(provider)).startswith(b"\x89PNG")

    @pytest.mark.parametrize("body", [*NOT_JSON, b"[]", b"{}", b"null", b"mandrill_events=7", b"email=&headers=x"])
    @pytest.mark.parametrize("query", [{}, {"about": "delivery"}])
    def test_what_cannot_be_read_is_a_parse_error_or_nothing(
        self, provider: str, body: bytes, query: dict[str, str]
    ) -> None:
        for headers in ({"content-type": "application/json"}, FORM):
            try:
                entries = read(Delivery(body, headers, query), provider)
            except ParseError:
                continue
            assert all(entry.verb in {Verb.IGNORED, Verb.BROKEN} for entry in entries)


def report(event: str, /, **more: Any) -> Delivery:
    """What Mailgun says became of a mail of ours."""
    data = {
        "event": event,
        "recipient": "noor@home.example",
        "timestamp": 1773478800,
        "message": {"headers": {"message-id": "relaybox.1@lamps.example"}},
        "user-variables": {"relaybox_reply": "relaybox-7"},
        **more,
    }
    body = json.dumps({"signature": {"token": "t", "timestamp": "1", "signature": "s"}, "event-data": data}).encode()
    return Delivery(body, {"content-type": "application/json"}, {"about": "delivery"}, url=URL)


@pytest.mark.parametrize(
    ("event", "more", "receipt"),
    [
        ("delivered", {}, "delivered"),
        ("opened", {}, "read"),
        ("failed", {"severity": "permanent", "delivery-status": {"description": "No such user"}}, "failed"),
        ("rejected", {"reject": {"reason": "Spam"}}, "failed"),
    ],
)
def test_a_report_is_a_receipt(event: str, more: dict[str, Any], receipt: str) -> None:
    (entry,) = read(report(event, **more), "mailgun")
    assert (entry.verb, entry.receipt, entry.client_key) == (Verb.RECEIPT, receipt, "relaybox-7")
    assert entry.external_id == "<relaybox.1@lamps.example>"
    assert ("No such user" in entry.reason) == ("delivery-status" in more)


@pytest.mark.parametrize(("event", "more"), [("failed", {"severity": "temporary"}), ("clicked", {}), ("hologram", {})])
def test_other_reports_are_ignored(event: str, more: dict[str, Any]) -> None:
    (entry,) = read(report(event, **more), "mailgun")
    assert (entry.verb, bool(entry.reason)) == (Verb.IGNORED, True)


@pytest.mark.parametrize("field", ["event", "recipient", "timestamp", "message", "user-variables"])
def test_no_field_of_a_wrong_type_in_a_report_raises_anything(field: str) -> None:
    for stranger in STRANGERS:
        try:
            entries = read(report("delivered", **{field: stranger}), "mailgun")
        except ParseError:
            continue
        assert all(isinstance(entry, Entry) for entry in entries)


def _batch_of(provider: str, *events: Any) -> Delivery:
    body = json.dumps(events)
    if provider == "mandrill":
        return Delivery(urlencode({"mandrill_events": body}).encode(), FORM, url=URL)
    return Delivery(body.encode(), {"content-type": "application/json"}, {"about": "delivery"}, url=URL)


GOOD: dict[str, dict[str, Any]] = {
    "sendgrid": {"event": "delivered", "email": "a@b", "timestamp": 1773478800, "relaybox_reply": "relaybox-7"},
    "mailjet": {"event": "open", "email": "a@b", "time": 1773478800, "Payload": '{"relaybox_reply": "relaybox-7"}'},
    "sparkpost": {
        "msys": {
            "message_event": {
                "type": "delivery",
                "timestamp": "1773478800",
                "rcpt_to": "a@b",
                "rcpt_meta": {"relaybox_reply": "relaybox-7"},
            }
        }
    },
    "mandrill": {
        "event": "open",
        "ts": 1773478800,
        "_id": "1",
        "msg": {"email": "a@b", "_id": "1", "metadata": {"relaybox_reply": "relaybox-7"}},
    },
}


@pytest.mark.parametrize("provider", GOOD)
@pytest.mark.parametrize("bad", [7, [], "x", {"event": 7, "msys": 7, "timestamp": "x", "ts": "x", "time": "x"}])
def test_a_bad_entry_of_a_batch_costs_its_neighbours_nothing(provider: str, bad: Any) -> None:
    entries = read(_batch_of(provider, GOOD[provider], bad, GOOD[provider]), provider)
    first, *between, last = entries
    assert [entry.verb for entry in between] == [Verb.BROKEN]
    assert between[0].reason
    for entry in (first, last):
        assert (entry.verb, entry.client_key) == (Verb.RECEIPT, "relaybox-7")


def test_each_mail_of_a_batch_has_its_own_attachments() -> None:
    texts = ("Subject: no sender\n\nx", "From: a@b.example\nSubject: bare\n\nx", RAW)
    mails = [{"event": "inbound", "ts": 1, "msg": {"raw_msg": text, "email": "x@y"}} for text in texts]
    batch = _batch_of("mandrill", *mails)
    broken, bare, with_one = read(batch, "mandrill")
    assert (broken.verb, broken.reason, bare.media) == (Verb.BROKEN, "a mail without a sender", ())
    (medium,) = with_one.media
    assert email.attachment(batch, medium, account("mandrill")).startswith(b"\x89PNG")


def test_an_unknown_provider_is_a_matter_of_configuration() -> None:
    with pytest.raises(NotConfigured, match="carrier pigeon"):
        EMAIL.verify(Delivery(b""), account("carrier pigeon", "x"))


# --- through the real door ---------------------------------------------------------------------------------


@pytest.fixture
def mailbox(world: World, settings: Any) -> Connection:
    settings.ALLOW_PRIVATE_HOSTS = list(LOOPBACK)
    connection = make_connection("email", provider="mailgun", address="help@lamps.example")
    add_secret(connection, "webhook_key", secrets_of("mailgun")[0])
    return connection


def knock(connection: Connection, body: bytes, headers: dict[str, str]) -> int:
    path = f"/hooks/{connection.key}/"
    status: int = at_the_door(lambda door: request(door, "POST", path, body=body, headers=headers.items())).status
    return status


@pytest.mark.django_db(transaction=True)
class TestAtTheDoor:
    def test_a_mail_is_stored_raw_and_becomes_an_item(self, mailbox: Connection) -> None:
        body, headers = mailgun(secrets_of("mailgun")[0], token="one")
        assert knock(mailbox, body, headers) == 200
        event = Event.objects.get()
        assert (bytes(event.body), event.delivery_key) == (body, "one")
        digest([event.pk])
        message = Message.objects.get()
        assert (message.text, message.event) == ("It still hums, please help", event)
        assert Attachment.objects.get().message == message

    def test_a_token_that_was_seen_brings_nothing_in_again(self, mailbox: Connection) -> None:
        body, headers = mailgun(secrets_of("mailgun")[0], token="one")
        assert [knock(mailbox, each, headers) for each in (body, body + b"&subject=forged")] == [200, 200]
        assert bytes(Event.objects.get().body) == body

    def test_another_signature_is_refused_and_nothing_stored(self, mailbox: Connection) -> None:
        assert knock(mailbox, *mailgun(secrets_of("mailgun")[1])) == 401
        assert not Event.objects.exists()

    def test_a_bounce_makes_the_reply_not_sent(self, mailbox: Connection, world: World) -> None:
        outbound = sent_reply(mailbox, world)
        delivery = report(
            "failed",
            severity="permanent",
            **{"user-variables": {"relaybox_reply": f"relaybox-{outbound.pk}"}, "message": {}},
            **{"delivery-status": {"description": "No such user"}},
        )
        event = Event.objects.create(
            connection=mailbox,
            delivery_key=fresh("d"),
            body=delivery.body,
            headers=dict(delivery.headers),
            query='{"about": "delivery"}',
        )
        digest([event.pk])
        outbound.refresh_from_db()
        assert outbound.state == Outbound.State.FAILED
        assert "No such user" in outbound.reason
        assert Item.objects.get().state == Item.State.OPEN

    def test_a_report_of_a_mail_server_makes_the_reply_not_sent(self, mailbox: Connection, world: World) -> None:
        outbound = sent_reply(mailbox, world)
        reply = Reply("relaybox-1", "Ours", to="noor@people.example")
        sent = email.compose(reply, mailbox.account())["Message-ID"]
        Message.objects.filter(pk=outbound.message_id).update(external_id=sent)
        report = fields_of(bounce(sent, "failed", "smtp; 550 no such user", "message/rfc822"))
        event = Event.objects.create(connection=mailbox, delivery_key=fresh("d"), body=report, headers=FORM)
        digest([event.pk])
        event.refresh_from_db()
        outbound.refresh_from_db()
        assert (event.state, outbound.state, outbound.reason) == ("done", "failed", "550 no such user")
        item = Item.objects.get()
        assert (item.state, item.messages.count()) == ("open", 2)

    def test_a_forged_mail_from_our_own_address_is_a_customers_and_says_so(self, mailbox: Connection) -> None:
        forged = RAW.replace("noor@home.example", "help@lamps.example")
        event = Event.objects.create(
            connection=mailbox, delivery_key=fresh("d"), body=fields_of(forged.encode()), headers=FORM
        )
        digest([event.pk])
        message = Message.objects.get()
        assert (message.direction, message.remark) == ("in", email.UNPROVEN)
        assert (message.item.state, message.identity.verified) == ("open", False)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("said", "proves"),
    [
        ("{@lamps.example : pass}", True),
        ("{@evil.example : pass, @lamps.example : fail}", False),
        ("{@evil-lamps.example : pass}", False),
        ("none", False),
        ("", False),
    ],
)
@pytest.mark.parametrize("provider", ["sendgrid", "mailgun"])
def test_only_sendgrids_own_check_of_our_domain_makes_a_mail_ours(provider: str, said: str, proves: bool) -> None:
    """To Mailgun's form every header of the mail is a field, also one that its writer made up."""
    forged = RAW.replace("noor@home.example", "help@lamps.example")
    form = {"email": forged, "body-mime": forged, "envelope": ENVELOPE, "dkim": said, **TO}
    (entry,) = read(Delivery(urlencode(form).encode(), FORM, url=URL), provider)
    assert entry.outbound is (proves and provider == "sendgrid")


def fields_of(mail: bytes) -> bytes:
    """A whole mail as Mailgun posts it."""
    return urlencode({"body-mime": mail.decode(), **TO}).encode()


def sent_reply(mailbox: Connection, world: World) -> Outbound:
    body, headers = mailgun(secrets_of("mailgun")[0])
    event = Event.objects.create(connection=mailbox, delivery_key=fresh("d"), body=body, headers=headers)
    digest([event.pk])
    item = Item.objects.get()
    Item.objects.filter(pk=item.pk).update(state=Item.State.WAITING, waiting_since=None)
    message = Message.objects.create(
        item=item, connection=mailbox, direction="out", text="Ours", user=world.alice, at=NOW
    )
    return Outbound.objects.create(item=item, message=message, author=world.alice, client_key="k", state="sent")


def test_every_provider_can_be_chosen() -> None:
    assert set(POSTS) == set(PROVIDERS)
