"""App Store: customer reviews of an app and the developer's one response.

Sources under developer.apple.com/documentation/appstoreconnectapi: list_all_customer_reviews_for_an_app,
create_or_update_a_response_to_a_customer_review, generating_tokens_for_api_requests (ES256, at most 20 minutes),
identifying_rate_limits. An edited review keeps its id and says nowhere that it was edited.
"""

from __future__ import annotations

import time
from typing import Any, ClassVar
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import jwt

from connectors import fields, paging
from connectors.base import (
    Account,
    Author,
    Entry,
    Kind,
    Limits,
    NotConfigured,
    Page,
    Refused,
    Reply,
    SendError,
    Sent,
    Verb,
)
from connectors.fields import Object
from connectors.http import ask, call, json_of, page_of
from connectors.platform import Names, Platform, base, owners_answer, setting, token

API = "https://api.appstoreconnect.apple.com"
LONGEST = 5970
PAGE = 200
TOKEN_LIVES = 15 * 60
_STARS = range(1, 6)


class AppStore(Platform):
    kind = "app_store"
    name = "App Store"
    secrets: ClassVar[Names] = ("private_key",)
    settings: ClassVar[Names] = ("key_id", "issuer_id", "api_base")

    def limits(self, kind: Kind, account: Account) -> Limits:
        return Limits(LONGEST, retry_safe=True)  # a second response takes the place of the first

    def deliver(self, reply: Reply, account: Account, http: httpx.Client) -> Sent:
        name = reply.thread or reply.parent
        if not name:
            raise Refused("the reply names no review")
        review = {"data": {"type": "customerReviews", "id": name}}
        body = {
            "data": {
                "type": "customerReviewResponses",
                "attributes": {"responseBody": reply.text},
                "relationships": {"review": review},
            }
        }
        url = f"{base(account, API)}/v1/customerReviewResponses"
        call(http, "POST", url, json=body, headers=_headers(account), judge=_judge)
        return Sent(external_id=f"{name}/reply")

    def poll(self, account: Account, cursor: str, http: httpx.Client) -> Page:
        walk = paging.Walk.read(cursor)
        query = {
            "sort": "-createdDate",
            "limit": str(PAGE),
            "include": "response",
            **({"cursor": walk.token} if walk.token else {}),
        }
        url = f"{base(account, API)}/v1/apps/{quote(account.external_id)}/customerReviews"
        response = ask(http, url, params=query, headers=_headers(account), judge=_judge)
        page = fields.an_object_page(page_of(response))
        found, included = page.get("data"), page.get("included")
        answers, reviews = (
            _by_id(included if isinstance(included, list) else []),
            found if isinstance(found, list) else [],
        )
        fresh, newest, met = walk.fresh(reviews, _created)
        walk, edited = walk.edited(reviews, fields.name_of)
        told = [*fresh, *(each for each in edited if each not in fresh)]
        entries = self.polled((_with_answer(each, answers) for each in told), account)
        return walk.step(newest, _next(page), met=met).page(entries, remaining=_calls_left(response))

    def read_polled(self, piece: Object, account: Account) -> list[Entry]:
        return _read(piece)


def _headers(account: Account) -> dict[str, str]:
    now = int(time.time())
    claims = {"iss": setting(account, "issuer_id"), "iat": now, "exp": now + TOKEN_LIVES, "aud": "appstoreconnect-v1"}
    key, name = token(account, "private_key"), setting(account, "key_id")
    try:
        signed = jwt.encode(claims, key, algorithm="ES256", headers={"kid": name})
    except (ValueError, TypeError, jwt.PyJWTError) as error:
        raise NotConfigured(f"the private key cannot be read: {error}") from None
    return {"Authorization": f"Bearer {signed}"}


def _next(page: Object) -> str:
    """The cursor in `links.next`. Only that is taken from it, so that our token goes nowhere else."""
    links = page.get("links")
    following = links.get("next") if isinstance(links, dict) else ""
    found = parse_qs(urlsplit(following).query).get("cursor") if isinstance(following, str) else None
    return found[0] if found else ""


def _calls_left(response: httpx.Response) -> int | None:
    """X-Rate-Limit: user-hour-lim:3500;user-hour-rem:500;"""
    parts = dict(part.partition(":")[::2] for part in response.headers.get("x-rate-limit", "").split(";"))
    left = parts.get("user-hour-rem", "")
    return int(left) if left.isdecimal() else None


def _created(review: Any) -> str:
    """The time of creation in UTC, as a text that sorts; Apple writes it with an offset."""
    try:
        at = fields.iso(review, "attributes", "createdDate")
    except fields.Malformed:
        return ""
    return at.isoformat() if at else ""


def _by_id(included: list[Any]) -> dict[str, Object]:
    return {
        each["id"]: each
        for each in included
        if isinstance(each, dict) and each.get("type") == "customerReviewResponses" and isinstance(each.get("id"), str)
    }


def _with_answer(review: Any, answers: dict[str, Object]) -> Any:
    """A review together with our answer, which the page holds beside it."""
    try:
        linked = fields.string(fields.an_object(review), "relationships", "response", "data", "id")
    except fields.Malformed:
        return review
    return {**review, "included": [answers[linked]]} if linked in answers else review


def _read(review: Object) -> list[Entry]:
    name, said = fields.required(review, "id"), fields.mapping(review, "attributes")
    at, stars = fields.iso(said, "createdDate"), fields.integer(said, "rating")
    entry = Entry(
        verb=Verb.CREATE,
        external_id=name,
        thread=name,
        kind=Kind.REVIEW,
        text="\n".join(filter(None, (fields.string(said, "title"), fields.string(said, "body")))),
        author=Author(f"review:{name}", name=fields.string(said, "reviewerNickname")),
        at=at,
        version=at,
        rating=stars if stars in _STARS else None,
        raw=review,
    )
    answers = [_answer(each, name) for each in fields.objects(review, "included")]
    return [*fields.seen_again(entry), *answers]


def _answer(answer: Object, name: str) -> Entry:
    said = fields.mapping(answer, "attributes")
    return owners_answer(name, fields.string(said, "responseBody"), fields.iso(said, "lastModifiedDate"), answer)


def _judge(response: httpx.Response) -> SendError | None:
    errors = json_of(response).get("errors")
    if not response.is_client_error or not isinstance(errors, list) or not errors or not isinstance(errors[0], dict):
        return None
    if response.status_code in {httpx.codes.UNAUTHORIZED, httpx.codes.TOO_MANY_REQUESTS}:
        return None
    reason = str(errors[0].get("detail") or errors[0].get("title") or "")[:300]
    return Refused(reason, code=str(errors[0].get("code", "")), status=response.status_code)
