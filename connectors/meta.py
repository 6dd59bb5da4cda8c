"""What Meta's platforms share: handshake, signature, envelope and the Graph API's errors.

Sources, all under developers.facebook.com/docs: graph-api/webhooks/getting-started (handshake,
X-Hub-Signature-256, batches of up to 1000 changes), graph-api/guides/error-handling (codes),
graph-api/overview/rate-limiting (X-Business-Use-Case-Usage). A delivery carries neither a
timestamp nor an id: what was seen already is known by the ids of its objects.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, ClassVar

import httpx

from connectors import fields, signing
from connectors.base import (
    Account,
    Answer,
    Delivery,
    Entry,
    OutcomeUnknown,
    ParseError,
    Refused,
    SendError,
    SignatureError,
    TokenRevoked,
    TryLater,
    WindowClosed,
)
from connectors.fields import Malformed, Object, Part
from connectors.http import ask, bounded, call, json_of, retry_after, verdict
from connectors.jsonload import load, loads
from connectors.platform import Names, Platform, base, bearer, setting, token

GRAPH = "https://graph.facebook.com"
VERSION = "v24.0"
SIGNATURE = "x-hub-signature-256"
TOKEN_ENDED = frozenset({102, 190})
RATE_LIMITED = frozenset({4, 17, 32, 341, 613, *range(80_000, 80_015)})
UNCERTAIN = frozenset({1, 2})  # "an unknown error", "a temporary issue": nothing says that nothing was done
OUTSIDE_WINDOW = frozenset({2018278, 2534022})  # subcodes of error 10
_MILLISECONDS_FROM = 10**11  # as seconds this would be the year 5138


class Meta(Platform):
    """A platform whose events come through Meta's webhooks."""

    secrets: ClassVar[Names] = ("app_secret", "verify_token", "access_token")
    settings: ClassVar[Names] = ("api_version", "api_base")
    graph: ClassVar[str] = GRAPH
    version: ClassVar[str] = VERSION

    def handshake(self, delivery: Delivery, account: Account) -> Answer | None:
        if delivery.method != "GET" or "hub.mode" not in delivery.query:
            return None
        given = delivery.query.get("hub.verify_token", "")
        if delivery.query["hub.mode"] == "subscribe" and signing.any_same(given, account.every("verify_token")):
            return Answer(body=delivery.query.get("hub.challenge", "").encode("utf-8", "replace"))
        return Answer(403)

    def verify(self, delivery: Delivery, account: Account) -> str:
        secrets = signing.keys(account, "app_secret")
        given = signing.header(delivery, SIGNATURE)
        if not signing.any_same(given, (signature(secret, delivery.body) for secret in secrets)):
            raise SignatureError("the signature does not fit")
        return ""

    def parse(self, delivery: Delivery, account: Account) -> Iterator[Entry]:
        payload = load(delivery.body)
        return fields.each(self.pieces(payload, delivery), lambda part: self.understand(part, account))

    def pieces(self, payload: object, delivery: Delivery) -> Iterable[object]:
        if not isinstance(payload, dict) or not isinstance(payload.get("entry"), list):
            raise ParseError("no list of entries")
        return [part for entry in payload["entry"] for part in _unpack(entry)]

    def understand(self, part: Any, account: Account) -> Iterable[Entry]:
        """The entries of one part."""
        if not isinstance(part, Part) or not isinstance(part.value, dict):
            raise Malformed("not an object")
        return self.read_part(part, account)

    def read_part(self, part: Part, account: Account) -> Iterable[Entry]:
        raise NotImplementedError

    def post(self, path: str, body: Object, account: Account, http: httpx.Client) -> httpx.Response:
        """One call to the Graph API with the connection's token."""
        headers = bearer(token(account, "access_token"))
        return call(http, "POST", self.address(path, account), json=body, headers=headers, judge=self.judge)

    def upload(self, path: str, account: Account, http: httpx.Client, **form: Any) -> httpx.Response:
        """Store a file at Meta. Nobody sees it before a message names it, so this can be done again."""
        headers = bearer(token(account, "access_token"))
        return ask(http, self.address(path, account), method="POST", headers=headers, judge=self.judge, **form)

    def address(self, path: str, account: Account) -> str:
        return f"{base(account, self.graph)}/{setting(account, 'api_version', self.version)}/{path}"

    def judge(self, response: httpx.Response) -> SendError | None:
        return None if response.is_success else graph_problem(response)


