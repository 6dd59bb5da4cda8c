"""What a mail server tells of a mail that it could not bring, or did.

Sources: RFC 3462 (multipart/report), RFC 3464 (message/delivery-status: Action, Status, Diagnostic-Code). The mail that
is meant stands behind it, whole or its headers alone (RFC 3462, section 2), else in References or In-Reply-To.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email import message_from_string, policy
from typing import Any

from connectors.text import clean

# Delayed, relayed and expanded (RFC 3464, 2.3.3) leave open what becomes of it.
_RECEIPTS = {"failed": "failed", "delivered": "delivered"}


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a mail. `names` are what it may be called, the surest first."""

    names: tuple[str, ...] = ()
    receipt: str = ""  # failed | delivered; empty when nothing is settled yet
    reason: str = ""


def read(message: Any, referred: Iterable[str]) -> Report | None:
    """The report that a mail is; None when a person wrote it. `referred` are the mails that it refers to."""
    if (
        message.get_content_type() != "multipart/report"
        or _lower(message.get_param("report-type")) != "delivery-status"
    ):
        return None
    statuses = (part for part in message.walk() if part.get_content_type() == "message/delivery-status")
    told = [block for part in statuses for block in _blocks(part) if block.get("Action")]
    actions = {_lower(block.get("Action")) for block in told}
    receipt = next((_RECEIPTS[action] for action in ("failed", "delivered") if action in actions), "")
    said = [_said(block) for block in told if _RECEIPTS.get(_lower(block.get("Action"))) == receipt]
    names = dict.fromkeys([*_enclosed(message), *referred])
    return Report(tuple(names), receipt, "; ".join(filter(None, said))[:500])


def _blocks(part: Any) -> list[Any]:
    """The groups of fields in a delivery status: the library reads each as a message without a body."""
    payload = part.get_payload()
    return payload if isinstance(payload, list) else []


def _said(block: Any) -> str:
    told = str(block.get("Diagnostic-Code", "")).partition(";")[2] or str(block.get("Status", ""))
    return clean(" ".join(told.split()))


def _enclosed(message: Any) -> Iterator[str]:
    """What the mail that came back calls itself."""
    for part in message.walk():
        kind = part.get_content_type()
        if kind == "message/rfc822" and (whole := _blocks(part)):
            yield str(whole[0].get("Message-ID", "")).strip()
        elif kind == "text/rfc822-headers":
            headers = message_from_string(str(part.get_content()), policy=policy.default)
            yield str(headers.get("Message-ID", "")).strip()


def _lower(value: Any) -> str:
    return str(value or "").strip().lower()
