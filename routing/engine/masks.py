"""Set aside what a plain keyword must not see: links, mail addresses, handles; and read hashtags as words."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Generic

from routing.engine.alphabet import BARRIER, UNSPACED
from routing.engine.traced import Text, join, sub

# Endings that, without a path behind them, are a web address rather than a full stop without a space.
_ENDINGS = "com|net|org|edu|gov|io|co|app|dev|info|biz|de|fr|es|jp|cn|kr|th|tr|vn|uk|eu|ru|br|nl|pl|ly|gg|tv"
# A character of a word, in scripts that put spaces between words; the others end a link or a handle.
_SPACED = rf"[^\W{UNSPACED}]"
TAGGABLE = rf"[\w\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0963\u0966-\u0dff\u200c\u200d{UNSPACED}]"
_URL = rf"(?i:https?://|www\.)[^\s<>\"'`，。！？、；：（）「」『』【】…{UNSPACED}]++"
_EMAIL = rf"(?<!{_SPACED})(?<![.+-])(?:{_SPACED}|[.+-])++@{_SPACED}(?:{_SPACED}|-)*+(?:\.(?:{_SPACED}|-)++)++"
_DOMAIN = (
    rf"(?<!{_SPACED})(?<![.@-])(?:[a-zA-Z0-9-]++\.)+"
    rf"(?:[a-zA-Z]{{2,24}}(?::\d++)?/[^\s<>\"'。、{UNSPACED}]*+|(?i:{_ENDINGS})(?!{_SPACED}))"
)
_HANDLE = (
    rf"(?<!{_SPACED})@(?P<handle>{_SPACED}++(?:[.-]{_SPACED}++)*+|{TAGGABLE}++)"
    rf"(?:@[a-zA-Z0-9-]++(?:\.[a-zA-Z0-9-]++)++)?"
)
_HASHTAGS = rf"(?<!{_SPACED})(?<!&)(?P<hashtags>(?:#(?=\d*+[^\W\d]){TAGGABLE}++)++)"
_TOKEN = re.compile(f"{_URL}|{_EMAIL}|{_DOMAIN}|{_HANDLE}|{_HASHTAGS}")
_DOT_LETTER = re.compile(r"\.[^\W\d_]")
# The usual cases, as whole words, so that the long expression seldom has to run.
_ONE_HANDLE = re.compile(r"(@[A-Za-z0-9_]++)[.,:;!?]*+\Z")
_ONE_HASHTAG = re.compile(r"(#(?=[0-9]*+[A-Za-z])[A-Za-z0-9]++)[.,:;!?]*+\Z")
_ONE_LINK = re.compile(r"https?://[A-Za-z0-9][!#-&(-;=?-_a-~]*+\Z")
_UPPER = "".join(chr(code) for code in range(0x530) if chr(code).isupper())
# Where a hashtag's next word begins: cant|Log|In, HTML|Help, day|2.
_NEXT_WORD = re.compile(
    rf"(?<=[^\W\d_])(?=\d)|(?<=[^\W_{_UPPER}])(?=[{_UPPER}])|(?<=[{_UPPER}])(?=[{_UPPER}][^\W\d_{_UPPER}])"
)


@dataclass(slots=True)
class Masked(Generic[Text]):
    """The text without what was set aside, and the tags and names found in it, with their signs."""

    text: Text
    hashtags: list[Text] = field(default_factory=list)
    handles: list[Text] = field(default_factory=list)


def may_mask(text: str) -> bool:
    """Whether a closer look is worth its time."""
    return "@" in text or "#" in text or "://" in text or ("." in text and _DOT_LETTER.search(text) is not None)


def mask_words(text: str) -> Masked[str]:
    """The same as `mask`, for speed: only words with a tell-tale sign are looked at."""
    masked = Masked(text)
    links = "://" in text
    words = text.split()
    for at, word in enumerate(words):
        if "@" in word or "#" in word or (links and "://" in word) or ("." in word and _DOT_LETTER.search(word)):
            words[at] = mask_word(word, masked)
    masked.text = " ".join(words)
    return masked


def mask_word(word: str, masked: Masked[str]) -> str:
    handle = _ONE_HANDLE.match(word)
    if handle:
        masked.handles.append(handle[1])
        return _before(BARRIER, word[handle.end(1) :])
    if _ONE_LINK.match(word):
        return BARRIER
    hashtag = _ONE_HASHTAG.match(word)
    if hashtag:
        masked.hashtags.append(hashtag[1])
        return _before(tag_words(hashtag[1]), word[hashtag.end(1) :])
    one = mask(word)
    masked.hashtags += one.hashtags
    masked.handles += one.handles
    return one.text


def _before(masked: str, signs: str) -> str:
    """Punctuation behind a handle or a tag stays: to a keyword with signs it counts."""
    return f"{masked} {signs}" if signs else masked


@lru_cache(maxsize=20_000)
def tag_words(tag: str) -> str:
    """The words of a hashtag, its sign aside."""
    return _NEXT_WORD.sub(" ", tag[1:])


def mask(text: Text) -> Masked[Text]:
    masked = Masked(text)
    pieces: list[Any] = []
    done = 0
    for match in _TOKEN.finditer(str(text)):
        start, end = match.span()
        pieces += [text[done:start], " "]
        if match["hashtags"]:
            tags = [text[first:last] for first, last in _tags(match["hashtags"], start)]
            masked.hashtags += tags
            pieces += [piece for tag in tags for piece in (sub(_NEXT_WORD, " ", tag[1:]), " ")]
        else:
            pieces += [BARRIER, " "]
            if match["handle"]:
                masked.handles.append(text[match.start("handle") - 1 : match.end("handle")])
        done = end
    if done:
        masked.text = join([*pieces, text[done:]], like=text)
    return masked


def _tags(hashtags: str, at: int) -> Iterator[tuple[int, int]]:
    for tag in hashtags.split("#")[1:]:
        yield at, at + 1 + len(tag)
        at += 1 + len(tag)
