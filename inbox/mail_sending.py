"""Mails out through a provider's API, with django-anymail's backends, and what went wrong in our words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

import httpcore
import requests
from anymail.backends import mailersend, mailgun, mailjet, mandrill, postmark, sendgrid, sparkpost
from anymail.exceptions import AnymailAPIError, AnymailError
from django.core.mail import EmailMessage as Outgoing
from urllib3.exceptions import NewConnectionError

from connectors import reply_key
from connectors.base import Account, OutcomeUnknown, Refused, SendError, TokenRevoked, TryLater
from connectors.guard import Blocked, Network
from connectors.guard_requests import protect
from connectors.http import retry_after_of
from connectors.platform import token

KEY = "relaybox_reply"  # the metadata that a provider tells again in its reports
TIMEOUT = (5, 20)  # seconds to connect, and to answer
NOT_SENT = {"failed", "invalid", "rejected"}  # of anymail's words for what became of a recipient
# Mandrill names its errors in the body, under more than one status (mailchimp.com/developer/transactional, errors).
MANDRILL_SAYS: dict[str, type[SendError]] = {
    "Invalid_Key": TokenRevoked,
    "PaymentRequired": TokenRevoked,
    "Unknown_Subaccount": Refused,
    "ValidationError": Refused,
}


@dataclass(frozen=True, slots=True)
class Sender:
    """A backend of anymail's, how it takes the connection's key, and what the provider lets a mail carry."""

    backend: Callable[..., Any]
    keys: tuple[str, ...] = ("api_key",)  # two are written as one, with a colon between them
    domain: str = ""  # the backend's name for the domain that sends
    headers: tuple[str, ...] = ("Message-ID", "In-Reply-To", "References", "Auto-Submitted")
    has_metadata: bool = True  # without it, the reply's key travels as a tag

    def send(self, message: EmailMessage, key: str, account: Account, allow: Sequence[Network]) -> None:
        """Raises a SendError unless the provider took it."""
        backend = self.backend(fail_silently=False, timeout=TIMEOUT, **self._options(account))
        mail = self._mail(message, key)
        backend.open()
        protect(backend.session, allow)
        try:
            backend.send_messages([mail])
        except AnymailError as error:
            raise verdict(error) from error
        except Blocked as error:
            raise Refused(f"not an address we may call: {error}") from error
        except httpcore.ConnectError as error:
            raise TryLater(f"no connection: {error}") from error
        finally:
            backend.close()
        if outcomes := set(mail.anymail_status.status or ()) & NOT_SENT:  # type: ignore[attr-defined]  # anymail's own
            raise Refused(f"the provider answered: {', '.join(sorted(outcomes))}")

    def _mail(self, message: EmailMessage, key: str) -> Outgoing:
        mail = Outgoing(
            subject=str(message["Subject"]),
            body=_words(message),
            from_email=str(message["From"]),
            to=[str(message["To"])],
            headers={name: str(message[name]) for name in self.headers if message[name]},
        )
        for part in message.iter_attachments():
            mail.attach(part.get_filename(), part.get_payload(decode=True), part.get_content_type())
        if self.has_metadata:
            mail.metadata = {KEY: key}  # type: ignore[attr-defined]
        else:
            mail.tags = [key]  # type: ignore[attr-defined]
        return mail

    def _options(self, account: Account) -> dict[str, Any]:
        values = token(account, "api_key").split(":", len(self.keys) - 1)
        options: dict[str, Any] = dict(zip(self.keys, values, strict=False))
        if address := account.settings.get("api_base"):
            options["api_url"] = address
        if self.domain and (domain := account.settings.get("provider_domain")):
            options[self.domain] = domain
        return options


MAILGUN = Sender(mailgun.EmailBackend, domain="sender_domain")
POSTMARK = Sender(postmark.EmailBackend, ("server_token",))
SENDGRID = Sender(sendgrid.EmailBackend)
MANDRILL = Sender(mandrill.EmailBackend)
MAILJET = Sender(mailjet.EmailBackend, ("api_key", "secret_key"))
SPARKPOST = Sender(sparkpost.EmailBackend)
# Only enterprise accounts may set headers of their own; In-Reply-To has a field of its own, and there is no metadata
# (developers.mailersend.com, Email).
MAILERSEND = Sender(mailersend.EmailBackend, ("api_token",), headers=("In-Reply-To",), has_metadata=False)


def key_told(metadata: object, tags: object) -> str:
    """The key of our reply, as a report tells it again; empty when it is about another mail."""
    if isinstance(metadata, dict) and metadata.get(KEY):
        return str(metadata[KEY])
    told = map(str, tags) if isinstance(tags, list) else ()
    return next((tag for tag in told if reply_key.number_in(tag) is not None), "")


def _words(message: EmailMessage) -> str:
    text = message.get_body(("plain",))
    return str(text.get_content()).removesuffix("\n") if text else ""


def verdict(error: AnymailError) -> SendError:
    """What decides is whether the provider can have acted."""
    status, reason = getattr(error, "status_code", None), " ".join(str(error).split())[:300]
    if status is None:
        return _unanswered(error, reason)
    if named := MANDRILL_SAYS.get(_name(error)):
        return named(reason, status=status)
    if status == requests.codes.too_many_requests:
        return TryLater(reason, after=retry_after_of(_header(error, "retry-after")), status=status)
    if status in {requests.codes.unauthorized, requests.codes.forbidden}:
        return TokenRevoked(reason, status=status)
    if status >= requests.codes.server_error or status < requests.codes.multiple_choices:
        return OutcomeUnknown(reason, status=status)  # also a 200 that anymail could not read
    return Refused(reason, status=status)


def _unanswered(error: AnymailError, reason: str) -> SendError:
    if not isinstance(error, AnymailAPIError):
        return Refused(reason)  # anymail would not even ask: a bad address, something the provider cannot do
    if isinstance(error, requests.ConnectTimeout) or isinstance(_cause(error), NewConnectionError):
        return TryLater(reason)
    return OutcomeUnknown(reason)


def _cause(error: AnymailError) -> object:
    """Why requests did not get through: it wraps urllib3's reason twice."""
    inner = error.__cause__.args[0] if error.__cause__ and error.__cause__.args else None
    return getattr(inner, "reason", None)


def _header(error: AnymailError, name: str) -> str:
    response = getattr(error, "response", None)
    return str(response.headers.get(name, "")) if response is not None else ""


def _name(error: AnymailError) -> str:
    """What the provider calls the error, where it says so."""
    try:
        said = error.response.json()
    except (AttributeError, ValueError):
        return ""
    return str(said.get("name", "")) if isinstance(said, dict) else ""
