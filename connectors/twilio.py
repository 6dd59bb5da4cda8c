"""Twilio: SMS and WhatsApp through one account.

Sources under twilio.com/docs: usage/webhooks/webhooks-security (signature, bodySHA256),
messaging/guides/webhook-request (parameters), messaging/api/message-resource (ten `MediaUrl`s),
messaging/guides/accepted-mime-types (5 MB with the text), whatsapp/guidance-whatsapp-media-messages (one file of 16 MB,
a picture 5 MB, a document without words), api/errors; the SHA-256 variant as in twilio-python's request_validator.py.
Twilio signs the address as it called it, so behind a proxy the public address has to come from configuration.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit, urlunsplit

import httpx

from connectors import fields, signing
from connectors.base import (
    Account,
    Answer,
    Author,
    Delivery,
    Entry,
    Kind,
    Limits,
    Media,
    ParseError,
    Refused,
    Reply,
    SendError,
    Sent,
    SignatureError,
    TokenRevoked,
    TooLong,
    TryLater,
    Verb,
    WindowClosed,
)
from connectors.fields import Malformed
from connectors.files import FileLimits
from connectors.http import call, json_of, retry_after, told
from connectors.media import Source
from connectors.platform import Names, Platform, base, setting, token
from connectors.text import clean

API = "https://api.twilio.com"
LONGEST = 1600
WHATSAPP = "whatsapp:"
WINDOW = timedelta(hours=24)
_PICTURES = frozenset({"image/jpeg", "image/png"})
_SILENT = frozenset({"audio/mpeg", "audio/ogg", "application/pdf"})  # on WhatsApp words have no place beside them
MMS = FileLimits(
    most=10,
    size=4_900_000,
    whole=4_900_000,
    types=_PICTURES | _SILENT | {"image/gif", "audio/mp4", "video/mp4", "video/webm"},
    fetched=True,
)
ON_WHATSAPP = FileLimits(
    most=1,
    size=16_000_000,
    whole=16_000_000,
    types=_PICTURES | _SILENT | {"video/mp4"},
    text=1024,
    sizes=dict.fromkeys(_PICTURES, 5_000_000),
    wordless=_SILENT,
    fetched=True,
)
SIGNATURE = "x-twilio-signature"
ALGORITHM = "x-twilio-webhooks-signature-settings"
_PORTS = {"https": 443, "http": 80}
_RECEIPTS = {"delivered": "delivered", "read": "read", "failed": "failed", "undelivered": "failed"}
_NOT_SENT = frozenset({"failed", "undelivered"})  # a message that was made, and refused in the same breath
_OUTSIDE_WINDOW = 63016
_AUTHENTICATE = 20003
_TOO_LONG = 21617
_LATER = frozenset({20429, 14107, 63017, 63018})
_MOST_FILES = 10


class Twilio(Platform):
    kind = "twilio"
    name = "Twilio"
    secrets: ClassVar[Names] = ("auth_token",)
    settings: ClassVar[Names] = ("account_sid", "messaging_service_sid", "api_base")

    def verify(self, delivery: Delivery, account: Account) -> str:
        tokens = signing.keys(account, "auth_token")
        given = signing.header(delivery, SIGNATURE)
        algorithm = "sha256" if "HMAC_SHA256" in delivery.headers.get(ALGORITHM, "") else "sha1"
        signed = [_signed(url, delivery) for url in _addresses(delivery.url)]
        expected = [signing.based(key, message, algorithm) for key in tokens for message in signed]
        if not signing.any_same(given, expected):
            raise SignatureError("the signature does not fit")
        form = _form(delivery)
        return ":".join(filter(None, (form.get("MessageSid") or form.get("SmsSid"), form.get("MessageStatus"))))

    def accepted(self) -> Answer:
        return Answer(200, b"<Response/>", "text/xml; charset=utf-8")

    def parse(self, delivery: Delivery, account: Account) -> Iterator[Entry]:
        form = _form(delivery)
        if not form:
            raise ParseError("no form fields")
        return fields.each([form], lambda piece: [_entry(piece, delivery, account)])

    def limits(self, kind: Kind, account: Account) -> Limits:
        if account.external_id.startswith(WHATSAPP):
            return Limits(LONGEST, window=WINDOW, files=ON_WHATSAPP)
        return Limits(LONGEST, files=MMS)

    def deliver(self, reply: Reply, account: Account, http: httpx.Client) -> Sent:
        sid = setting(account, "account_sid")
        form = {"To": reply.thread or reply.to, **_said(reply), **_sender(account)}
        url = f"{base(account, API)}/2010-04-01/Accounts/{sid}/Messages.json"
        login = (sid, token(account, "auth_token"))
        response = call(http, "POST", url, data=form, auth=login, judge=_judge)
        if told(response, "status") in _NOT_SENT:
            raise Refused(told(response, "error_message") or "not sent", code=told(response, "error_code"))
        return Sent(told(response, "sid"))

    def locate(self, media: Media, account: Account, http: httpx.Client) -> Source:
        login = httpx.BasicAuth(setting(account, "account_sid"), token(account, "auth_token"))
        request = next(login.auth_flow(httpx.Request("GET", media.url)))
        return Source(media.url, {"Authorization": request.headers["authorization"]})


def _said(reply: Reply) -> dict[str, str | list[str]]:
    said: dict[str, str | list[str]] = {"Body": reply.text, "MediaUrl": [file.url for file in reply.files]}
    return {name: value for name, value in said.items() if value}


def _form(delivery: Delivery) -> dict[str, str]:
    """The fields as Twilio means them, one value each, fit to be stored."""
    return {clean(name): clean(values[0]) for name, values in _values(delivery).items()}


def _values(delivery: Delivery) -> dict[str, list[str]]:
    try:
        text = delivery.body.decode("utf-8", "surrogateescape")
        return parse_qs(text, keep_blank_values=True, strict_parsing=bool(text), max_num_fields=500)
    except ValueError:
        return {}


def _addresses(url: str) -> list[str]:
    """The address with and without its port: Twilio's own validators try both."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 443)
    except ValueError:
        return [url]
    return [urlunsplit(parts._replace(netloc=name, fragment="")) for name in (host, f"{host}:{port}")]


