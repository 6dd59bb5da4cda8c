"""Text at the border: what the database cannot hold is mended here, once."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_BLOCKS = frozenset({"p", "div", "li", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "tr", "ul", "ol", "pre"})
_UNSEEN = frozenset({"script", "style", "head", "title", "template"})
_TOO_MANY_LINES = re.compile(r"\n{3,}")


def clean(value: str) -> str:
    """Drop NUL, which PostgreSQL refuses, and replace half surrogate pairs, which no encoder takes."""
    if value.isascii():
        return value.replace("\0", "") if "\0" in value else value
    return _LONE_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", value.replace("\0", ""))


def from_html(markup: str) -> str:
    """The words of an HTML fragment as a reader would see them, with line breaks kept."""
    reader = _Words()
    reader.feed(markup)
    reader.close()
    return reader.text()


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._pieces: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._unseen += 1
        elif tag == "br":
            self._pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag in _BLOCKS:
            self._pieces.append("\n\n" if tag == "p" else "\n")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self._pieces.append(data)

    def text(self) -> str:
        return clean(_TOO_MANY_LINES.sub("\n\n", "".join(self._pieces)).strip())
