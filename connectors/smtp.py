"""Hand one mail to a server by SMTP, and say how far it got.

Up to the end of the message nothing was accepted; once its last byte has left, only the
server's answer says whether it was. Source: RFC 5321, 4.2.1 (4xx, 5xx) and 4.5.3.2 (time-outs).
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Sequence
from email.message import EmailMessage
from email.policy import SMTP

import httpcore

from connectors import guard
from connectors.base import Account, NotConfigured, OutcomeUnknown, Refused, SendError, TokenRevoked, TryLater
from connectors.guard import Blocked, Network
from connectors.platform import setting, token

TIMEOUT = 20
# A name of a mail is longer than 78 letters with some providers, and cut in two it is nobody's (RFC 5322, 2.1.1: 998).
_WIRE = SMTP.clone(max_line_length=998)
_FOR_GOOD = 500
_READY = 220
MAIL_PORTS = frozenset({25, 465, 587})


def post(message: EmailMessage, account: Account, allow: Sequence[Network] = ()) -> None:
    """Raises a SendError unless the server took the message. `allow` are private networks where it may stand."""
    body = _written(message)
    try:
        server = _connect(account, allow)
    except Blocked as error:
        raise Refused(f"not a mail server that we may call: {error}") from error
    except smtplib.SMTPAuthenticationError as error:
        raise _login_refused(error) from error
    except (OSError, smtplib.SMTPException, httpcore.ConnectError) as error:
        raise TryLater(f"no mail server: {error}") from error
    try:
        _transfer(server, message, body)
    finally:
        server.close()


def _written(message: EmailMessage) -> bytes:
    """The mail as it travels. Servers refuse a bare line feed: it could smuggle in a second mail (RFC 5321, 2.3.8)."""
    try:
        for address in (*message["From"].addresses, *message["To"].addresses):
            address.addr_spec.encode("ascii")
        return message.as_bytes(policy=_WIRE)
    except ValueError as error:
        raise Refused(f"not an address that we can write to: {error}"[:300]) from error


def _login_refused(error: smtplib.SMTPAuthenticationError) -> SendError:
    """A password is wrong with 5xx; with 4xx the server only cannot tell now (RFC 4954, section 6)."""
    meaning = TokenRevoked if error.smtp_code >= _FOR_GOOD else TryLater
    return meaning(f"the mail server refused our login: {_said(error)}", code=str(error.smtp_code))


def _port(account: Account) -> int:
    value = setting(account, "smtp_port", "587")
    if not (value.isascii() and value.isdecimal()):
        raise NotConfigured("the port of the mail server is not a number")
    return int(value)


def _connect(account: Account, allow: Sequence[Network]) -> smtplib.SMTP:
    host, port = setting(account, "smtp_host"), _port(account)
    security = setting(account, "smtp_security", "starttls")
    password = token(account, "smtp_password")
    context = ssl.create_default_context()
    address = guard.safe_address(host, port, allow, MAIL_PORTS)
    tls = security == "tls"
    server = smtplib.SMTP_SSL(timeout=TIMEOUT, context=context) if tls else smtplib.SMTP(timeout=TIMEOUT)
    server._host = host  # type: ignore[attr-defined]  # whose certificate is asked for; the address is the checked one
    try:
        _greet(server, str(address), port)
        if security == "starttls":
            server.starttls(context=context)
        server.login(setting(account, "smtp_user"), password)
    except BaseException:
        server.close()
        raise
    return server


def _greet(server: smtplib.SMTP, address: str, port: int) -> None:
    code, said = server.connect(address, port)
    if code != _READY:
        raise smtplib.SMTPConnectError(code, said)


def _transfer(server: smtplib.SMTP, message: EmailMessage, body: bytes) -> None:
    """The steps of one transaction; only in the last one can the outcome be unknown."""
    try:
        _step(server.mail(message["From"].addresses[0].addr_spec))
        for address in message["To"].addresses:
            _step(server.rcpt(address.addr_spec))
    except (OSError, smtplib.SMTPException) as error:
        raise TryLater(f"the mail server hung up: {error}") from error
    try:
        _step(server.data(body))
    except smtplib.SMTPDataError as error:
        raise _verdict(error.smtp_code, _said(error)) from error
    except (OSError, smtplib.SMTPException) as error:
        raise OutcomeUnknown(f"the mail server did not confirm: {error}") from error


def _step(answer: tuple[int, bytes]) -> None:
    code, said = answer
    if not 200 <= code < 300:
        raise _verdict(code, said.decode("utf-8", "replace"))


def _verdict(code: int, said: str) -> SendError:
    return (Refused if code >= _FOR_GOOD else TryLater)(f"{code} {said}"[:300], code=str(code))


def _said(error: smtplib.SMTPResponseException) -> str:
    said = error.smtp_error
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
