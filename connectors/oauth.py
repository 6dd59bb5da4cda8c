"""Tokens that a connector has to make or fetch before it may call its platform.

Sources: RFC 5849 (OAuth 1.0a signatures), RFC 6749 (refresh and client credentials grants),
RFC 7523 with developers.google.com/identity/protocols/oauth2/service-account (signed assertions).
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

import httpx

from connectors import signing
from connectors.base import SendError, TokenRevoked, TryLater
from connectors.http import ask, json_of

EARLY = 120  # seconds before its end that a token is no longer used
_ENDED = frozenset({"invalid_grant", "invalid_client", "unauthorized_client", "access_denied"})
NEW = 60.0  # seconds for which a token is so new that its refusal is the platform's last word
_tokens: dict[str, tuple[str, float, float]] = {}  # by name: the token, when it ends, when it was made
_lock = threading.Lock()


def oauth1_header(
    method: str, url: str, query: Mapping[str, str], *, consumer: tuple[str, str], user: tuple[str, str]
) -> str:
    """The Authorization header for a call whose body is not a form."""
    given = {
        "oauth_consumer_key": consumer[0],
        "oauth_nonce": secrets.token_hex(16),
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": str(int(time.time())),
        "oauth_token": user[0],
        "oauth_version": "1.0",
    }
    given["oauth_signature"] = oauth1_signature(method, url, {**query, **given}, consumer[1], user[1])
    return "OAuth " + ", ".join(f'{_escape(name)}="{_escape(value)}"' for name, value in sorted(given.items()))


def oauth1_signature(method: str, url: str, values: Mapping[str, str], consumer: str, user: str) -> str:
    pairs = sorted((_escape(name), _escape(value)) for name, value in values.items())
    joined = "&".join(f"{name}={value}" for name, value in pairs)
    message = "&".join((method.upper(), _escape(url), _escape(joined)))
    return signing.based(f"{_escape(consumer)}&{_escape(user)}", message.encode(), "sha1")


def fetched(http: httpx.Client, url: str, form: Mapping[str, str], **request: Any) -> str:
    """An access token for a grant, kept in this process until shortly before it ends."""
    name = signing.fingerprint(url, repr(sorted(form.items())), repr(request))
    return kept(name, lambda: fetch(http, url, form, request))


def kept(name: str, make: Callable[[], tuple[str, float]]) -> str:
    """A token that this process has, or a new one; `make` gives it with the seconds that it lives."""
    with _lock:
        found, ends, _made = _tokens.get(name, ("", 0.0, 0.0))
    if found and time.monotonic() < ends:
        return found
    token, seconds = make()
    with _lock:
        _tokens[name] = (token, time.monotonic() + seconds - EARLY, time.monotonic())
    return token


def forget(name: str = "") -> None:
    """Drop one token, or all; the next call fetches a new one."""
    with _lock:
        for each in [name] if name else list(_tokens):
            _tokens.pop(each, None)


def ended(response: httpx.Response, reason: str, *, code: str = "") -> SendError:
    """What a 401 means for a token that is kept: it may have ended before its time, so the next try makes a new one.
    Only when that is refused as well, our access is over."""
    given = response.request.headers.get("authorization", "").removeprefix("Bearer ")
    now = time.monotonic()
    with _lock:
        old = [name for name, (token, _ends, made) in _tokens.items() if token == given and now - made > NEW]
        for name in old:
            del _tokens[name]
    if old:
        return TryLater(f"the access token has ended: {reason}"[:300], code=code, status=response.status_code)
    return TokenRevoked(reason, code=code, status=response.status_code)


def fetch(http: httpx.Client, url: str, form: Mapping[str, str], request: Any) -> tuple[str, float]:
    answer = json_of(ask(http, url, method="POST", data=dict(form), judge=_judge, **request))
    token, seconds = answer.get("access_token"), answer.get("expires_in", 3600)
    if not isinstance(token, str) or not token:
        raise TryLater("the platform gave no access token")
    return token, float(seconds) if isinstance(seconds, int | float) else 3600.0


def _judge(response: httpx.Response) -> SendError | None:
    code = json_of(response).get("error")
    if code in _ENDED or response.status_code == httpx.codes.UNAUTHORIZED:
        return TokenRevoked(f"no token any more: {code}", code=str(code), status=response.status_code)
    return None


def _escape(value: str) -> str:
    return quote(value, safe="-._~")
