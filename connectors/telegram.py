"""Telegram bots: updates by webhook, replies by the Bot API.

Source: core.telegram.org/bots/api (setWebhook, Update, Message, BusinessConnection, sendMessage, getFile,
ResponseParameters) and the retry rules in tdlib/telegram-bot-api, Client.cpp and
WebhookActor.cpp. Telegram tells nobody that an ordinary message was deleted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import ClassVar
from urllib.parse import quote

import httpx

from connectors import fields, signing, telegram_chats, telegram_files
from connectors.base import (
    Account,
    Author,
    Delivery,
    Entry,
    Kind,
    Limits,
    Media,
    Refused,
    Reply,
    SendError,
    Sent,
    SignatureError,
    TokenRevoked,
    TryLater,
    Verb,
)
from connectors.fields import Malformed, Object
from connectors.http import ask, call, json_of, told, told_first, verdict
from connectors.media import Source
from connectors.platform import Names, Platform, base, peek, token

API = "https://api.telegram.org"
LONGEST_TEXT = 4096
HEADER = "x-telegram-bot-api-secret-token"
_TOKEN_ENDED = frozenset({401, 404})  # 404 is Telegram's answer to a token that is none
_CREATED = ("message", "channel_post", "business_message")
_EDITED = ("edited_message", "edited_channel_post", "edited_business_message")
_FILES = ("document", "video", "animation", "audio", "voice", "video_note", "sticker")


class Telegram(Platform):
    kind = "telegram"
    name = "Telegram"
    secrets: ClassVar[Names] = ("secret", "bot_token")
    settings: ClassVar[Names] = ("api_base",)

    def verify(self, delivery: Delivery, account: Account) -> str:
        expected = signing.keys(account, "secret")
        if not signing.any_same(signing.header(delivery, HEADER), expected):
            raise SignatureError("the secret token is another one")
        return _update_id(delivery)

    def read(self, piece: Object, delivery: Delivery, account: Account) -> Iterator[Entry]:
        for name, reader in _READERS.items():
            if name in piece:
                yield from reader(fields.mapping(piece, name), account)
                return
        kinds = ", ".join(sorted(set(piece) - {"update_id"}))
        yield fields.ignored(piece, f"an update of kind {kinds[:100] or 'nothing'}")

    def limits(self, kind: Kind, account: Account) -> Limits:
        return Limits(length=LONGEST_TEXT, unit="utf16", files=telegram_files.LIMITS)

    def deliver(self, reply: Reply, account: Account, http: httpx.Client) -> Sent:
        chat = telegram_chats.chat_of(reply)
        try:
            return self._post(reply, chat, account, http)
        except _Moved as moved:  # a group became a supergroup; nothing was accepted, so a second try is safe
            return self._post(reply, moved.to, account, http)

    def locate(self, media: Media, account: Account, http: httpx.Client) -> Source:
        root, bot = base(account, API), token(account, "bot_token")
        response = ask(http, f"{root}/bot{bot}/getFile", params={"file_id": media.url}, judge=_judge)
        path = fields.string(fields.mapping(json_of(response), "result"), "file_path")
        if not path:
            raise Refused("Telegram has no path for this file")
        return Source(f"{root}/file/bot{bot}/{quote(path)}")

    def _post(self, reply: Reply, chat: str, account: Account, http: httpx.Client) -> Sent:
        method, request = telegram_files.request(telegram_chats.body(reply, chat), reply.files)
        address = f"{base(account, API)}/bot{token(account, 'bot_token')}/{method}"
        response = call(http, "POST", address, judge=_judge, **request)
        told_of = told if method != "sendMediaGroup" else told_first  # of an album the first message
        number = told_of(response, "result", "message_id")
        return Sent(external_id=f"{told_of(response, 'result', 'chat', 'id')}:{number}" if number else "")


class _Moved(SendError):
    def __init__(self, to: str) -> None:
        super().__init__("the chat has a new id")
        self.to = to


def _update_id(delivery: Delivery) -> str:
    number = peek(delivery).get("update_id")
    return str(number) if isinstance(number, int) else ""


def _message(verb: Verb, message: Object, account: Account) -> Iterator[Entry]:
    words = _words(message)
    if not words and not _media(message):
        yield telegram_chats.moved(message) or fields.ignored(message, "a service message")
        return
    author = _author(message, account)
    at = fields.seconds(message, "date")
    quoted = fields.mapping(message, "reply_to_message")
    yield Entry(
        verb=verb,
        external_id=_name(message),
        thread=_thread(message),
        parent=_name(quoted) if quoted.get("message_id") else "",
        is_reply=bool(quoted),
        kind=_kind(message),
        text=words,
        author=author,
        outbound=author.is_us,
        at=at,
        version=fields.after(fields.seconds(message, "edit_date")) if verb is Verb.EDIT else at,
        url=_url(message),
        media=_media(message),
        raw=message,
    )


def _created(message: Object, account: Account) -> Iterator[Entry]:
    return _message(Verb.CREATE, message, account)


def _edited(message: Object, account: Account) -> Iterator[Entry]:
    return _message(Verb.EDIT, message, account)


def _deleted(piece: Object, account: Account) -> Iterator[Entry]:
    chat = fields.required(piece, "chat", "id")
    for number in fields.listing(piece, "message_ids"):
        yield Entry(Verb.DELETE, external_id=f"{chat}:{number}", thread=chat, kind=Kind.DM, raw=piece)


def _reacted(piece: Object, account: Account) -> Iterator[Entry]:
    now = fields.objects(piece, "new_reaction")
    person = fields.mapping(piece, "user") or fields.mapping(piece, "actor_chat")
    yield Entry(
        Verb.REACTION,
        external_id=_name(piece),
        thread=fields.required(piece, "chat", "id"),
        author=_person(person, account) if person else None,
        at=fields.seconds(piece, "date"),
        reaction="".join(fields.string(each, "emoji") for each in now),
        raw=piece,
    )


def _membership(piece: Object, account: Account) -> Iterator[Entry]:
    status = fields.string(piece, "new_chat_member", "status")
    if status in {"kicked", "left"} and fields.string(piece, "chat", "type") == "private":
        yield fields.ignored(piece, "the person blocked the bot")
    else:
        yield fields.ignored(piece, f"the bot's membership is now {status[:40] or 'unknown'}")


def _name(message: Object) -> str:
    return f"{fields.required(message, 'chat', 'id')}:{fields.required(message, 'message_id')}"


def _thread(message: Object) -> str:
    chat, topic = fields.required(message, "chat", "id"), fields.string(message, "message_thread_id")
    if business := fields.string(message, "business_connection_id"):
        return f"{chat}:{telegram_chats.BUSINESS}{business}"
    return f"{chat}:{topic}" if topic and fields.boolean(message, "is_topic_message") else chat


def _kind(message: Object) -> Kind:
    return Kind.DM if fields.string(message, "chat", "type") == "private" else Kind.MESSAGE


def _author(message: Object, account: Account) -> Author:
    """An anonymous admin and a channel write as a chat, all others as themselves.

    In a business account's private chat whoever is not the chat's other person is one of us, in Telegram's own app.
    """
    person = fields.mapping(message, "sender_chat") or fields.mapping(message, "from")
    author = _person(person or fields.mapping(message, "chat"), account)
    ours = bool(fields.string(message, "business_connection_id")) and author.id != fields.string(message, "chat", "id")
    return replace(author, is_us=True) if ours else author


def _person(person: Object, account: Account) -> Author:
    name = fields.required(person, "id")
    names = (fields.string(person, "first_name"), fields.string(person, "last_name"))
    return Author(
        id=name,
        handle=fields.string(person, "username"),
        name=" ".join(filter(None, names)) or fields.string(person, "title"),
        is_us=bool(account.external_id) and name == account.external_id,
    )


def _words(message: Object) -> str:
    """What the person said; a place, a card and a poll said in words."""
    place, card = fields.mapping(message, "location"), fields.mapping(message, "contact")
    if place:
        title = fields.string(message, "venue", "title")
        return f"📍 {title} {place.get('latitude')}, {place.get('longitude')}".replace("  ", " ")
    if card:
        names = ("first_name", "last_name", "phone_number")
        return "👤 " + " ".join(filter(None, (fields.string(card, name) for name in names)))
    poll = fields.string(message, "poll", "question")
    return fields.string(message, "text") or fields.string(message, "caption") or (f"📊 {poll}" if poll else "")


def _media(message: Object) -> tuple[Media, ...]:
    """The files by their ids; a picture comes in several sizes, the last being the largest."""
    found = [_file(fields.mapping(message, name), name) for name in _FILES if message.get(name)]
    sizes = fields.objects(message, "photo")
    if sizes:
        found.append(_file(sizes[-1], "image/jpeg"))
    return tuple(found)


def _file(file: Object, kind: str) -> Media:
    return Media(
        url=fields.required(file, "file_id"),
        type=fields.string(file, "mime_type") or kind,
        name=fields.string(file, "file_name"),
        needs_token=True,
    )


def _url(message: Object) -> str:
    handle, number = fields.string(message, "chat", "username"), fields.string(message, "message_id")
    public = fields.string(message, "chat", "type") in {"channel", "supergroup"}
    return f"https://t.me/{quote(handle)}/{number}" if handle and number and public else ""


def _judge(response: httpx.Response) -> SendError | None:
    if response.is_success:
        return None
    answer = json_of(response)
    return _problem(response, answer) if answer else None


def _problem(response: httpx.Response, answer: Object) -> SendError | None:
    parameters = answer.get("parameters") if isinstance(answer.get("parameters"), dict) else {}
    reason, status = str(answer.get("description", ""))[:300], response.status_code
    if isinstance(parameters, dict) and parameters.get("migrate_to_chat_id"):
        return _Moved(str(parameters["migrate_to_chat_id"]))
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return TryLater(reason, after=_pause(parameters), code="429", status=status)
    if status in _TOKEN_ENDED:
        return TokenRevoked(reason, code=str(status), status=status)
    problem = verdict(response)
    problem.reason, problem.code = reason or problem.reason, str(status)
    return problem


def _pause(parameters: object) -> timedelta | None:
    try:
        pause = fields.integer(parameters, "retry_after") if isinstance(parameters, dict) else None
    except Malformed:
        return None
    return timedelta(seconds=min(max(pause, 0), 86_400)) if pause is not None else None


_READERS: dict[str, Callable[[Object, Account], Iterator[Entry]]] = {
    **dict.fromkeys(_CREATED, _created),
    **dict.fromkeys(_EDITED, _edited),
    "deleted_business_messages": _deleted,
    "message_reaction": _reacted,
    "my_chat_member": _membership,
}
