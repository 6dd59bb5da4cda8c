"""Facebook Pages: comments, visitors' posts, mentions and recommendations, and Messenger beside them.

Sources under developers.facebook.com/docs: graph-api/webhooks/reference/page (fields feed, mention,
ratings), graph-api/reference/object/comments, messenger-platform/reference/send-api,
messenger-platform/reference/attachment-upload-api (25 MB; kept for 90 days) and
messenger-platform/policy/policy-overview (24 hours; 7 days with the human agent tag).
Meta sends both a page's feed and its messages to the one address of an app, so both kinds read both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any, ClassVar

import httpx

from connectors import fields, meta_messages
from connectors.base import Account, Author, Entry, Kind, Limits, Media, Refused, Reply, Sent, Verb
from connectors.fields import Object, Part
from connectors.files import File, FileLimits
from connectors.http import told
from connectors.media import KNOWN_TYPES
from connectors.meta import Meta, moment
from connectors.platform import Names, switched_on

LONGEST_COMMENT = 8000
LONGEST_MESSAGE = 2000
# Its messages hold either a text or one file: beside a file there is no place for words.
FILES = FileLimits(most=1, size=20_000_000, whole=20_000_000, wordless=KNOWN_TYPES)
DAY, WEEK = timedelta(hours=24), timedelta(days=7)
_VERBS = {
    "add": Verb.CREATE,
    "edit": Verb.EDIT,
    "edited": Verb.EDIT,
    "remove": Verb.DELETE,
    "delete": Verb.DELETE,
}
_POSTS = frozenset({"status", "post", "photo", "video", "share", "album", "link", "note"})
_RECOMMENDATIONS = {"POSITIVE": 5, "NEGATIVE": 1}  # Facebook dropped stars for a yes or a no


class Facebook(Meta):
    kind = "facebook"
    name = "Facebook"
    settings: ClassVar[Names] = ("api_version", "api_base", "human_agent")

    def read_part(self, part: Part, account: Account) -> Iterable[Entry]:
        if part.field in {"messaging", "standby"}:
            return meta_messages.read(part, account)
        reader = {"feed": _feed, "mention": _mention, "ratings": _rating}.get(part.field)
        if reader is None:
            return [fields.ignored(part.value, f"a change of {part.field[:60] or 'nothing'}")]
        return reader(part.value, part)

    def limits(self, kind: Kind, account: Account) -> Limits:
        if kind is Kind.DM:
            return Limits(length=LONGEST_MESSAGE, window=WEEK if human_agent(account) else DAY, files=FILES)
        return Limits(length=LONGEST_COMMENT)

    def deliver(self, reply: Reply, account: Account, http: httpx.Client) -> Sent:
        if reply.kind is Kind.DM:
            return self._message(reply, account, http)
        if not reply.parent:
            raise Refused("the reply names nothing that it answers")
        response = self.post(f"{reply.parent}/comments", {"message": reply.text}, account, http)
        return Sent(external_id=told(response, "id"))

    def _message(self, reply: Reply, account: Account, http: httpx.Client) -> Sent:
        page = account.external_id or "me"
        file = {"attachment_id": self._stored(reply.files[0], page, account, http)} if reply.files else None
        body = meta_messages.body(reply, human_agent=human_agent(account), file=file)
        body["message"]["metadata"] = reply.key  # comes back in the echo, by which an unknown outcome is settled
        response = self.post(f"{page}/messages", body, account, http)
        return Sent(external_id=told(response, "message_id"))

    def _stored(self, file: File, page: str, account: Account, http: httpx.Client) -> str:
        """The name under which Meta keeps it."""
        form = meta_messages.upload(file)
        name = told(self.upload(f"{page}/message_attachments", account, http, **form), "attachment_id")
        if not name:
            raise Refused("Messenger took the file and did not say under which name")
        return name


class Messenger(Facebook):
    kind = "messenger"
    name = "Messenger"


def human_agent(account: Account) -> bool:
    """Whether Meta granted this app the human agent tag."""
    return switched_on(account, "human_agent")


def _feed(value: Object, part: Part) -> Iterator[Entry]:
    item, verb = fields.string(value, "item"), _VERBS.get(fields.string(value, "verb"))
    if item in {"reaction", "like"}:
        yield _reaction(value, part)
    elif verb is None or (item != "comment" and item not in _POSTS):
        yield fields.ignored(value, f"{item[:40] or 'something'}: {fields.string(value, 'verb')[:40] or 'no verb'}")
    elif item == "comment":
        yield _comment(verb, value, part)
    else:
        yield _post(verb, value, part)


def _comment(verb: Verb, value: Object, part: Part) -> Entry:
    name, post = fields.required(value, "comment_id"), fields.string(value, "post_id")
    parent = fields.string(value, "parent_id")
    top = not parent or parent == post
    return Entry(
        verb=verb,
        external_id=name,
        thread=name if top else parent,
        parent=parent,
        is_reply=not top,
        kind=Kind.COMMENT,
        **_said(verb, value, part),
    )


def _post(verb: Verb, value: Object, part: Part) -> Entry:
    author = _author(value, part, "from", "sender")
    if author and author.is_us:
        return fields.ignored(value, "the page's own post")
    name = fields.required(value, "post_id")
    return Entry(verb=verb, external_id=name, thread=name, kind=Kind.MENTION, **_said(verb, value, part))


def _mention(value: Object, part: Part) -> Iterator[Entry]:
    verb = _VERBS.get(fields.string(value, "verb"), Verb.CREATE)
    name = fields.string(value, "comment_id") or fields.required(value, "post_id")
    yield Entry(verb=verb, external_id=name, thread=name, kind=Kind.MENTION, **_said(verb, value, part))


def _rating(value: Object, part: Part) -> Iterator[Entry]:
    if fields.string(value, "item") not in {"rating", "recommendation", ""}:
        yield from _feed(value, part)  # comments on a recommendation arrive in this field too
        return
    verb = _VERBS.get(fields.string(value, "verb"), Verb.CREATE)
    stars = fields.integer(value, "rating") or _RECOMMENDATIONS.get(fields.string(value, "recommendation_type").upper())
    said = _said(verb, value, part)
    said["text"] = fields.string(value, "review_text") or said["text"]
    name = fields.string(value, "open_graph_story_id") or fields.required(value, "post_id")
    yield Entry(verb=verb, external_id=name, thread=name, kind=Kind.REVIEW, rating=stars, **said)


def _reaction(value: Object, part: Part) -> Entry:
    name = fields.string(value, "comment_id") or fields.string(value, "post_id")
    if not name:
        return fields.ignored(value, "a like of the page itself")
    gone = _VERBS.get(fields.string(value, "verb")) is Verb.DELETE
    kind = fields.string(value, "reaction_type") or "like"
    return Entry(
        Verb.REACTION,
        external_id=name,
        author=_author(value, part, "from", "sender"),
        at=moment(value, "created_time"),
        reaction="" if gone else kind,
        account=part.account,
        raw=value,
    )


def _said(verb: Verb, value: Object, part: Part) -> dict[str, Any]:
    """What comments, posts and reviews have alike. `created_time` is the time of the event, not of the object."""
    at = moment(value, "created_time") or part.time
    author = _author(value, part, "from", "sender", "reviewer")
    return {
        "text": fields.string(value, "message"),
        "author": author,
        "outbound": bool(author and author.is_us),
        "at": at,
        "version": at if verb is Verb.CREATE else fields.after(at),
        "url": fields.string(value, "permalink_url") or fields.string(fields.mapping(value, "post"), "permalink_url"),
        "media": _media(value),
        "account": part.account,
        "raw": value,
    }


def _author(value: Object, part: Part, *forms: str) -> Author | None:
    """Facebook writes a person as `from{id,name}`, or flat as `sender_id`, `sender_name`."""
    for form in forms:
        person = fields.mapping(value, "from") if form == "from" else value
        name, title = ("id", "name") if form == "from" else (f"{form}_id", f"{form}_name")
        if found := fields.string(person, name):
            return Author(found, name=fields.string(person, title), is_us=found == part.account)
    return None


def _media(value: Object) -> tuple[Media, ...]:
    found = [(fields.string(value, name), name) for name in ("photo", "video")]
    found += [(url, "photo") for url in fields.listing(value, "photos") if isinstance(url, str)]
    return tuple(Media(url, type=name) for url, name in found if url)
