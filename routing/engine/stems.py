"""Word forms (`run~`): words that share a stem, by the Snowball stemmer of a language."""

import re
from functools import cache, lru_cache
from threading import Lock

import snowballstemmer

from routing.engine.fold import folded_keyword, masked_text, nfkc
from routing.engine.masks import TAGGABLE
from routing.engine.traced import Text

STEMMERS = {
    "ar": "arabic", "hy": "armenian", "eu": "basque", "ca": "catalan", "cs": "czech", "da": "danish",
    "nl": "dutch", "en": "english", "eo": "esperanto", "et": "estonian", "fi": "finnish", "fr": "french",
    "de": "german", "el": "greek", "hi": "hindi", "hu": "hungarian", "id": "indonesian", "ga": "irish",
    "it": "italian", "lt": "lithuanian", "ne": "nepali", "no": "norwegian", "fa": "persian", "pl": "polish",
    "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian", "es": "spanish", "sv": "swedish",
    "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
WORD = re.compile(rf"(?:(?!_){TAGGABLE})+(?:'(?:(?!_){TAGGABLE})+)?")
_lock = Lock()


@cache
def _stemmer(language: str) -> "snowballstemmer.stemmer":
    return snowballstemmer.stemmer(STEMMERS[language])


@lru_cache(maxsize=50_000)
def stem(language: str, word: str) -> str:
    """The folded stem of a word as written. The stemmers keep state, so one word at a time."""
    with _lock:
        found: str = _stemmer(language).stemWord(word.lower())
    return folded_keyword(found)


def authored(text: Text) -> Text:
    """The author's words with their accents, which stemmers want to see."""
    return masked_text(nfkc(text)).text


def stems(language: str, text: str) -> set[str]:
    return {stem(language, word) for word in WORD.findall(authored(text)) if len(word) < 60}
