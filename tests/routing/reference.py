"""A matcher that is slow and obvious: it takes a text apart character by character, then looks word by word.

It shares no code and no table with the engine. It knows plain words and phrases, hashtags, handles, emoji
and Han; no wildcards, signs or expressions.
"""

from __future__ import annotations

import unicodedata
from typing import Any

EMOJI = "😂🎉❤👍🔥"
DROPPED = {"\u200b", "\u200e", "\u202e", "\u202c", "\u2066", "\u2069", "\ufeff", "\u00ad", "\ufe0f", "\U0001f3fd"}


def is_han(char: str) -> bool:
    return "\u4e00" <= char <= "\u9fff"


def units(text: str) -> list[str]:
    """Words, emoji and single Han characters, in order; "|" for a handle, which no phrase crosses."""
    found: list[str] = []
    for chunk in unicodedata.normalize("NFKC", text).split():
        found += _of_handle(chunk) if chunk.startswith("@") and len(chunk) > 1 else _of_chunk(chunk)
    return found


def _of_handle(chunk: str) -> list[str]:
    """A handle ends where Han begins, unless it is in Han itself."""
    end, in_han = 1, is_han(chunk[1])
    while end < len(chunk) and (chunk[end].isalnum() or chunk[end] == "_") and (in_han or not is_han(chunk[end])):
        end += 1
    return ["|", *_of_chunk(chunk[end:])]


def _of_chunk(chunk: str) -> list[str]:
    found: list[str] = []
    word = ""
    for char in chunk:
        if char in DROPPED or (unicodedata.category(char) == "Mn" and word):
            continue
        if char.isalnum() and not is_han(char):
            word += _letter(char)
            continue
        if word:
            found.append(word)
        word = ""
        if is_han(char) or char in EMOJI:
            found.append(char)
    return [*found, word] if word else found


def _letter(char: str) -> str:
    parts = unicodedata.normalize("NFD", char.casefold())
    return "".join("i" if part == "ı" else part for part in parts if unicodedata.category(part) != "Mn")


def has(keyword: str, text: str) -> bool:
    """Whether the keyword's units stand next to each other in the text."""
    wanted, given = units(keyword), units(text)
    return any(given[at : at + len(wanted)] == wanted for at in range(len(given) - len(wanted) + 1))


def holds(group: dict[str, Any], text: str) -> bool:
    def one(member: Any) -> bool:
        return holds(member, text) if isinstance(member, dict) else has(member, text)

    return (
        (not group.get("any") or any(one(each) for each in group["any"]))
        and all(one(each) for each in group.get("all", ()))
        and not any(one(each) for each in group.get("none", ()))
    )


def matching(rules: list[dict[str, Any]], text: str) -> list[int]:
    return [at for at, rule in enumerate(rules) if holds(rule, text)]
