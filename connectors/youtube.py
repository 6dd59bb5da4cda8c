"""YouTube: comments on a channel's videos and the answers to them.

Sources under developers.google.com/youtube/v3/docs: commentThreads/list (allThreadsRelatedToChannelId, order=time,
1 unit), comments/list (parentId, 1 unit), comments/insert (50 units, one level of answers), comments#resource, errors.
A thread shows up to five of its answers, the others are asked for; a deletion is silent. Quota: 10,000 units a day.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

import httpx

from connectors import fields, google, paging
from connectors.base import Account, Author, Entry, Kind, Limits, Page, Refused, Reply, Sent, Verb
from connectors.fields import Object
from connectors.http import ask, call, page_of, told
from connectors.platform import Names, Platform, base

API = "https://www.googleapis.com"
LONGEST = 10_000
MOST_PAGES = 10  # of the answers in one thread


class YouTube(Platform):
    kind = "youtube"
    name = "YouTube"
    secrets: ClassVar[Names] = ("refresh_token", "client_secret")
    settings: ClassVar[Names] = ("client_id", "api_base", "login_base")

    def limits(self, kind: Kind, account: Account) -> Limits:
        return Limits(LONGEST)

    def deliver(self, reply: Reply, account: Account, http: httpx.Client) -> Sent:
        thread = (reply.thread or reply.parent).partition(".")[0]  # answers hang on the top comment, one level deep
        if not thread:
            raise Refused("the reply names no comment that it answers")
        body = {"snippet": {"parentId": thread, "textOriginal": reply.text}}
        url, headers = f"{base(account, API)}/youtube/v3/comments", google.person_headers(account, http)
        response = call(http, "POST", url, params={"part": "snippet"}, json=body, headers=headers, judge=google.judge)
        return Sent(told(response, "id"))

    def poll(self, account: Account, cursor: str, http: httpx.Client) -> Page:
        walk = paging.Walk.read(cursor)
        query = {
            "part": "snippet,replies",
            "allThreadsRelatedToChannelId": account.external_id,
            "order": "time",
            "textFormat": "plainText",
            "maxResults": "100",
            **({"pageToken": walk.token} if walk.token else {}),
        }
        url, headers = f"{base(account, API)}/youtube/v3/commentThreads", google.person_headers(account, http)
        page = fields.an_object_page(page_of(ask(http, url, params=query, headers=headers, judge=google.judge)))
        items = page.get("items")
        threads = items if isinstance(items, list) else []
        fresh, newest, met = walk.fresh(threads, _published)
        walk, edited = walk.edited(threads, fields.name_of)
        told = [*fresh, *(each for each in edited if each not in fresh)]
        told = [self._whole(each, account, http) for each in told]
        entries = self.polled(told, account)
        token = page.get("nextPageToken")
        return walk.step(newest, token if isinstance(token, str) else "", met=met).page(entries)

    def read_polled(self, piece: Object, account: Account) -> Iterable[Entry]:
        """A thread, or one comment out of it that could not be read among its neighbours."""
        return _comment(piece, account) if "thread" in piece else _thread(piece, account)

    def _whole(self, thread: Any, account: Account, http: httpx.Client) -> Any:
        """A thread with all its answers: of many it shows only some."""
        if not _shows_less(thread):
            return thread
        url, headers = f"{base(account, API)}/youtube/v3/comments", google.person_headers(account, http)
        query = {"part": "snippet", "parentId": thread["id"], "textFormat": "plainText", "maxResults": "100"}
        answers: list[Any] = []
        for _page in range(MOST_PAGES):
            try:
                response = ask(http, url, params=query, headers=headers, judge=google.judge)
            except Refused:  # the thread was closed or deleted since; what it showed is all there is to have
                return thread
            page = fields.an_object_page(page_of(response))
            answers += page["items"] if isinstance(page.get("items"), list) else []
            if not isinstance(token := page.get("nextPageToken"), str) or not token:
                break
            query["pageToken"] = token
        return {**thread, "replies": {"comments": answers}}


def _shows_less(thread: Any) -> bool:
    try:
        total = fields.integer(fields.an_object(thread), "snippet", "totalReplyCount") or 0
        return bool(fields.name_of(thread)) and total > len(
            fields.listing(fields.mapping(thread, "replies"), "comments")
        )
    except fields.Malformed:
        return False


def _published(thread: Any) -> str:
    """The latest moment in a thread: a new answer makes an old thread new."""
    try:
        top = fields.string(thread, "snippet", "topLevelComment", "snippet", "publishedAt")
        answers = fields.objects(fields.mapping(thread, "replies"), "comments")
        return max(top, *(fields.string(each, "snippet", "publishedAt") for each in answers), "")
    except fields.Malformed:
        return ""


def _thread(thread: Object, account: Account) -> Iterator[Entry]:
    name = fields.required(thread, "id")
    comments = [fields.mapping(thread, "snippet", "topLevelComment")]
    comments += fields.objects(fields.mapping(thread, "replies"), "comments")
    return fields.each(({"thread": name, "data": each} for each in comments), lambda each: _comment(each, account))


def _comment(piece: Object, account: Account) -> list[Entry]:
    thread, comment = fields.required(piece, "thread"), fields.mapping(piece, "data")
    name, said = fields.required(comment, "id"), fields.mapping(comment, "snippet")
    who = fields.string(said, "authorChannelId", "value")
    author = Author(
        who,
        handle=fields.string(said, "authorDisplayName"),
        avatar=fields.string(said, "authorProfileImageUrl"),
        is_us=bool(who) and who == account.external_id,
    )
    at, changed = fields.iso(said, "publishedAt"), fields.iso(said, "updatedAt")
    entry = Entry(
        verb=Verb.CREATE,
        external_id=name,
        thread=thread,
        parent=fields.string(said, "parentId"),
        is_reply=name != thread,
        kind=Kind.COMMENT,
        text=fields.string(said, "textOriginal") or fields.string(said, "textDisplay"),
        author=author if who else None,
        outbound=author.is_us,
        at=at,
        version=changed or at,
        url=f"https://www.youtube.com/watch?v={fields.string(said, 'videoId')}&lc={name}",
        raw=comment,
    )
    return fields.seen_again(entry) if changed and at and changed > at else [entry]
