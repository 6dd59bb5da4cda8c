"""Whether a mail that bears our own address is from us. Anybody can write any address into From.

Two things prove it: a Message-ID that only we can make, and what a mail server that we trust found out about the
sender's domain (RFC 8601, Authentication-Results; RFC 7489, DMARC; RFC 6376, DKIM). SPF proves the envelope alone.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from connectors import signing
from connectors.base import Account

OURS = "relaybox."  # how the Message-IDs of our own mails begin
_MARK = 16  # letters
_COMMENT = re.compile(r"\([^()]*\)")
_RESULT = re.compile(r"(dmarc|dkim)\s*=\s*pass\b(.*)", re.IGNORECASE | re.DOTALL)
_DOMAIN = {
    "dmarc": re.compile(r"\bheader\.from\s*=\s*([^\s;@]+)", re.IGNORECASE),
    "dkim": re.compile(r"\bheader\.d\s*=\s*([^\s;@]+)", re.IGNORECASE),
}


def name(once: str, domain: str, account: Account) -> str:
    """The Message-ID of a reply of ours."""
    return f"<{OURS}{once}.{_mark(once, account)}@{domain}>"


def is_own(message_id: str, account: Account) -> bool:
    """Whether we gave a mail this name. One that somebody took over from us is known, and brings nothing in again."""
    local = message_id.removeprefix("<").partition("@")[0]
    once, _dot, mark = local.removeprefix(OURS).partition(".")
    return bool(account.key) and local.startswith(OURS) and signing.same(mark, _mark(once, account))


def proven(header: str, server: str) -> Collection[str]:
    """The domains that our mail server, and nobody else, found to have sent a mail. It writes above what was there."""
    said, *results = _COMMENT.sub(" ", header).split(";")
    if not server or said.lower().split()[:1] != [server.lower()]:
        return ()
    found = (_RESULT.match(result.strip()) for result in results)
    domains = (_DOMAIN[each[1].lower()].search(each[2]) for each in found if each)
    return {each[1].lower().rstrip(".") for each in domains if each}


def _mark(once: str, account: Account) -> str:
    """The connection's key is known to us and to whoever posts its mails."""
    return signing.hexed(account.key, once.encode())[:_MARK]
