"""E-mail: a message as it travelled (RFC 5322) in, an answer by SMTP out.

Sources: RFC 5322 (Message-ID, In-Reply-To, References), RFC 3834 (automatic answers), RFC 5321 (replies: 4xx may
pass, 5xx will not). The forms, signatures and APIs of mail providers are those that django-anymail knows; what reads
them needs Django, so it lives above and enters itself in `PROVIDERS`.
"""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from email.utils import formataddr, formatdate
from typing import ClassVar, Protocol

import httpx

from connectors import email_message, email_proof, fields, guard, signing, smtp
from connectors.base import (
    Account,
    Author,
    Delivery,
    Entry,
    Kind,
    Limits,
    Media,
    NotConfigured,
    ParseError,
    Refused,
    Reply,
    Sent,
    SignatureError,
    Verb,
)
from connectors.email_message import Mail
from connectors.email_report import Report
from connectors.files import FileLimits
from connectors.guard import Network
from connectors.guide import gettext_noop
from connectors.platform import Names, Platform, once, setting

FILES = FileLimits(most=10, size=15_000_000, whole=15_000_000)  # in base64 a third more; many servers take 25 MB
UNPROVEN = gettext_noop("It bears our own address, and nothing proves that it is from us.")


class Provider(Protocol):
    """A mail provider: how it proves a delivery, what it tells in it, and how it sends."""

    def verify(self, delivery: Delivery, account: Account) -> str:
        """The delivery's id, or "". Raises SignatureError or NotConfigured."""

    def parse(self, delivery: Delivery, account: Account) -> Iterator[Entry]:
        """Mails that came, and what became of ours."""

    def attachment(self, delivery: Delivery, name: str) -> bytes:
        """The bytes of a part of a mail that came. Raises ParseError."""

    def send(self, message: EmailMessage, key: str, account: Account, allow: Sequence[Network]) -> None:
        """Hand a mail to the provider's API, or raise a SendError."""


PROVIDERS: dict[str, Provider] = {}


class Email(Platform):
    kind = "email"
    name = "E-mail"
    secrets: ClassVar[Names] = ("login", "webhook_key", "api_key", "smtp_password")
    settings: ClassVar[Names] = (
        "address", "from_name", "provider", "provider_domain",
        "smtp_host", "smtp_port", "smtp_user", "smtp_security", "api_base", "authserv_id",
    )  # fmt: skip

    def verify(self, delivery: Delivery, account: Account) -> str:
        """As the provider proves it; without one by HTTP basic auth, where `login` is user:password."""
        if provider := provider_of(account):
            return provider.verify(delivery, account)
        expected = [f"Basic {base64.b64encode(each.encode()).decode()}" for each in signing.keys(account, "login")]
        if not signing.any_same(signing.header(delivery, "authorization"), expected):
            raise SignatureError("another user or password")
        return ""

    def parse(self, delivery: Delivery, account: Account) -> Iterator[Entry]:
        if provider := provider_of(account):
            return provider.parse(delivery, account)
        mail = email_message.read(delivery.body)
        return fields.each([mail], lambda each: [entry(each, account)])

    def limits(self, kind: Kind, account: Account) -> Limits:
        return Limits(files=FILES)

    def deliver(self, reply: Reply, account: Account, http: httpx.Client) -> Sent:
        if not (reply.to or reply.to_handle):
            raise Refused("the reply names nobody to write to")
        message = compose(reply, account)
        provider = provider_of(account) if account.secret("api_key") else None
        if provider:
            provider.send(message, reply.key, account, guard.allowed(http))
        else:
            smtp.post(message, account, guard.allowed(http))
        return Sent(external_id=message["Message-ID"], at=datetime.now(UTC))


def provider_of(account: Account) -> Provider | None:
    """The provider that the connection names; None: mails come as they travelled, and leave by SMTP."""
    name = account.settings.get("provider", "")
    if not name:
        return None
    if name not in PROVIDERS:
        raise NotConfigured(f"there is no mail provider {name!r}")
    return PROVIDERS[name]


