"""Calls to platforms, and the one place that turns what happened into a SendError.

What decides is whether the platform can have acted. A connection that never stood has
changed nothing (TryLater); a request that left without an answer may have been accepted
(OutcomeUnknown); an answer says what it says. A platform that means something else by a
status hands over a `judge`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from connectors.base import OutcomeUnknown, ParseError, Refused, SendError, TokenRevoked, TryLater
from connectors.fields import Malformed, string
from connectors.guard import Blocked
from connectors.jsonload import load
from connectors.text import clean

MAX_ANSWER = 4 * 1024 * 1024
LONGEST_WAIT = timedelta(days=1)

Judge = Callable[[httpx.Response], SendError | None]

_NOTHING_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_BAD_ADDRESS = (httpx.UnsupportedProtocol, httpx.InvalidURL, httpx.LocalProtocolError, Blocked)


def call(http: httpx.Client, method: str, url: str, *, judge: Judge | None = None, **request: Any) -> httpx.Response:
    """Send one request and return the answer, read whole, or raise a SendError.

    `judge` sees every answer first, also a 200: some platforms refuse politely.
    """
    response = _exchange(http, method, url, request)
    problem = (judge and judge(response)) or (None if response.is_success else verdict(response))
    if problem:
        raise problem
    return response


def ask(
    http: httpx.Client, url: str, *, method: str = "GET", judge: Judge | None = None, **request: Any
) -> httpx.Response:
    """A call that changes nothing on the platform: if its outcome is unknown, it can simply be made again."""
    try:
        return call(http, method, url, judge=judge, **request)
    except OutcomeUnknown as error:
        raise TryLater(error.reason, code=error.code, status=error.status) from error


def verdict(response: httpx.Response) -> SendError:
    """What a status means when the platform says nothing better."""
    status, reason = response.status_code, f"{response.status_code} {snippet(response)}".strip()
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return TryLater(reason, after=retry_after(response), status=status)
    if status == httpx.codes.UNAUTHORIZED:
        return TokenRevoked(reason, status=status)
    if status == httpx.codes.REQUEST_TIMEOUT or status >= httpx.codes.INTERNAL_SERVER_ERROR:
        return OutcomeUnknown(reason, status=status)
    return Refused(reason, status=status)


def retry_after(response: httpx.Response) -> timedelta | None:
    """The Retry-After header (RFC 9110, 10.2.3): seconds or a date."""
    return retry_after_of(response.headers.get("retry-after", ""))


def retry_after_of(header: str) -> timedelta | None:
    """The same, of the header's value."""
    value = header.strip()
    try:
        return bounded(timedelta(seconds=min(float(value), LONGEST_WAIT.total_seconds())))
    except (ValueError, OverflowError):
        pause = _until(value)
    return bounded(pause) if pause is not None else None


def bounded(pause: timedelta) -> timedelta:
    """A pause that a platform may ask for: not negative, and not for ever."""
    return min(max(pause, timedelta(0)), LONGEST_WAIT)


def until_epoch(response: httpx.Response, header: str) -> timedelta | None:
    """The pause until the moment that a rate limit header names in epoch seconds."""
    value = response.headers.get(header, "")
    if not value.isdecimal():
        return None
    pause = timedelta(seconds=min(int(value), 2**40)) - (datetime.now(UTC) - datetime(1970, 1, 1, tzinfo=UTC))
    return bounded(pause)


def count(response: httpx.Response, header: str) -> int | None:
    """A number of calls in a header; some platforms write it as 98.0."""
    try:
        return int(float(response.headers[header]))
    except (KeyError, ValueError, OverflowError):
        return None


def json_of(response: httpx.Response) -> Mapping[str, Any]:
    """The answer's JSON object; empty when there is none, because a 2xx without JSON is still a 2xx."""
    try:
        value = load(response.content)
    except ParseError:
        return {}
    return value if isinstance(value, dict) else {}


def told(response: httpx.Response, *path: str) -> str:
    """One text out of an accepted call's answer; "" when it is not there. Never an error: the reply is out."""
    try:
        return string(json_of(response), *path)
    except Malformed:
        return ""


def told_first(response: httpx.Response, name: str, *path: str) -> str:
    """As `told`, out of the first object of a list."""
    found = json_of(response).get(name)
    first = found[0] if isinstance(found, list) and found else None
    try:
        return string(first, *path) if isinstance(first, dict) else ""
    except Malformed:
        return ""


def page_of(response: httpx.Response) -> Any:
    """The answer's JSON, for a poll: raises ParseError when it is none."""
    return load(response.content)


def snippet(response: httpx.Response) -> str:
    """The first words of an answer, fit for a log line and a page."""
    return " ".join(clean(response.content[:400].decode("utf-8", "replace")).split())[:200]


def _exchange(http: httpx.Client, method: str, url: str, request: dict[str, Any]) -> httpx.Response:
    try:
        with http.stream(method, url, follow_redirects=False, **request) as response:
            response._content = _read(response)  # httpx has no bounded read of its own
            return response
    except _NOTHING_LEFT as error:
        raise TryLater(f"no connection: {error}") from error
    except _BAD_ADDRESS as error:
        raise Refused(f"not an address we may call: {error}") from error
    except httpx.HTTPError as error:
        raise OutcomeUnknown(f"no answer: {error or type(error).__name__}") from error


def _read(response: httpx.Response) -> bytes:
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > MAX_ANSWER:
            raise httpx.ReadError(f"an answer of more than {MAX_ANSWER} bytes")
    return bytes(body)


def _until(value: str) -> timedelta | None:
    try:
        return parsedate_to_datetime(value).astimezone(UTC) - datetime.now(UTC)
    except (ValueError, TypeError, OverflowError):
        return None
