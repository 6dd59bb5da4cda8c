"""Read one keyword of a rule: what kind it is, and the patterns that find it in a folded text."""

import re
import unicodedata
from dataclasses import dataclass
from typing import NamedTuple

from routing.engine import regexes
from routing.engine.alphabet import BARRIER, SEGMENTED, UNSPACED
from routing.engine.apostrophes import spellings
from routing.engine.errors import gettext_noop as _
from routing.engine.errors import wrong
from routing.engine.fold import folded_keyword, folded_symbols
from routing.engine.limits import KEYWORD_LENGTH
from routing.engine.masks import TAGGABLE, mask
from routing.engine.stems import STEMMERS, stem

WORD, NAME, SYMBOL, STEM, REGEX = "word", "name", "symbol", "stem", "regex"
LEFT, RIGHT = 1, 2

_SIGNS = re.compile(r"[+%$&#@=<>|~^\\*]")
_QUOTES = '"“”„«»‹› \t\n'
_TAG = re.compile(rf"#(?=\d*+[^\W\d]){TAGGABLE}+\Z")
_NAME = re.compile(r"@[\w][\w.\-]*(?:@[\w.\-]+)?\Z")
_STEM = re.compile(r"(?P<word>.+)~(?P<language>[a-z]{2})?\Z")
# Nothing but letters and spaces, as nearly all keywords are: no need to look for signs.
_SIMPLE = re.compile(r"[^\W\d_]+(?: [^\W\d_]+)*\Z")
_IS_UNSPACED = re.compile(f"[{UNSPACED}]")
_IS_SEGMENTED = re.compile(f"[{SEGMENTED}]")


class Atom(NamedTuple):
    """One thing to look for. `edges` says at which ends a hit has to be checked for a boundary."""

    kind: str
    pattern: str
    edges: int = 0


@dataclass(frozen=True, slots=True)
class Keyword:
    """A keyword as written, and the atoms of which any one is a hit."""

    source: str
    atoms: tuple[Atom, ...]
    wild: bool = False

    @property
    def kind(self) -> str:
        return self.atoms[0].kind


def parse(source: str, *, field: str, language: str = "en") -> Keyword:
    """Read a keyword, or say why it is none."""
    text = source.strip()
    if not text:
        raise wrong(field, _("The keyword is empty."))
    if len(text) > 2 and text[0] == text[-1] == "/":
        regexes.check(field, text[1:-1])
        return Keyword(source, (Atom(REGEX, text[1:-1]),))
    if len(text) > KEYWORD_LENGTH:
        raise wrong(
            field,
            _("A keyword may have %(most)s characters; this one has %(many)s."),
            most=KEYWORD_LENGTH,
            many=len(text),
        )
    if BARRIER in text:
        raise wrong(field, _("The keyword holds a character that no text has."))
    if _SIMPLE.match(text):
        return Keyword(source, _words(text, starts_anywhere=False, ends_anywhere=False))
    return _word_forms(source, text, field, language) or _plain(source, text, field)


def _word_forms(source: str, text: str, field: str, language: str) -> Keyword | None:
    form = _STEM.match(text)
    if not form or not any(char.isalpha() for char in form["word"]):
        return None
    language = form["language"] or language
    word = form["word"].strip()
    if language not in STEMMERS:
        raise wrong(field, _("There are no word forms for the language “%(language)s”."), language=language)
    if " " in folded_keyword(word) or "*" in word or not folded_keyword(word):
        raise wrong(field, _("Word forms are of a single word; “%(keyword)s” is none."), keyword=source)
    return Keyword(source, (Atom(STEM, f"{language} {stem(language, word)}"),))


