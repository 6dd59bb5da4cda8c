"""Which language a text is in, offline. Short or mixed text is "unknown": a guess is never shown as a fact."""

import re
import unicodedata
from collections import Counter
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
# How much of a text its main script has to be. The detector sees that script alone: between scripts that tie in a text
# it draws lots, and a decision has to be the same whenever it is made.
MAIN_SCRIPT = 2 / 3
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
    written = _in_main_script(written.encode(errors="ignore").decode()[:LONGEST])
    language = _surely(written, SURE)
    if language == UNKNOWN or not _weighs(written, 3 * ENOUGH):
        return language
    halves = {_surely(half, SURE_OF_HALF) for half in _halves(written)}
    return language if halves <= {language, UNKNOWN} else UNKNOWN


def _in_main_script(text: str) -> str:
    """The text without what is in other scripts; nothing where no script is the main one."""
    if text.isascii():
        return text
    scripts = [_script(sign) for sign in text]
    weights: Counter[str] = Counter()
    for sign, script in zip(text, scripts, strict=True):
        weights[script] += DENSE_WEIGHT if _DENSE.match(sign) else 1
    weights.pop("", None)
    main, weight = max(weights.items(), key=lambda each: each[1], default=("", 0))
    if weight < MAIN_SCRIPT * weights.total():
        return ""
    return "".join(sign if script in {main, ""} else " " for sign, script in zip(text, scripts, strict=True))


@lru_cache(maxsize=10_000)
def _script(sign: str) -> str:
    """The script of a letter, as its name begins; "" for what is no letter. Japanese is written in three."""
    if not sign.isalpha():
        return ""
    name = unicodedata.name(sign, "").partition(" ")[0]
    return "CJK" if name in {"HIRAGANA", "KATAKANA"} else name


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
