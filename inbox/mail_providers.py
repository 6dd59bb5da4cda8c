"""Mail providers: their webhooks and their APIs, as django-anymail knows them, with each connection's own secrets.

Anymail's views check a delivery and read it; they are asked here instead of being routed to, so that what comes is
first stored as an Event and then digested like everything else. One address takes both, what came in and what became
of what we sent; a provider that would mix them up is given the address with `?about=delivery` for the latter.
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from email.message import EmailMessage
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

from anymail.exceptions import AnymailWebhookValidationFailure
from anymail.signals import AnymailInboundEvent, AnymailTrackingEvent, EventType
from anymail.webhooks import mailersend, mailgun, mailjet, mandrill, postal, postmark, sendgrid, sparkpost
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest

from connectors import email, email_message, fields, signing
from connectors.base import Account, Delivery, Entry, NotConfigured, ParseError, SignatureError, Verb
from connectors.guard import Network
from connectors.jsonload import load
from inbox import mail_sending

View = Callable[..., Any]
BATCH = "mandrill_events"  # the field of a form that holds a list; from the others a list is the whole body

_DKIM_PASSED = re.compile(r"@([\w.-]+)\s*:\s*pass\b")
_RECEIPTS = {
    EventType.DELIVERED: "delivered",
    EventType.OPENED: "read",
    EventType.BOUNCED: "failed",
    EventType.REJECTED: "failed",
    EventType.FAILED: "failed",
}


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider. Where it signs, `keys` says what its two views call the key; else `login` is HTTP basic auth."""

    inbound: View
    tracking: View
    keys: tuple[str, str] | None = None
    signs_address: bool = False
    name_of: Callable[[HttpRequest], str] | None = None  # of one delivery
    proven: Callable[[Delivery], Collection[str]] = lambda _delivery: ()  # domains that it found to have sent a mail
    sender: mail_sending.Sender | None = None

    def verify(self, delivery: Delivery, account: Account) -> str:
        request = request_of(delivery)
        for proof in self._proofs(delivery, account):
            try:
                self._view(delivery, **proof).run_validators(request)
            except AnymailWebhookValidationFailure:
                continue
            except Exception as error:  # hostile bytes; nobody who signs sends them
                raise SignatureError(f"not readable: {type(error).__name__}") from error
            return self.name_of(request) if self.name_of else ""
        raise SignatureError("no signature or password fits")

    def parse(self, delivery: Delivery, account: Account) -> Iterator[Entry]:
        pieces = _pieces(delivery)
        return fields.each(
            ({"piece": number} for number in range(len(pieces))),
            lambda which: self._read(pieces[which["piece"]], account, which["piece"]),
        )

    def attachment(self, delivery: Delivery, name: str) -> bytes:
        place, _, number = name.partition("/")
        pieces = _pieces(delivery)
        if not (place.isdecimal() and number.isdecimal() and int(place) < len(pieces)):
            raise ParseError("not an attachment of a mail")
        (mail,) = self._events(pieces[int(place)])
        return email_message.part(mail.message, int(number))

    def send(self, message: EmailMessage, key: str, account: Account, allow: Sequence[Network]) -> None:
        if self.sender is None:
            raise NotConfigured("this provider only takes mails by SMTP")
        self.sender.send(message, key, account, allow)

    def _proofs(self, delivery: Delivery, account: Account) -> list[dict[str, Any]]:
        if self.keys is None:
            return [{"webhook_secret": list(signing.keys(account, "login"))}]
        name = self.keys[_is_report(delivery)]
        address = {"webhook_url": delivery.url} if self.signs_address else {}
        return [{name: key, "webhook_secret": [], **address} for key in signing.keys(account, "webhook_key")]

    def _view(self, delivery: Delivery, **proof: Any) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that anymail no longer tests SendGrid's is said in our documentation
            return (self.tracking if _is_report(delivery) else self.inbound)(**proof)

    def _read(self, piece: Delivery, account: Account, number: int) -> list[Entry]:
        try:
            return [_entry(event, account, f"{number}/", self.proven(piece)) for event in self._events(piece)]
        except ParseError as error:
            raise fields.Malformed(str(error)) from error

    def _events(self, delivery: Delivery) -> list[Any]:
        unused = {self.keys[_is_report(delivery)]: "-"} if self.keys else {}
        try:
            view = self._view(delivery, webhook_secret=["-"], **unused)
            return list(view.parse_events(request_of(delivery)))
        except Exception as error:  # anymail takes a form's shape for granted; the event keeps it, with this reason
            raise ParseError(f"not what this provider sends: {type(error).__name__}: {error}"[:500]) from error


