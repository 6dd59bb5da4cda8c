"""Write the words that find an emoji in Traditional Chinese: `python -m config.emoji_words ANNOTATIONS.JSON`.

The words are CLDR's (unicode.org/cldr, annotations/zh-Hant/annotations.json of the package cldr-annotations-full),
under the Unicode License V3, whose text lies beside them. Only signs that the picker offers are kept.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

STATIC = Path(__file__).resolve().parent.parent / "static"
WORDS = STATIC / "data" / "emoji_zh_hant.json"
VARIANT = "\ufe0f"  # CLDR names a sign without it
_LIST = re.compile(r"`([^`$]+)`")  # one for each group: a sign and its English words, then the next


def signs() -> list[str]:
    """The signs that the picker offers, in its order."""
    lists = _LIST.findall((STATIC / "js" / "emoji_data.js").read_text())
    return [each.split(" ")[0] for one in lists for each in one.split(",")]


def main(source: Path) -> None:
    known = json.loads(source.read_text())["annotations"]["annotations"]
    words = {sign: _words(known.get(sign.replace(VARIANT, ""), {})) for sign in signs()}
    found = {sign: said for sign, said in words.items() if said}
    WORDS.write_text(json.dumps(found, ensure_ascii=False, separators=(",", ":")) + "\n")


def _words(annotation: dict[str, list[str]]) -> str:
    """Its name first, then the words for it."""
    given = [*annotation.get("tts", []), *annotation.get("default", [])]
    return " ".join(dict.fromkeys(word.replace(" ", "") for word in given))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
