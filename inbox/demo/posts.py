"""What customers of the demo's brand wrote, as the requests in which their platforms would deliver it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "posts"
DAY = timedelta(hours=23)
PAUSE = timedelta(seconds=50)  # between two messages of a conversation
_CHAT = 7_000_000  # the first chat's number


@dataclass(frozen=True, slots=True)
class Post:
    """One text on its way in."""

    connection: str
    id: str
    body: dict[str, Any]
    at: datetime

    def bytes(self) -> bytes:
        return json.dumps(self.body, ensure_ascii=False).encode()


def all_posts(now: datetime) -> list[Post]:
    """Every post, spread over the day before `now`, oldest first. Edits and deletions come last."""
    chance = Random(20)  # noqa: S311 - the same day every time, nothing secret
    files = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.yaml"))]
    first: list[Post] = []
    later: list[Post] = []
    for number, file in enumerate(files):
        conversations = [_conversation(file, number, row, now - chance.random() * DAY) for row in _rows(file)]
        first += [post for conversation in conversations for post in conversation]
        later += _changes(file, conversations, now)
    return [*sorted(first, key=lambda post: post.at), *later]


def _rows(file: dict[str, Any]) -> list[tuple[int, list[Any]]]:
    return list(enumerate(file["posts"], start=1))


def _conversation(file: dict[str, Any], number: int, row: tuple[int, list[Any]], at: datetime) -> list[Post]:
    place, (who, language, *stars, texts) = row
    name = f"demo-{number}-{place}"
    said: Sequence[str] = texts if isinstance(texts, list) else [texts]
    posts = []
    for turn, text in enumerate(said):
        moment = at + turn * PAUSE
        make = _update if file["kind"] == "dm" else _entry
        body = make(file, name, place, turn, {"who": who, "language": language, "text": text, "at": moment})
        if stars:
            body["rating"] = stars[0]
        posts.append(Post(file["connection"], f"{name}-{turn}", body, moment))
    return posts


def _entry(file: dict[str, Any], name: str, _place: int, turn: int, said: dict[str, Any]) -> dict[str, Any]:
    body = {
        "id": f"{name}-{turn}",
        "kind": file["kind"],
        "text": said["text"],
        "author": {"id": name, "handle": said["who"].lower().replace(" ", "_"), "name": said["who"]},
        "at": said["at"].isoformat(),
        "language": said["language"],
        "event": "create",
    }
    return {**body, "thread": name} if file.get("conversations") else body


def _update(_file: dict[str, Any], _name: str, place: int, turn: int, said: dict[str, Any]) -> dict[str, Any]:
    chat = _CHAT + place
    person = {"id": chat, "first_name": said["who"]}
    message = {
        "message_id": turn + 1,
        "date": int(said["at"].timestamp()),
        "chat": {**person, "type": "private"},
        "from": {**person, "is_bot": False, "language_code": said["language"]},
        "text": said["text"],
    }
    return {"update_id": place * 100 + turn, "message": message}


def _changes(file: dict[str, Any], conversations: Sequence[Sequence[Post]], now: datetime) -> Iterator[Post]:
    """What authors changed or took back later on."""
    first = {row[0]: posts[0] for (_place, row), posts in zip(_rows(file), conversations, strict=True)}
    for who, text in file.get("edits", []):
        yield _again(first[who], {"event": "edit", "text": text}, now)
    for (who,) in file.get("deleted", []):
        yield _again(first[who], {"event": "delete"}, now)


def _again(post: Post, change: dict[str, str], now: datetime) -> Post:
    return replace(post, id=f"{post.id}-{change['event']}", body={**post.body, **change, "at": now.isoformat()}, at=now)
