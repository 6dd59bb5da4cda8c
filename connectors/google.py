"""What Google's platforms share: how a call is allowed, and what their error objects mean.

Sources: developers.google.com/identity/protocols/oauth2 (web-server: refresh tokens; service-account: signed
assertions), cloud.google.com/apis/design/errors (status names), developers.google.com/youtube/v3/docs/errors (reasons).
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import jwt

from connectors import fields, oauth, signing
from connectors.base import Account, NotConfigured, ParseError, Refused, SendError, TryLater
from connectors.fields import Malformed, Object
from connectors.http import json_of, retry_after
from connectors.jsonload import loads
from connectors.platform import base, bearer, setting, token

LOGIN = "https://oauth2.googleapis.com"
_SPENT = frozenset({"quotaExceeded", "dailyLimitExceeded"})  # until midnight in California
_TOO_FAST = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "RESOURCE_EXHAUSTED"})
_QUOTA_ZONE = ZoneInfo("America/Los_Angeles")


def person_headers(account: Account, http: httpx.Client) -> dict[str, str]:
    """For a person who let us act for them: a refresh token becomes an access token."""
    form = {
        "grant_type": "refresh_token",
        "refresh_token": token(account, "refresh_token"),
        "client_id": setting(account, "client_id"),
        "client_secret": token(account, "client_secret"),
    }
    return dict(bearer(oauth.fetched(http, f"{base(account, LOGIN, 'login_base')}/token", form)))


def service_headers(account: Account, scope: str, http: httpx.Client) -> dict[str, str]:
    """For a service account, whose key file is the secret: a signed assertion becomes an access token."""
    key = token(account, "service_account")
    url = f"{base(account, LOGIN, 'login_base')}/token"

    def make() -> tuple[str, float]:
        form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": _assertion(key, scope)}
        return oauth.fetch(http, url, form, {})

    return dict(bearer(oauth.kept(signing.fingerprint(url, scope, key), make)))


def _assertion(key: str, scope: str) -> str:
    now = int(time.time())
    try:
        file = fields.an_object(loads(key))
        claims = {"iss": fields.required(file, "client_email"), "scope": scope, "iat": now, "exp": now + 3600}
        claims["aud"] = fields.string(file, "token_uri") or f"{LOGIN}/token"
        return jwt.encode(claims, fields.required(file, "private_key"), algorithm="RS256")
    except (ParseError, Malformed, ValueError, TypeError, jwt.PyJWTError) as error:
        raise NotConfigured(f"the service account's key file cannot be read: {error}") from None


def judge(response: httpx.Response) -> SendError | None:
    if response.is_success:
        return None
    error = json_of(response).get("error")
    if not isinstance(error, dict):
        return None
    status, reasons = response.status_code, _reasons(error)
    facts: dict[str, Any] = {"code": ",".join(sorted(reasons))[:100], "status": status}
    said = str(error.get("message", ""))[:300]
    if reasons & _SPENT:
        return TryLater(said, after=_until_midnight(), **facts)
    if reasons & _TOO_FAST or status == httpx.codes.TOO_MANY_REQUESTS:
        return TryLater(said, after=retry_after(response), **facts)
    if status == httpx.codes.UNAUTHORIZED:
        return oauth.ended(response, said, code=facts["code"])
    return Refused(said, **facts) if response.is_client_error else None


def _reasons(error: Object) -> set[str]:
    listed = error.get("errors")
    found = [each.get("reason") for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    return {each for each in [*found, error.get("status")] if isinstance(each, str)}


def _until_midnight() -> timedelta:
    now = datetime.now(_QUOTA_ZONE)
    tomorrow = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return tomorrow.astimezone(UTC) - now.astimezone(UTC)
