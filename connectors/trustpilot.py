"""Trustpilot: service and product reviews, and their one public reply.

Sources: support.trustpilot.com, "Webhooks" in the Integrations section (event names and bodies);
developers.trustpilot.com, business-units-api (private reviews, reply) and authentication (client credentials);
trustpilot/slack-trustpilot, whose receiver checks nothing: Trustpilot signs no delivery. What proves one is a
token in the address, which only Trustpilot was given; with a login each review is also asked for before it counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import ClassVar
from urllib.parse import quote

import httpx

from connectors import fields, oauth, paging, signing
from connectors.base import (
    Account,
    Author,
    Delivery,
    Entry,
    Kind,
    Limits,
    Page,
    ParseError,
    Refused,
    Reply,
    SendError,
    Sent,
    SignatureError,
    Verb,
)
from connectors.fields import Object
from connectors.http import ask, call, page_of, snippet
from connectors.platform import Names, Platform, base, bearer, owners_answer, setting, token

API = "https://api.trustpilot.com"
LONGEST = 4096
PAGE = 100
_VERBS = {"created": Verb.CREATE, "updated": Verb.EDIT, "deleted": Verb.DELETE}


class Trustpilot(Platform):
    kind = "trustpilot"
    name = "Trustpilot"
    secrets: ClassVar[Names] = ("url_token", "api_secret")
    settings: ClassVar[Names] = ("api_key", "api_base")

    def verify(self, delivery: Delivery, account: Account) -> str:
        expected = signing.keys(account, "url_token")
        if not signing.any_same(delivery.query.get("token", ""), expected):
            raise SignatureError("the address carries another token")
        return ""

    def pieces(self, payload: object, delivery: Delivery) -> Iterable[object]:
        if not isinstance(payload, dict) or not isinstance(payload.get("events"), list):
            raise ParseError("no list of events")
        events: list[object] = payload["events"]
        return events

    def read(self, piece: Object, delivery: Delivery, account: Account) -> Iterator[Entry]:
        kind, _, what = fields.string(piece, "eventName").rpartition("-")
        if what not in _VERBS or not kind.endswith("review"):
            yield fields.ignored(piece, f"an event of kind {fields.string(piece, 'eventName')[:60] or 'nothing'}")
        else:
            data = fields.mapping(piece, "eventData")
            entry = _review(_VERBS[what], data, fallback=delivery.received_at)
            yield replace(entry, partial=bool(account.secret("api_secret")))

    def complete(self, entry: Entry, account: Account, http: httpx.Client) -> Entry:
        """Nothing is signed, so the review itself is asked for: what it says there counts."""
        url = f"{base(account, API)}/v1/private/reviews/{quote(entry.external_id)}"
        there = _found(http, url, bearer(_access(account, http)))
        if entry.verb is Verb.DELETE:
            return fields.ignored(entry.raw, "Trustpilot still shows this review") if there else _confirmed(entry)
        if not there:
            return fields.broken(dict(entry.raw), "Trustpilot does not know this review")
        try:
            return replace(_review(entry.verb, there), version=entry.version, raw=entry.raw)
        except fields.Malformed as error:
            raise Refused(str(error)) from None

    def limits(self, kind: Kind, account: Account) -> Limits:
        return Limits(LONGEST, retry_safe=True)  # a review has one reply: a second one takes its place

    def deliver(self, reply: Reply, account: Account, http: httpx.Client) -> Sent:
        name = reply.parent or reply.thread
        if not name:
            raise Refused("the reply names no review")
        url = f"{base(account, API)}/v1/private/reviews/{quote(name)}/reply"
        call(http, "POST", url, data={"message": reply.text}, headers=bearer(_access(account, http)), judge=_judge)
        return Sent(external_id=f"{name}/reply")

    def poll(self, account: Account, cursor: str, http: httpx.Client) -> Page:
        """The reviews of a business unit, for accounts whose plan has no webhooks."""
        if not (account.external_id and account.secret("api_secret")):
            return Page((), cursor)  # only webhooks come
        walk = paging.Walk.read(cursor)
        url = f"{base(account, API)}/v1/private/business-units/{quote(account.external_id)}/reviews"
        number = int(walk.token) if walk.token.isdecimal() else 1
        query = {"orderBy": "createdat.desc", "perPage": str(PAGE), "page": str(number)}
        response = ask(http, url, params=query, headers=bearer(_access(account, http)), judge=_judge)
        reviews = fields.an_object_page(page_of(response)).get("reviews")
        found = reviews if isinstance(reviews, list) else []
        fresh, newest, met = walk.fresh(found, _created)
        walk, edited = walk.edited(found, fields.name_of)
        entries = self.polled([*fresh, *(each for each in edited if each not in fresh)], account)
        return walk.step(newest, str(number + 1) if len(found) == PAGE else "", met=met).page(entries)

    def read_polled(self, piece: Object, account: Account) -> Iterator[Entry]:
        return _listed(piece)


def _confirmed(entry: Entry) -> Entry:
    return replace(entry, partial=False)


def _found(http: httpx.Client, url: str, headers: Mapping[str, str]) -> Object:
    """The review; empty when there is none."""
    try:
        return fields.an_object_page(page_of(ask(http, url, headers=headers, judge=_judge)))
    except Refused as error:
        if error.status in {httpx.codes.NOT_FOUND, httpx.codes.GONE}:
            return {}
        raise


def _judge(response: httpx.Response) -> SendError | None:
    unauthorized = response.status_code == httpx.codes.UNAUTHORIZED
    return oauth.ended(response, snippet(response)) if unauthorized else None


def _access(account: Account, http: httpx.Client) -> str:
    """A token by client credentials; it lives for some hours."""
    url = f"{base(account, API)}/v1/oauth/oauth-business-users-for-applications/accesstoken"
    login = (setting(account, "api_key"), token(account, "api_secret"))
    return oauth.fetched(http, url, {"grant_type": "client_credentials"}, auth=login)


def _created(review: object) -> str:
    found = review.get("createdAt") if isinstance(review, dict) else ""
    return found if isinstance(found, str) else ""


def _listed(review: Object) -> Iterator[Entry]:
    """A review and, when somebody gave it in Trustpilot's own pages, our answer."""
    entry = _review(Verb.CREATE, review)
    yield from fields.seen_again(entry)
    answer = fields.mapping(review, "companyReply")
    if words := fields.string(answer, "text"):
        at = fields.iso(answer, "updatedAt") or fields.iso(answer, "createdAt")
        yield owners_answer(entry.external_id, words, at, answer)


def _review(verb: Verb, data: Object, fallback: datetime | None = None) -> Entry:
    name = fields.required(data, "id")
    at = fields.iso(data, "createdAt")
    changed = fields.iso(data, "updatedAt") or at
    said = (fields.string(data, "title"), fields.string(data, "text"))
    person = fields.string(data, "consumer", "id")
    return Entry(
        verb=verb,
        external_id=name,
        thread=name,
        kind=Kind.REVIEW,
        text="\n".join(filter(None, said)),
        author=Author(
            person,
            name=fields.string(data, "consumer", "name") or fields.string(data, "consumer", "displayName"),
        )
        if person
        else None,
        at=at,
        version=changed if verb is Verb.CREATE else fields.after(changed) or fallback,
        url=f"https://www.trustpilot.com/reviews/{quote(name)}",
        rating=_stars(data),
        language=fields.string(data, "language"),
        raw=data,
    )


def _stars(data: Object) -> int | None:
    stars = fields.integer(data, "stars")
    return stars if stars is not None and 1 <= stars <= 5 else None