def _plain(source: str, text: str, field: str) -> Keyword:
    starts_anywhere, ends_anywhere = text.startswith("*"), text.endswith("*")
    core = text.strip("*").strip(_QUOTES)
    if not core:
        raise wrong(field, _("“%(keyword)s” has no word in it."), keyword=source)
    if len(text) - len(text.strip("*")) > starts_anywhere + ends_anywhere:
        raise wrong(field, _("One * at an end is enough in “%(keyword)s”."), keyword=source)
    if "*" in core:
        raise wrong(field, _("* may stand only at the beginning or the end, not inside “%(keyword)s”."), keyword=source)
    if core[0] in "@#＠＃" and not starts_anywhere:
        named = _named(core, prefix=ends_anywhere)
        if named:
            return Keyword(source, (named,))
    _refuse_masked(source, core, field)
    atoms = _symbolic(core, starts_anywhere=starts_anywhere, ends_anywhere=ends_anywhere) or _words(
        core, starts_anywhere=starts_anywhere, ends_anywhere=ends_anywhere
    )
    if not atoms:
        raise wrong(field, _("“%(keyword)s” has nothing in it that can be seen."), keyword=source)
    if starts_anywhere and len(atoms[0].pattern.strip()) < 2 and not _IS_UNSPACED.search(core):
        raise wrong(
            field, _("“%(keyword)s” would match nearly everything; give it two letters at least."), keyword=source
        )
    return Keyword(source, atoms, wild=starts_anywhere and not _IS_UNSPACED.match(core))


def _named(core: str, *, prefix: bool) -> Atom | None:
    """A hashtag or a handle, which match only themselves."""
    core = unicodedata.normalize("NFKC", core)
    end = "" if prefix else " "
    if _TAG.match(core):
        return Atom(NAME, f" # {folded_symbols(core[1:])}{end}")
    if _NAME.match(core):
        return Atom(NAME, f" @{folded_symbols(core[1:].split('@')[0].rstrip('.-'))}{end}")
    return None


def _refuse_masked(source: str, core: str, field: str) -> None:
    if BARRIER in mask(unicodedata.normalize("NFKC", core)).text:
        text = _("“%(keyword)s” is a link, an address or a handle, where plain keywords never match; use /…/ for it.")
        raise wrong(field, text, keyword=source)


def _symbolic(core: str, *, starts_anywhere: bool, ends_anywhere: bool) -> tuple[Atom, ...]:
    """Keywords whose signs count: c++, 50%, :) ."""
    folded = folded_symbols(core)
    if not folded or not (_SIGNS.search(folded) or _is_punctuation(folded[0]) or _is_punctuation(folded[-1])):
        return ()
    left = 0 if starts_anywhere or not _needs_boundary(folded[0]) else LEFT
    right = 0 if ends_anywhere or not _needs_boundary(folded[-1]) else RIGHT
    return (Atom(SYMBOL, folded, left | right),)


def _is_punctuation(char: str) -> bool:
    return unicodedata.category(char)[0] == "P" and char != "'"


def _needs_boundary(char: str) -> bool:
    return unicodedata.category(char)[0] in "LMN" and not _IS_UNSPACED.match(char)


def _words(core: str, *, starts_anywhere: bool, ends_anywhere: bool) -> tuple[Atom, ...]:
    folded = folded_keyword(core)
    if not folded:
        return ()
    whole = not (starts_anywhere or ends_anywhere)
    found = spellings(folded.split()) if whole else [folded]
    if whole and folded.isascii():
        return tuple([Atom(WORD, f" {text} ") for text in found])
    return tuple([_word(text, starts_anywhere=starts_anywhere, ends_anywhere=ends_anywhere) for text in found])


def _word(text: str, *, starts_anywhere: bool, ends_anywhere: bool) -> Atom:
    left, left_edge = _side(text[0], LEFT, open_end=starts_anywhere)
    right, right_edge = _side(text[-1], RIGHT, open_end=ends_anywhere)
    return Atom(WORD, left + text + right, left_edge | right_edge)


def _side(char: str, edge: int, *, open_end: bool) -> tuple[str, int]:
    """What stands at an end of a pattern, and whether a hit has to be checked there."""
    if open_end:
        return "", 0
    if not _IS_UNSPACED.match(char):
        return " ", 0
    return "", edge if _IS_SEGMENTED.match(char) else 0