def signature(secret: str, body: bytes) -> str:
    return f"sha256={signing.hexed(secret, body)}"


def _unpack(entry: Any) -> Iterator[Any]:
    """The changes and messages of one entry, each for itself; what is not shaped like one comes out as it is."""
    if not isinstance(entry, dict):
        yield entry
        return
    account, time, found = _safe(fields.string, entry, "id"), _safe(moment, entry, "time"), False
    for name in ("changes", "messaging", "standby"):
        pieces = entry.get(name)
        if isinstance(pieces, list):
            found = True
            yield from (_part(piece, name, account or "", time) for piece in pieces)
    if not found:  # Instagram Login's flat form: the change is the entry
        yield Part(entry.get("value"), str(entry.get("field", "")), account or "", time, around=entry)


def _part(piece: Any, name: str, account: str, time: datetime | None) -> Any:
    if name != "changes":
        return Part(piece, name, account, time)
    if not isinstance(piece, dict):
        return piece
    return Part(piece.get("value"), str(piece.get("field", "")), account, time)


def _safe(take: Any, piece: Object, name: str) -> Any:
    try:
        return take(piece, name)
    except Malformed:
        return None


def moment(piece: Object, *path: str) -> datetime | None:
    """A time in any of the three forms that Meta's platforms use: seconds, milliseconds, ISO 8601."""
    value = fields.string(piece, *path)
    if not value.isdecimal():
        return fields.iso(piece, *path)
    return fields.millis(piece, *path) if float(value) >= _MILLISECONDS_FROM else fields.seconds(piece, *path)


def graph_problem(response: httpx.Response) -> SendError:
    """What the Graph API's error object means."""
    error = _error_of(response)
    if not error:
        return verdict(response)
    code, subcode = _number(error, "code"), _number(error, "error_subcode")
    facts: dict[str, Any] = {"code": _codes(code, subcode), "status": response.status_code}
    reason = str(error.get("error_user_msg") or error.get("message") or response.status_code)[:300]
    if code in TOKEN_ENDED:
        return TokenRevoked(reason, **facts)
    if subcode in OUTSIDE_WINDOW:
        return WindowClosed(reason, **facts)
    if code in RATE_LIMITED or response.status_code == httpx.codes.TOO_MANY_REQUESTS:
        return TryLater(reason, after=regained(response), **facts)
    if code in UNCERTAIN or error.get("is_transient") is True or response.is_server_error:
        return OutcomeUnknown(reason, **facts)
    return Refused(reason, **facts)


def _error_of(response: httpx.Response) -> Object:
    error = json_of(response).get("error")
    return error if isinstance(error, dict) else {}


def _codes(code: int | None, subcode: int | None) -> str:
    return "/".join(str(number) for number in (code, subcode) if number is not None)


def _number(error: Object, name: str) -> int | None:
    try:
        return fields.integer(error, name)
    except Malformed:
        return None


def regained(response: httpx.Response) -> timedelta | None:
    """The pause that Meta asks for: Retry-After, or the minutes in its usage header."""
    return retry_after(response) or _usage_pause(response.headers.get("x-business-use-case-usage", ""))


def _usage_pause(header: str) -> timedelta | None:
    try:
        usage = loads(header) if header else {}
        uses = [use for each in usage.values() for use in each]
        minutes = max(float(use.get("estimated_time_to_regain_access", 0)) for use in uses)
        return bounded(timedelta(minutes=minutes)) if minutes > 0 else None
    except (ParseError, AttributeError, TypeError, ValueError, OverflowError):
        return None
