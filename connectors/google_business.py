"""Google Business Profile: the reviews of a place and the owner's one answer.

Sources: developers.google.com/my-business/reference/rest/v4/accounts.locations.reviews (list, updateReply, Review,
StarRating) and /content/review-data. Access to this API has to be granted by Google. A translated comment carries
the original below it.
"""

from __future__ import annotations

from typing import Any, ClassVar

import httpx

from connectors import fields, google, paging
from connectors.base import Account, Author, Entry, Kind, Limits, Page, ParseError, Refused, Reply, Sent, Verb
from connectors.fields import Object
from connectors.http import ask, call, page_of
from connectors.platform import Names, Platform, base, owners_answer

API = "https://mybusiness.googleapis.com"
LONGEST = 4096
_STARS = {"ONE": 1, "TWO": 2, "THREE": 3, "FOUR": 4, "FIVE": 5}
_ORIGINAL = "(Original)"
_TRANSLATED = "(Translated by Google)"


class GoogleBusiness(Platform):
    kind = "google_business"
    name = "Google Business"
    secrets: ClassVar[Names] = ("refresh_token", "client_secret")
    settings: ClassVar[Names] = ("client_id", "api_base", "login_base")

    def limits(self, kind: Kind, account: Account) -> Limits:
        return Limits(LONGEST, unit="bytes", retry_safe=True)  # an answer takes the place of the one before

    def deliver(self, reply: Reply, account: Account, http: httpx.Client) -> Sent:
        name = reply.thread or reply.parent
        if not name.startswith("accounts/") or ".." in name:
            raise Refused("the reply names no review")
        url, headers = f"{base(account, API)}/v4/{name}/reply", google.person_headers(account, http)
        call(http, "PUT", url, json={"comment": reply.text}, headers=headers, judge=google.judge)
        return Sent(external_id=f"{name}/reply")

    def poll(self, account: Account, cursor: str, http: httpx.Client) -> Page:
        """`external_id` is accounts/<account>/locations/<location>."""
        if not account.external_id.startswith("accounts/"):
            raise ParseError("the connection names no accounts/…/locations/…")
        walk = paging.Walk.read(cursor)
        query = {"pageSize": "50", "orderBy": "updateTime desc", **({"pageToken": walk.token} if walk.token else {})}
        url = f"{base(account, API)}/v4/{account.external_id}/reviews"
        headers = google.person_headers(account, http)
        page = fields.an_object_page(page_of(ask(http, url, params=query, headers=headers, judge=google.judge)))
        found = page.get("reviews")
        fresh, newest, met = walk.fresh(found if isinstance(found, list) else [], _updated)
        entries = self.polled(fresh, account)
        token = page.get("nextPageToken")
        return walk.step(newest, token if isinstance(token, str) else "", met=met).page(entries)

    def read_polled(self, piece: Object, account: Account) -> list[Entry]:
        return _read(piece)


def _updated(review: Any) -> str:
    """The time of change as a text that sorts: whole seconds are written without a fraction, and a point sorts
    before every digit."""
    found = review.get("updateTime") if isinstance(review, dict) else ""
    if not isinstance(found, str) or not found:
        return ""
    seconds, _, fraction = found.removesuffix("Z").partition(".")
    return f"{seconds}.{fraction:0<9}"


def _read(review: Object) -> list[Entry]:
    name = fields.required(review, "name")
    at, changed = fields.iso(review, "createTime"), fields.iso(review, "updateTime")
    anonymous = fields.boolean(review, "reviewer", "isAnonymous")
    entry = Entry(
        verb=Verb.CREATE,
        external_id=name,
        thread=name,
        kind=Kind.REVIEW,
        text=original(fields.string(review, "comment")),
        author=Author(
            f"review:{name}",
            name="" if anonymous else fields.string(review, "reviewer", "displayName"),
            avatar=fields.string(review, "reviewer", "profilePhotoUrl"),
        ),
        at=at,
        version=changed or at,
        rating=_STARS.get(fields.string(review, "starRating")),
        raw=review,
    )
    answer = fields.mapping(review, "reviewReply")
    return [*fields.seen_again(entry), *([_answer(answer, name)] if answer else [])]


def _answer(answer: Object, name: str) -> Entry:
    return owners_answer(name, fields.string(answer, "comment"), fields.iso(answer, "updateTime"), answer)


def original(comment: str) -> str:
    """The author's own words, out of a comment that Google translated: before the mark, or after the other one."""
    if _ORIGINAL in comment:
        return comment.partition(_ORIGINAL)[2].strip()
    return comment.partition(_TRANSLATED)[0].strip() or comment.strip()