def _is_report(delivery: Delivery) -> bool:
    """Whether it tells what became of a mail of ours."""
    return delivery.query.get("about") == "delivery"


def _pieces(delivery: Delivery) -> list[Delivery]:
    """One delivery for each event of a batch: anymail reads all or none. Its proof has been checked by now."""
    form = delivery.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    batch = request_of(delivery).POST.get(BATCH, "").encode() if form else delivery.body
    try:
        events = load(batch)
    except ParseError:
        return [delivery]
    if not isinstance(events, list):
        return [delivery]
    alone = [json.dumps([event]) for event in events]
    return [replace(delivery, body=(urlencode({BATCH: one}) if form else one).encode()) for one in alone]


def request_of(delivery: Delivery) -> HttpRequest:
    """The delivery as Django would have it. Its body was read and bounded at the door."""
    headers = [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in delivery.headers.items()]
    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": headers}
    request = ASGIRequest(scope, BytesIO(delivery.body))
    request._body = delivery.body
    return request


def _entry(
    event: AnymailInboundEvent | AnymailTrackingEvent, account: Account, place: str, proven: Collection[str]
) -> Entry:
    if event.event_type == EventType.INBOUND:
        message = event.message
        if message.envelope_recipient and "Delivered-To" not in message:
            message["Delivered-To"] = message.envelope_recipient  # what stands behind its plus tells the conversation
        return email.entry(email_message.of(message), account, place, proven)
    raw = {"event": str(event.event_type), "recipient": str(event.recipient or ""), "id": str(event.message_id or "")}
    if event.event_type not in _RECEIPTS:
        return fields.ignored(raw, f"what became of a mail: {event.event_type}")
    said = " ".join(str(each) for each in (event.description, event.mta_response, event.reject_reason) if each)
    return Entry(
        Verb.RECEIPT,
        external_id=str(event.message_id or ""),
        client_key=mail_sending.key_told(event.metadata, event.tags),
        receipt=_RECEIPTS[event.event_type],
        at=event.timestamp,
        reason=said[:500],
        raw=raw,
    )


def _sendgrid_proven(delivery: Delivery) -> Collection[str]:
    """SendGrid alone names the domains whose signatures it checked ("{@a.example : pass, @b.example : fail}"). What
    the others say, that some signature or some envelope fits, proves no sender."""
    return {domain.lower() for domain in _DKIM_PASSED.findall(request_of(delivery).POST.get("dkim", ""))}


def _mailgun_token(request: HttpRequest) -> str:
    """Mailgun signs a token and a time, and not the body: a token that was seen must not bring another one in."""
    if request.content_type != "application/json":
        return str(request.POST.get("token", ""))
    return fields.string(fields.an_object(load(request.body)), "signature", "token")


PROVIDERS: dict[str, Provider] = {
    "mailgun": Provider(
        mailgun.MailgunInboundWebhookView,
        mailgun.MailgunTrackingWebhookView,
        ("webhook_signing_key", "webhook_signing_key"),
        name_of=_mailgun_token,
        sender=mail_sending.MAILGUN,
    ),
    "postmark": Provider(
        postmark.PostmarkInboundWebhookView, postmark.PostmarkTrackingWebhookView, sender=mail_sending.POSTMARK
    ),
    "sendgrid": Provider(
        sendgrid.SendGridInboundWebhookView,
        sendgrid.SendGridTrackingWebhookView,
        proven=_sendgrid_proven,
        sender=mail_sending.SENDGRID,
    ),
    "mandrill": Provider(
        mandrill.MandrillCombinedWebhookView,
        mandrill.MandrillCombinedWebhookView,
        ("webhook_key", "webhook_key"),
        signs_address=True,
        sender=mail_sending.MANDRILL,
    ),
    "mailjet": Provider(
        mailjet.MailjetInboundWebhookView, mailjet.MailjetTrackingWebhookView, sender=mail_sending.MAILJET
    ),
    "sparkpost": Provider(
        sparkpost.SparkPostInboundWebhookView, sparkpost.SparkPostTrackingWebhookView, sender=mail_sending.SPARKPOST
    ),
    "mailersend": Provider(
        mailersend.MailerSendInboundWebhookView,
        mailersend.MailerSendTrackingWebhookView,
        ("inbound_secret", "signing_secret"),
        sender=mail_sending.MAILERSEND,
    ),
    "postal": Provider(
        postal.PostalInboundWebhookView, postal.PostalTrackingWebhookView, ("webhook_key", "webhook_key")
    ),
}
