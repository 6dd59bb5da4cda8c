"""Which language a text is in, offline. Short or mixed text is "unknown": a guess is never shown as a fact."""

import re
from functools import lru_cache

from lingua import IsoCode639_1, LanguageDetector, LanguageDetectorBuilder

from routing.engine.alphabet import BARRIER
from routing.engine.conditions import UNKNOWN
from routing.engine.fold import masked_text, nfkc

LANGUAGES = (
    "ar bg bn ca cs da de el en es et fa fi fr gu he hi hr hu id it ja ko lt lv mr ms nb nl pa pl pt ro ru sk sl sq sr "
    "sv sw ta te th tl tr uk ur vi zh"
)
# How sure the detector has to be of the whole, and of a half that speaks another language.
SURE = 0.75
SURE_OF_HALF = 0.5
# A syllable or ideograph says as much as several letters.
ENOUGH = 10
DENSE_WEIGHT = 4
LONGEST = 400
_LETTER = re.compile(r"[^\W\d_]")
_DENSE = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


@lru_cache(maxsize=1)
def detector() -> LanguageDetector:
    """Trigrams only: 50 MB instead of 700, and quick; what that leaves unsure is "unknown" here anyway."""
    codes = [getattr(IsoCode639_1, code.upper()) for code in LANGUAGES.split()]
    return LanguageDetectorBuilder.from_iso_codes_639_1(*codes).with_low_accuracy_mode().build()


@lru_cache(maxsize=2_000)
def detect(text: str) -> str:
    """A two-letter code, or "unknown"."""
    written = masked_text(nfkc(text[:4_000])).text.replace(BARRIER, " ")
    written = written.encode(errors="ignore").decode()[:LONGEST]
    language = _surely(written, SURE)
    if language == UNKNOWN or not _weighs(written, 3 * ENOUGH):
        return language
    halves = {_surely(half, SURE_OF_HALF) for half in _halves(written)}
    return language if halves <= {language, UNKNOWN} else UNKNOWN


def _surely(text: str, sure: float) -> str:
    if not _weighs(text, ENOUGH):
        return UNKNOWN
    best = detector().compute_language_confidence_values(text)[0]
    return best.language.iso_code_639_1.name.lower() if best.value >= sure else UNKNOWN


def _weighs(text: str, enough: int) -> bool:
    return len(_LETTER.findall(text)) + (DENSE_WEIGHT - 1) * len(_DENSE.findall(text)) >= enough


def _halves(text: str) -> tuple[str, str]:
    middle = text.find(" ", len(text) // 2)
    middle = middle if middle > 0 else len(text) // 2
    return text[:middle], text[middle:]
