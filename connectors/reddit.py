"""Reddit: mentions, answers to our posts and comments, and private messages of one account.

Sources: reddit.com/dev/api (GET /message/inbox, POST /api/comment, fullnames), github.com/reddit-archive/reddit/wiki
(OAuth2, API: X-Ratelimit headers, a User-Agent of one's own); praw-dev/praw, reddit.py (the pause is a sentence
in the RATELIMIT error). Commercial use needs Reddit's consent.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any, ClassVar

import httpx

from connectors import fields, oauth, paging
from connectors.base import (
    Account,
    Author,
    Entry,
    Kind,
    Limits,
    OutcomeUnknown,
    Page,
    Refused,
    Reply,
    SendError,
    Sent,
    TokenRevoked,
    TooLong,
    TryLater,
    Verb,
)
from connectors.fields import Malformed, Object
from connectors.http import ask, bounded, call, count, json_of, page_of, retry_after, snippet
from connectors.platform import Names, Platform, base, setting, token

API, LOGIN = "https://oauth.reddit.com", "https://www.reddit.com"
LONGEST = 10_000
PAGE = 100
GONE = frozenset({"[deleted]", "[removed]"})
_PAUSE = re.compile(r"(\d+) (millisecond|second|minute|hour)s?")
_UNITS = {"millisecond": 0.001, "second": 1.0, "minute": 60.0, "hour": 3600.0}


class Reddit(Platform):
    kind = "reddit"
    name = "Reddit"
    secrets: ClassVar[Names] = ("client_secret", "refresh_token")
    settings: ClassVar[Names] = ("client_id", "username", "api_base", "login_base")

    def limits(self, kind: Kind, account: Account) -> Limits:
        return Limits(LONGEST)

    def deliver(self, reply: Reply, account: Account, http: httpx.Client) -> Sent:
        if not reply.parent:
            raise Refused("the reply names nothing that it answers")
        form = {"thing_id": reply.parent, "text": reply.text, "api_type": "json"}
        url = f"{base(account, API)}/api/comment"
        response = call(http, "POST", url, data=form, headers=_headers(account, http), judge=_judge)
        if not isinstance(json_of(response).get("json"), dict):
            raise OutcomeUnknown("Reddit said neither yes nor no", status=response.status_code)
        return Sent(_sent_name(json_of(response)))

    def poll(self, account: Account, cursor: str, http: httpx.Client) -> Page:
        """The inbox, newest first: answers, mentions and private messages in one list."""
        walk = paging.Walk.read(cursor)
        query = {"limit": str(PAGE), "raw_json": "1", **({"after": walk.token} if walk.token else {})}
        url = f"{base(account, API)}/message/inbox"
        response = ask(http, url, params=query, headers=_headers(account, http), judge=_judge)
        data = fields.an_object_page(page_of(response)).get("data")
        listing = data if isinstance(data, dict) else {}
        children = listing.get("children")
        fresh, newest, met = walk.fresh(children if isinstance(children, list) else [], _created)
        entries = self.polled(fresh, account)
        after, left = listing.get("after"), count(response, "x-ratelimit-remaining")
        wait = timedelta(seconds=count(response, "x-ratelimit-reset") or 60) if left is not None and left < 1 else None
        step = walk.step(newest, after if isinstance(after, str) else "", met=met)
        return step.page(entries, wait=wait, remaining=left)

    def read_polled(self, piece: Object, account: Account) -> list[Entry]:
        return [_entry(piece, account)]


def _headers(account: Account, http: httpx.Client) -> dict[str, str]:
    agent = {"User-Agent": f"python:relaybox:1 (by /u/{setting(account, 'username')})"}
    form = {"grant_type": "refresh_token", "refresh_token": token(account, "refresh_token")}
    url = f"{base(account, LOGIN, 'login_base')}/api/v1/access_token"
    login = (setting(account, "client_id"), token(account, "client_secret"))
    access = oauth.fetched(http, url, form, auth=login, headers=agent)
    return {**agent, "Authorization": f"Bearer {access}"}


def _created(child: Any) -> str:
    """A mark that sorts as a text: seconds with leading zeros."""
    data = child.get("data") if isinstance(child, dict) else None
    at = data.get("created_utc") if isinstance(data, dict) else None
    return f"{at:020.3f}" if isinstance(at, int | float) and not isinstance(at, bool) else ""


def _entry(child: Object, account: Account) -> Entry:
    kind, data = fields.string(child, "kind"), fields.mapping(child, "data")
    if kind not in {"t1", "t4"}:
        return fields.ignored(child, f"a thing of kind {kind[:20] or 'nothing'}")
    name, who = fields.required(data, "name"), fields.string(data, "author")
    body = fields.string(data, "body")
    if body in GONE and who in {"", "[deleted]"}:
        return Entry(Verb.DELETE, name, reason=body.strip("[]"), raw=child)
    private = kind == "t4"
    author = _author(who, fields.string(data, "author_fullname"), account)
    at = fields.seconds(data, "created_utc")
    edited = data.get("edited")
    parent = fields.string(data, "parent_id")
    return Entry(
        verb=Verb.CREATE,
        external_id=name,
        thread=_thread(data, name, who, private=private),
        parent=parent,
        is_reply=bool(parent),
        kind=_kind(data, private=private),
        subject=fields.string(data, "subject") if private else "",
        text=body,
        author=author,
        outbound=bool(author and author.is_us),
        at=at,
        version=fields.seconds(data, "edited") if isinstance(edited, int | float) and edited is not True else at,
        url=_url(data),
        raw=child,
    )


def _kind(data: Object, *, private: bool) -> Kind:
    if private:
        return Kind.DM
    return Kind.MENTION if fields.string(data, "type") == "username_mention" else Kind.COMMENT


def _thread(data: Object, name: str, who: str, *, private: bool) -> str:
    """A private conversation bears the name of its first message; in public each person has their own."""
    if private:
        return fields.string(data, "first_message_name") or name
    post = fields.string(data, "context").split("/comments/")[-1].partition("/")[0]
    return f"{post or name}:{who}"


def _author(who: str, fullname: str, account: Account) -> Author | None:
    if not who:
        return None  # a message of a subreddit or of Reddit itself
    ours = account.settings.get("username", "").lower()
    return Author(who, handle=who, is_us=who.lower() == ours, aliases=(fullname,) if fullname else ())


def _url(data: Object) -> str:
    context = fields.string(data, "context")
    return f"https://www.reddit.com{context}" if context.startswith("/r/") else ""


def _sent_name(answer: Object) -> str:
    try:
        things = fields.objects(fields.mapping(answer, "json", "data"), "things")
        return fields.string(things[0], "data", "name") if things else ""
    except Malformed:
        return ""


def _judge(response: httpx.Response) -> SendError | None:
    """A refusal comes with status 200 and a list of [code, sentence, field]."""
    if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
        pause = retry_after(response) or timedelta(seconds=count(response, "x-ratelimit-reset") or 60)
        return TryLater("too many calls", after=bounded(pause), status=429)
    if response.status_code == httpx.codes.UNAUTHORIZED:
        return oauth.ended(response, snippet(response))
    answer = json_of(response).get("json")
    errors = answer.get("errors") if isinstance(answer, dict) else None
    if not isinstance(errors, list) or not errors or not isinstance(errors[0], list):
        return None
    code, reason = (*map(str, errors[0][:2]), "", "")[:2]
    if code == "RATELIMIT":
        return TryLater(reason, after=_pause(reason), code=code, status=200)
    if code == "USER_REQUIRED":
        return TokenRevoked(reason, code=code, status=200)
    return (TooLong if code == "TOO_LONG" else Refused)(reason, code=code, status=200)


def _pause(sentence: str) -> timedelta | None:
    found = _PAUSE.search(sentence)
    return bounded(timedelta(seconds=int(found[1][:6]) * _UNITS[found[2]])) if found else None
