"""Apostrophes inside words: English contractions, French and Italian elision, possessives, Turkish suffixes."""

import re
from functools import lru_cache
from itertools import product

# Begins at words only, and never goes back: linear however long a word is.
APOSTROPHE_WORD = re.compile("(?<![^ ])[^ ']*+'[^ ]*+")

_VERBS = "are could did does do had has have is might must need ought should was were would dare"
_NOT = {
    "can't": ("cannot", "can not"),
    "won't": ("will not",),
    "shan't": ("shall not",),
    "ain't": (),
    **{f"{verb}n't": (f"{verb} not",) for verb in _VERBS.split()},
}
_ENDINGS = {"'re": "are", "'ve": "have", "'ll": "will", "'m": "am"}
_WHO = {
    "'re": ["you", "we", "they", "there", "what", "who", "how"],
    "'ve": ["i", "you", "we", "they", "could", "should", "would", "might", "must", "who"],
    "'ll": ["i", "you", "he", "she", "it", "we", "they", "that", "there", "what", "who"],
    "'m": ["i"],
}
_IS = ["it", "that", "what", "who", "where", "how", "here", "there", "when", "he", "she", "why"]
# Without their apostrophe these are words of their own, so the bare spelling is not taken for them.
_OTHER_WORDS = {"its", "were", "ill", "hell", "shell", "well", "lets", "whore"}


def _bare(word: str) -> tuple[str, ...]:
    bare = word.replace("'", "")
    return () if bare in _OTHER_WORDS else (bare,)


def _all_contractions() -> dict[str, tuple[str, ...]]:
    spellings = {word: (word, *_bare(word), *long) for word, long in _NOT.items()}
    for ending, verb in _ENDINGS.items():
        for who in _WHO[ending]:
            spellings[who + ending] = (who + ending, *_bare(who + ending), f"{who} {verb}")
    for who in _IS:
        spellings[f"{who}'s"] = (f"{who}'s", *_bare(f"{who}'s"), f"{who} is")
    spellings["let's"] = ("let's", "let us")
    return spellings


CONTRACTIONS = _all_contractions()
_BY_SPELLING = {spelling: forms for forms in CONTRACTIONS.values() for spelling in reversed(forms)}
_ELISION = re.compile(r"^(?:[ldjmnstc]|qu|jusqu|lorsqu|puisqu|quoiqu|un|dell|all|nell|dall|sull|quell|quest)'(?=.)")
_TURKISH = re.compile(
    r"(?<=\w\w\w)'(?:[dt][ea]n?|y?[eaiuoıöü]|[ny]?[iuıöü]n?|[ny][ae]|n[iuıöü]n|n?[dt][ae]n?|y?l[ae]|l[ae]r\w*|"
    r"s[iuıöü]|k[iı]|(?:de|da)ki\w*|ye|ya)(?=$)"
)


@lru_cache(maxsize=20_000)
def settled(word: str) -> str:
    """The word with every apostrophe that is no letter of it turned into a space; the length stays the same."""
    word = re.sub(r"(?<![^\W\d_])'|'(?![^\W\d_])", " ", word)
    return " ".join(_one(part) for part in word.split(" "))


def _one(word: str) -> str:
    if "'" not in word or word in CONTRACTIONS:
        return word
    word = _ELISION.sub(lambda found: found.group().replace("'", " "), word)
    if word.endswith("'s"):
        return word[:-2] + "  "
    return _TURKISH.sub(lambda found: found.group().replace("'", " "), word)


def settle(found: re.Match[str]) -> str:
    return _settled(found.group())


def spellings(words: list[str]) -> list[str]:
    """Every way to spell these folded words when their contractions are written out, bare, or in full."""
    if len(words) == 1:
        return list(_BY_SPELLING.get(words[0], words))
    options = _options(words)
    found = [" ".join(choice) for choice in product(*options)]
    return list(dict.fromkeys(found))[:64]


def _options(words: list[str]) -> list[tuple[str, ...]]:
    options: list[tuple[str, ...]] = []
    at = 0
    while at < len(words):
        pair = _BY_SPELLING.get(" ".join(words[at : at + 2])) if at + 1 < len(words) else None
        options.append(pair or _BY_SPELLING.get(words[at], (words[at],)))
        at += 2 if pair else 1
    return options


def settled_words(words: list[str]) -> str:
    """The words, each with its apostrophes settled: for speed, the same as substituting."""
    return " ".join([_settled(word) if "'" in word else word for word in words])


def _settled(word: str) -> str:
    return settled(word) if len(word) < 100 else word.replace("'", " ")