def entry(mail: Mail, account: Account, place: str = "", proven: Collection[str] = ()) -> Entry:
    """One mail as an entry. A machine's answer is not answered, or two machines would write to each other for ever.

    `proven` are the domains of which the provider says that they sent it.
    """
    raw = mail.as_raw()
    if mail.report:
        return _receipt(mail.report, mail, account)
    automatic = mail.automatic()
    if automatic:
        return fields.ignored(raw, automatic)
    own = account.settings.get("address", "").lower()
    bears_ours = bool(own) and mail.sender.lower() == own
    ours = bears_ours and _is_proven(mail, own, account, proven)
    name = mail.name or f"<{signing.fingerprint(mail.sender, mail.date, mail.subject, mail.text)}@unnamed>"
    return Entry(
        Verb.CREATE,
        external_id=name,
        thread=_conversation(mail, own) or (mail.references[0] if mail.references else name),
        parent=mail.references[-1] if mail.references else "",
        is_reply=bool(mail.references),
        kind=Kind.MESSAGE,
        subject=mail.subject,
        text=email_message.own_words(mail.text),
        author=Author(
            mail.sender.lower(),
            handle=mail.sender,
            name=mail.sender_name,
            verified=False if bears_ours and not ours else None,
            is_us=ours,
        ),
        outbound=ours,
        reason=UNPROVEN if bears_ours and not ours else "",
        at=mail.at(),
        media=tuple(Media(f"part:{place}{number}", kind, title) for number, kind, title in mail.attachments),
        account=mail.recipient,
        raw=raw,
    )


def _is_proven(mail: Mail, own: str, account: Account, told: Collection[str]) -> bool:
    by_server = email_proof.proven(
        mail.headers.get("authentication-results", ""), account.settings.get("authserv_id", "")
    )
    return email_proof.is_own(mail.name, account) or own.rpartition("@")[2] in {*told, *by_server}


def _receipt(report: Report, mail: Mail, account: Account) -> Entry:
    """What became of a mail of ours. Of any other mail, and while it is open, nobody has to hear."""
    ours = next((name for name in report.names if email_proof.is_own(name, account)), "")
    if not (ours and report.receipt):
        return fields.ignored(mail.as_raw(), "a report of a mail server")
    return Entry(
        Verb.RECEIPT,
        external_id=ours,
        receipt=report.receipt,
        reason=report.reason,
        at=mail.at(),
        account=mail.recipient,
        raw=mail.as_raw(),
    )


def _conversation(mail: Mail, own: str) -> str:
    """What is told of the conversation. An address with a plus is often everybody's, so there it is one person's."""
    told = mail.behind_plus(own) if own else ""
    return mail.token or (f"{told}:{mail.sender.lower()}" if told else "")


def compose(reply: Reply, account: Account) -> EmailMessage:
    """The answer. Its Message-ID comes from the reply's key, so that it is recognised when it comes back."""
    address = setting(account, "address")
    domain = address.rpartition("@")[2] or "localhost"
    message = EmailMessage(policy=default.clone(cte_type="7bit"))  # what every server takes, unasked
    message["From"] = formataddr((_line(account.settings.get("from_name", "")), _line(address)))
    message["To"] = _line(reply.to or reply.to_handle)
    message["Subject"] = _subject(reply.subject)
    message["Date"] = formatdate(localtime=False)
    message["Message-ID"] = email_proof.name(once(reply), _line(domain), account)
    if reply.automatic:
        message["Auto-Submitted"] = "auto-replied"  # RFC 3834: no machine answers it
    if reply.parent:
        message["In-Reply-To"] = _line(reply.parent)
        message["References"] = " ".join(dict.fromkeys(filter(None, (_ref(reply.thread), _line(reply.parent)))))
    message.set_content(reply.text)
    for file in reply.files:
        main, _slash, sub = file.type.partition("/")
        message.add_attachment(file.body, maintype=main, subtype=sub, filename=_line(file.name))
    return message


def _ref(thread: str) -> str:
    return _line(thread) if thread.startswith("<") else ""


def _subject(subject: str) -> str:
    subject = _line(subject)
    return subject if subject.lower().startswith("re:") else f"Re: {subject}".strip()


def _line(value: str) -> str:
    """One line: a line break in a header would begin another header."""
    return " ".join(value.split())


def attachment(delivery: Delivery, media: Media, account: Account) -> bytes:
    """The bytes of one attachment of a stored mail. Raises ParseError when it is not there."""
    name = media.url.removeprefix("part:")
    if provider := provider_of(account):
        return provider.attachment(delivery, name)
    if not name.isdecimal():
        raise ParseError("not an attachment of a mail")
    return email_message.part(email_message.parsed(delivery.body), int(name))
