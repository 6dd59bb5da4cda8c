"""Google Play: the reviews of an app and the developer's one answer.

Sources: developers.google.com/android-publisher/reply-to-reviews and /api-ref/rest/v3/reviews (list, reply; reviews of
the last week only, about 350 characters, an answer takes the place of the one before). A review names its author but
gives no id of them.
"""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import quote

import httpx

from connectors import fields, google, paging
from connectors.base import Account, Author, Entry, Kind, Limits, Page, Refused, Reply, Sent, Verb
from connectors.fields import Malformed, Object
from connectors.http import ask, call, page_of
from connectors.platform import Names, Platform, base, owners_answer

API = "https://androidpublisher.googleapis.com"
SCOPE = "https://www.googleapis.com/auth/androidpublisher"
LONGEST = 350
_STARS = range(1, 6)


class GooglePlay(Platform):
    kind = "google_play"
    name = "Google Play"
    secrets: ClassVar[Names] = ("service_account",)
    settings: ClassVar[Names] = ("api_base", "login_base")

    def limits(self, kind: Kind, account: Account) -> Limits:
        return Limits(LONGEST, retry_safe=True)  # a second try takes the place of the first

    def deliver(self, reply: Reply, account: Account, http: httpx.Client) -> Sent:
        name = reply.thread or reply.parent
        if not name:
            raise Refused("the reply names no review")
        headers = google.service_headers(account, SCOPE, http)
        url = f"{_reviews(account)}/{quote(name)}:reply"
        call(http, "POST", url, json={"replyText": reply.text}, headers=headers, judge=google.judge)
        return Sent(external_id=f"{name}/reply")

    def poll(self, account: Account, cursor: str, http: httpx.Client) -> Page:
        walk = paging.Walk.read(cursor)
        query = {"maxResults": "100", **({"token": walk.token} if walk.token else {})}
        headers = google.service_headers(account, SCOPE, http)
        page = fields.an_object_page(
            page_of(ask(http, _reviews(account), params=query, headers=headers, judge=google.judge))
        )
        found = page.get("reviews")
        fresh, newest, met = walk.fresh(found if isinstance(found, list) else [], _changed)
        entries = self.polled(fresh, account)
        pagination = page.get("tokenPagination")
        token = pagination.get("nextPageToken") if isinstance(pagination, dict) else ""
        return walk.step(newest, token if isinstance(token, str) else "", met=met).page(entries)

    def read_polled(self, piece: Object, account: Account) -> list[Entry]:
        return _read(piece)


def _reviews(account: Account) -> str:
    return f"{base(account, API)}/androidpublisher/v3/applications/{quote(account.external_id)}/reviews"


def _comments(review: Object, name: str) -> list[Object]:
    found = (each.get(name) for each in fields.objects(review, "comments"))
    return [each for each in found if isinstance(each, dict)]


def _changed(review: Any) -> str:
    """The moment of the last change, as a text that sorts: an edit may differ in the nanoseconds alone."""
    try:
        times = [fields.mapping(each, "lastModified") for each in _comments(review, "userComment")]
        return max((_mark(each) for each in times), default="")
    except (Malformed, AttributeError):
        return ""


def _mark(time: Object) -> str:
    return f"{fields.integer(time, 'seconds') or 0:012d}.{fields.integer(time, 'nanos') or 0:09d}"


def _read(review: Object) -> list[Entry]:
    name = fields.required(review, "reviewId")
    said = [_said(review, each, name) for each in _comments(review, "userComment")[-1:]]
    answers = [_answer(each, name) for each in _comments(review, "developerComment")[-1:]]
    if not said:
        raise Malformed("comments: no userComment")
    return [*fields.seen_again(said[0]), *answers]


def _said(review: Object, comment: Object, name: str) -> Entry:
    time = fields.mapping(comment, "lastModified")
    at = fields.seconds(time, "seconds")
    nanos = fields.integer(time, "nanos") or 0
    version = at.replace(microsecond=min(max(nanos // 1000, 0), 999_999)) if at else None
    title, _, body = fields.string(comment, "text").rpartition("\t")
    stars = fields.integer(comment, "starRating")
    author = fields.string(review, "authorName")
    return Entry(
        verb=Verb.CREATE,
        external_id=name,
        thread=name,
        kind=Kind.REVIEW,
        text="\n".join(filter(None, (title.strip(), body.strip()))),
        author=Author(f"review:{name}", name=author),
        at=version,
        version=version,
        rating=stars if stars in _STARS else None,
        language=fields.string(comment, "reviewerLanguage"),
        raw=review,
    )


def _answer(comment: Object, name: str) -> Entry:
    at = fields.seconds(fields.mapping(comment, "lastModified"), "seconds")
    return owners_answer(name, fields.string(comment, "text"), at, comment)
