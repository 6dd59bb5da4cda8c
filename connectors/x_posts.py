"""A post and a direct message of X, in the shapes of both its APIs.

Sources: docs.x.com/x-api/fundamentals/data-dictionary (post, user), docs.x.com, enterprise
account-activity pages (tweet_create_events, direct_message_events). Ids are read as texts: numbers lose digits.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from connectors import fields
from connectors.base import Author, Entry, Kind, Media, Verb
from connectors.fields import Malformed, Object

FIELDS = (
    "author_id,conversation_id,created_at,edit_history_tweet_ids,in_reply_to_user_id,lang,note_tweet,"
    "referenced_tweets,attachments"
)
_KINDS = {"post.reply.create": Kind.COMMENT}
_OLD_TIME = "%a %b %d %H:%M:%S %z %Y"


def post(payload: Object, includes: Object, kind: str, ours: str) -> Entry:
    """A post of the present API. An edited post has a new id; the first one names it."""
    name = fields.required(payload, "id")
    history = [each for each in fields.listing(payload, "edit_history_tweet_ids") if isinstance(each, str)]
    author = _author(fields.required(payload, "author_id"), includes, ours)
    if "repost" in kind or _referenced(payload, "retweeted"):
        return fields.ignored(payload, "a repost")
    parent = _referenced(payload, "replied_to")
    if author.is_us and not parent:
        return fields.ignored(payload, "our own post")
    at = fields.iso(payload, "created_at")
    edited = len(history) > 1
    person = fields.string(payload, "in_reply_to_user_id") if author.is_us else author.id
    return Entry(
        verb=Verb.EDIT if edited else Verb.CREATE,
        external_id=history[0] if history else name,
        thread=f"{fields.string(payload, 'conversation_id') or name}:{person}",
        parent=parent or _referenced(payload, "quoted"),
        is_reply=bool(parent),
        kind=_KINDS.get(kind, Kind.MENTION),
        text=_unescape(fields.string(payload, "note_tweet", "text") or fields.string(payload, "text")),
        author=author,
        outbound=author.is_us,
        at=at,
        version=at,
        url=permalink(name, author.handle),
        language=_language(fields.string(payload, "lang")),
        media=_media(payload, includes),
        account=ours,
        raw=payload,
    )


def old_post(payload: Object, ours: str) -> Entry:
    """A post of the Account Activity API."""
    if fields.mapping(payload, "retweeted_status"):
        return fields.ignored(payload, "a repost")
    name = fields.required(payload, "id_str")
    author = _old_author(fields.mapping(payload, "user"), ours)
    parent = fields.string(payload, "in_reply_to_status_id_str")
    if author.is_us and not parent:
        return fields.ignored(payload, "our own post")
    at = _old_time(fields.string(payload, "created_at"))
    person = fields.string(payload, "in_reply_to_user_id_str") if author.is_us else author.id
    return Entry(
        verb=Verb.CREATE,
        external_id=name,
        thread=f"{parent or name}:{person}",
        parent=parent,
        is_reply=bool(parent),
        kind=Kind.MENTION,
        text=_unescape(fields.string(payload, "extended_tweet", "full_text") or fields.string(payload, "text")),
        author=author,
        outbound=author.is_us,
        at=at,
        version=at,
        url=permalink(name, author.handle),
        language=_language(fields.string(payload, "lang")),
        media=_old_media(payload),
        account=ours,
        raw=payload,
    )


def message(payload: Object, people: Object, ours: str) -> Entry:
    """A direct message; both APIs send the old shape, which names no conversation but the other person."""
    if fields.string(payload, "type") != "message_create":
        return fields.ignored(payload, f"a direct message event {fields.string(payload, 'type')[:40]}")
    create = fields.mapping(payload, "message_create")
    sender = fields.required(create, "sender_id")
    to = fields.required(create, "target", "recipient_id")
    at = fields.millis(payload, "created_timestamp")
    author = _person(sender, people, ours)
    return Entry(
        verb=Verb.CREATE,
        external_id=fields.required(payload, "id"),
        thread=to if author.is_us else sender,
        kind=Kind.DM,
        text=_unescape(fields.string(create, "message_data", "text")),
        author=author,
        outbound=author.is_us,
        at=at,
        version=at,
        media=_attachment(fields.mapping(create, "message_data", "attachment", "media")),
        account=ours,
        raw=payload,
    )


def permalink(name: str, handle: str = "") -> str:
    return f"https://x.com/{handle}/status/{name}" if handle.isalnum() else f"https://x.com/i/web/status/{name}"


def _referenced(payload: Object, kind: str) -> str:
    found = (each for each in fields.objects(payload, "referenced_tweets") if each.get("type") == kind)
    return next((fields.string(each, "id") for each in found), "")


def _author(name: str, includes: Object, ours: str) -> Author:
    found = next((user for user in fields.objects(includes, "users") if user.get("id") == name), {})
    return _user(name, found, ours)


def _person(name: str, people: Object, ours: str) -> Author:
    found = fields.mapping(people, name)
    return _user(name, fields.mapping(found, "data") or found, ours)


def _user(name: str, user: Object, ours: str) -> Author:
    return Author(
        name,
        handle=fields.string(user, "username") or fields.string(user, "screen_name"),
        name=fields.string(user, "name"),
        avatar=fields.string(user, "profile_image_url"),
        followers=fields.integer(user, "public_metrics", "followers_count"),
        verified=user.get("verified") if isinstance(user.get("verified"), bool) else None,
        is_us=bool(ours) and name == ours,
    )


def _old_author(user: Object, ours: str) -> Author:
    name = fields.string(user, "id_str") or fields.required(user, "id")
    return Author(
        name,
        handle=fields.string(user, "screen_name"),
        name=fields.string(user, "name"),
        avatar=fields.string(user, "profile_image_url_https"),
        followers=fields.integer(user, "followers_count"),
        is_us=bool(ours) and name == ours,
    )


def _media(payload: Object, includes: Object) -> tuple[Media, ...]:
    keys = fields.listing(fields.mapping(payload, "attachments"), "media_keys")
    return tuple(
        Media(url, fields.string(each, "type"))
        for each in fields.objects(includes, "media")
        if each.get("media_key") in keys and (url := fields.string(each, "url"))
    )


def _old_media(payload: Object) -> tuple[Media, ...]:
    found = fields.objects(fields.mapping(payload, "extended_entities"), "media")
    return tuple(
        Media(url, fields.string(each, "type")) for each in found if (url := fields.string(each, "media_url_https"))
    )


def _attachment(media: Object) -> tuple[Media, ...]:
    url = fields.string(media, "media_url_https")
    return (Media(url, fields.string(media, "type"), needs_token=True),) if url else ()


def _unescape(text: str) -> str:
    """X escapes these three and nothing else."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _language(code: str) -> str:
    """X writes und, zxx and q-codes where it knows no language."""
    return "" if code in {"und", "zxx"} or code.startswith("q") else code


def _old_time(value: str) -> Any:
    if not value:
        return None
    try:
        return datetime.strptime(value, _OLD_TIME).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Malformed("created_at: not a time") from None