def _signed(url: str, delivery: Delivery) -> bytes:
    """The address, then every field by name; of a JSON body only its digest, which is in the address."""
    digest = parse_qs(urlsplit(url).query).get("bodySHA256")
    if digest:
        if not signing.same(digest[0], hashlib.sha256(delivery.body).hexdigest()):
            raise SignatureError("the body is another one")
        return url.encode("utf-8", "surrogateescape")
    values = _values(delivery)
    pairs = (f"{name}{value}" for name in sorted(values) for value in sorted(set(values[name])))
    return (url + "".join(pairs)).encode("utf-8", "surrogateescape")


def _entry(form: dict[str, str], delivery: Delivery, account: Account) -> Entry:
    name = form.get("MessageSid") or form.get("SmsSid") or ""
    if not name:
        raise Malformed("MessageSid: missing")
    status = form.get("MessageStatus") or form.get("SmsStatus", "")
    if status and status != "received":
        return _receipt(name, status, form)
    person = form.get("From", "")
    if not person:
        raise Malformed("From: missing")
    return Entry(
        Verb.CREATE,
        external_id=name,
        thread=person,
        parent=form.get("OriginalRepliedMessageSid", ""),
        is_reply="OriginalRepliedMessageSid" in form,
        kind=Kind.DM,
        text=_words(form),
        author=_author(person, form),
        at=delivery.received_at,
        media=_media(form),
        account=form.get("To", ""),
        raw=form,
    )


def _words(form: dict[str, str]) -> str:
    if form.get("Latitude") and not form.get("Body"):
        return f"📍 {form.get('Address', '')} {form['Latitude']}, {form.get('Longitude', '')}".replace("  ", " ")
    return form.get("Body") or form.get("ButtonText", "")


def _author(person: str, form: dict[str, str]) -> Author:
    scoped = form.get("ExternalUserId", "")
    return Author(
        id=scoped or person,
        handle=form.get("ProfileUsername", "") or person.removeprefix(WHATSAPP),
        name=form.get("ProfileName", ""),
        aliases=(person,) if scoped else (),
    )


def _receipt(name: str, status: str, form: dict[str, str]) -> Entry:
    if status not in _RECEIPTS:
        return fields.ignored(form, f"a message is now {status[:40]}")
    code = form.get("ErrorCode", "")
    reason = f"{code} {form.get('ErrorMessage', '')}".strip()
    return Entry(Verb.RECEIPT, name, kind=Kind.DM, outbound=True, receipt=_RECEIPTS[status], reason=reason, raw=form)


def _media(form: dict[str, str]) -> tuple[Media, ...]:
    numbers = range(_MOST_FILES)
    return tuple(
        Media(url, form.get(f"MediaContentType{number}", ""), needs_token=True)
        for number in numbers
        if (url := form.get(f"MediaUrl{number}"))
    )


def _sender(account: Account) -> dict[str, str]:
    service = account.settings.get("messaging_service_sid")
    if service:
        return {"MessagingServiceSid": service}
    if not account.external_id:
        raise Refused("the connection names no number to send from")
    return {"From": account.external_id}


def _judge(response: httpx.Response) -> SendError | None:
    if response.is_success:
        return None
    answer = json_of(response)
    code, reason = answer.get("code"), str(answer.get("message", ""))[:300]
    facts: dict[str, Any] = {"code": str(code or ""), "status": response.status_code}
    if code == _AUTHENTICATE:
        return TokenRevoked(reason, **facts)
    if code == _OUTSIDE_WINDOW:
        return WindowClosed(reason, **facts)
    if code == _TOO_LONG:
        return TooLong(reason, **facts)
    if code in _LATER:
        return TryLater(reason, after=retry_after(response), **facts)
    return Refused(reason, **facts) if reason and response.status_code in {400, 403, 404} else None
