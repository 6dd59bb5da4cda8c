"""Telegram's chats: where a reply goes, and where a group goes on that became a supergroup.

Source: core.telegram.org/bots/api (Message.migrate_to_chat_id and migrate_from_chat_id, ResponseParameters). A
message's number counts within one chat; in the supergroup the same number is another message.
"""

from __future__ import annotations

from connectors import fields
from connectors.base import Entry, Refused, Reply, Verb
from connectors.fields import Object

BUSINESS = "@"  # begins the part of a thread's name that says for which business account the bot speaks


def moved(message: Object) -> Entry | None:
    """Told in the group and in the supergroup, each naming the other."""
    chat = fields.string(message, "chat", "id")
    to, before = (fields.string(message, name) for name in ("migrate_to_chat_id", "migrate_from_chat_id"))
    if not (to or before):
        return None
    return Entry(Verb.MOVED, thread=to or chat, parent=chat if to else before, raw=message)


def chat_of(reply: Reply) -> str:
    """The chat of the message answered: the thread may still bear the name of a group that has moved."""
    chat = reply.parent.partition(":")[0] or reply.thread.partition(":")[0]
    if not chat:
        raise Refused("the reply names no chat")
    return chat


def body(reply: Reply, chat: str) -> dict[str, object]:
    body: dict[str, object] = {"chat_id": chat, "text": reply.text}
    topic = reply.thread.partition(":")[2]
    there, _colon, number = reply.parent.partition(":")
    if topic.startswith(BUSINESS):  # without it the bot would write in its own name, to somebody who never wrote to it
        body["business_connection_id"] = topic.removeprefix(BUSINESS)
    elif topic:
        body["message_thread_id"] = int(topic)
    if number.isdecimal() and there == chat:
        body["reply_parameters"] = {"message_id": int(number), "allow_sending_without_reply": True}
    return body
