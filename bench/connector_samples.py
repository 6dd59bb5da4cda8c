"""One delivery, or one page of a poll, of every platform, in the platform's own shape."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

TEXT = "My lamp hums at night and I can't find out why 💡 – is there a quieter one? Grüße aus Köln"
MESSAGE = {
    "sender": {"id": "9"},
    "recipient": {"id": "5"},
    "timestamp": 1773478800123,
    "message": {"mid": "m", "text": TEXT},
}
COMMENT = {
    "item": "comment",
    "verb": "add",
    "comment_id": "8_3",
    "post_id": "5_8",
    "parent_id": "5_8",
    "from": {"id": "9", "name": "Noor"},
    "message": TEXT,
    "created_time": 1773478800,
}


def meta(name: str, piece: Any, count: int = 1) -> Any:
    return {"object": "page", "entry": [{"id": "5", "time": 1773478800, name: [piece] * count}]}


def changes(field: str, value: Any, count: int = 1) -> Any:
    return meta("changes", {"field": field, "value": value}, count)


def whatsapp(count: int = 1) -> Any:
    message = {"id": "w", "from": "386", "timestamp": "1773478800", "type": "text", "text": {"body": TEXT}}
    contacts = [{"wa_id": "386", "profile": {"name": "Noor"}}]
    return changes(
        "messages", {"metadata": {"phone_number_id": "5"}, "contacts": contacts, "messages": [message] * count}
    )


def generic(count: int = 1) -> Any:
    one = {"id": "1", "kind": "dm", "text": TEXT, "author": {"id": "u", "name": "Noor"}, "at": "2026-03-14T09:00:00Z"}
    return [one] * count


def line(count: int = 1) -> Any:
    source = {"type": "user", "userId": "U"}
    event = {"type": "message", "timestamp": 1773478800456, "mode": "active", "source": source}
    return {"destination": "U0", "events": [{**event, "message": {"id": "5", "type": "text", "text": TEXT}}] * count}


X_POST = {"id": "7", "conversation_id": "7", "author_id": "9", "text": TEXT, "created_at": "2026-03-14T09:00:00.000Z"}
SLACK = {"type": "message", "user": "U", "ts": "1773478800.000100", "channel": "C", "text": TEXT}
DISCORD = {
    "id": "1",
    "type": 0,
    "channel_id": "3",
    "content": TEXT,
    "timestamp": "2026-03-14T09:00:00.123000+00:00",
    "author": {"id": "9", "username": "noor"},
}
REVIEW = {"id": "r", "stars": 2, "title": "Dim", "text": TEXT, "createdAt": "2026-03-14T09:00:00.000Z"}
MAIL = f"From: Noor <noor@people.example>\r\nMessage-ID: <m@people.example>\r\nSubject: Lamp\r\n\r\n{TEXT}".encode()

PUSHED: dict[str, bytes] = {
    name: each if isinstance(each, bytes) else json.dumps(each).encode()
    for name, each in {
        "generic": generic(),
        "telegram": {
            "update_id": 1,
            "message": {
                "message_id": 1,
                "date": 1773478800,
                "chat": {"id": 4, "type": "private"},
                "from": {"id": 4, "first_name": "Noor"},
                "text": TEXT,
            },
        },
        "facebook": changes("feed", COMMENT),
        "messenger": meta("messaging", MESSAGE),
        "instagram": meta("messaging", MESSAGE),
        "threads": {"values": {"field": "replies", "value": {"id": "6", "username": "noor", "text": TEXT}}},
        "whatsapp": whatsapp(),
        "line": line(),
        "slack": {"type": "event_callback", "api_app_id": "A", "event_id": "Ev", "event": SLACK},
        "x": {"data": {"event_uuid": "1", "event_type": "post.mention.create", "payload": X_POST}},
        "discord": {"version": 1, "type": 1, "event": {"type": "LOBBY_MESSAGE_CREATE", "data": DISCORD}},
        "twilio": urlencode({"MessageSid": "SM1", "From": "+3861", "To": "+3862", "Body": TEXT}).encode(),
        "trustpilot": {"events": [{"eventName": "service-review-created", "eventData": REVIEW}]},
        "email": MAIL,
    }.items()
}

BATCHES: dict[str, bytes] = {
    name: json.dumps(each).encode()
    for name, each in {
        "generic": generic(1000),
        "facebook": changes("feed", COMMENT, 1000),
        "messenger": meta("messaging", MESSAGE, 1000),
        "whatsapp": whatsapp(1000),
        "line": line(1000),
    }.items()
}

STATUS = {
    "id": "1",
    "created_at": "2026-03-14T09:00:00.000Z",
    "content": f"<p>{TEXT}</p>",
    "visibility": "public",
    "account": {"id": "9", "acct": "noor"},
}
PLAY = {"text": TEXT, "starRating": 2, "lastModified": {"seconds": "1773478800", "nanos": 5}}
POLLED: dict[str, Any] = {
    "mastodon": [{"id": "1", "type": "mention", "status": STATUS}] * 80,
    "bluesky": {
        "notifications": [
            {
                "uri": "at://did:plc:n/app.bsky.feed.post/3k",
                "reason": "mention",
                "author": {"did": "did:plc:n", "handle": "noor.example"},
                "record": {"text": TEXT},
                "indexedAt": "2026-03-14T09:00:00.000Z",
            }
        ]
        * 100
    },
    "reddit": {
        "data": {
            "children": [
                {"kind": "t1", "data": {"name": "t1_c", "author": "noor", "body": TEXT, "created_utc": 1773478800.0}}
            ]
            * 100
        }
    },
    "youtube": {
        "items": [
            {
                "id": "Ug",
                "snippet": {
                    "topLevelComment": {
                        "id": "Ug",
                        "snippet": {"textDisplay": TEXT, "publishedAt": "2026-03-14T09:00:00Z"},
                    }
                },
            }
        ]
        * 100
    },
    "google_play": {"reviews": [{"reviewId": "g", "authorName": "Noor", "comments": [{"userComment": PLAY}]}] * 100},
    "app_store": {
        "data": [
            {
                "id": "a",
                "attributes": {"rating": 2, "title": "Dim", "body": TEXT, "createdDate": "2026-03-14T02:00:00-07:00"},
            }
        ]
        * 200
    },
    "google_business": {
        "reviews": [
            {
                "name": "accounts/1/locations/2/reviews/3",
                "starRating": "TWO",
                "comment": TEXT,
                "createTime": "2026-03-14T09:00:00Z",
                "updateTime": "2026-03-14T09:00:00Z",
            }
        ]
        * 50
    },
    "x": {"data": [X_POST] * 100, "meta": {"newest_id": "7"}},
    "discord": [DISCORD] * 100,
    "trustpilot": {"reviews": [REVIEW] * 100},
}
