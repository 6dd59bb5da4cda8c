"""Take away what somebody else wrote: retweeted text, quoted mail, forwarded mail, signatures."""

import re
from unicodedata import normalize

from routing.engine.alphabet import BARRIER
from routing.engine.traced import Text, join, sub

_RETWEET = re.compile(r"(?:^\s*(?i:RT)|(?<=\s)(?:RT|MT|QT)) ?@\w{1,50}(?:@[\w.-]++)?(?::|(?=\s))[\s\S]*+")
# "On Monday, Bob wrote:" as the common mail programs say it.
_WROTE = re.compile(
    r"(?:wrote|schrieb[^:]{0,80}|a écrit|escribió|escreveu|ha scritto|schreef[^:]{0,80}|skrev[^:]{0,80}|yazdı|đã viết|"
    r"написал(?:\(а\)|а)?|пише|napisał\(?a?\)?|kirjoitti|写道|寫道|のメール|님이 작성|كتب|เขียนว่า|ने लिखा)\s?$"
)
_ENDS_IN_COLON = re.compile(r"^(?![ \t]*+>)([^\n]*)[:：][ \t]*$", re.MULTILINE)
_DATE_OR_ADDRESS = re.compile(r"\d|@")
_LONGEST_ATTRIBUTION = 300
_DIVIDER = re.compile(
    r"^(?:-{3,} ?(?i:original message|forwarded message|ursprüngliche nachricht|message d'origine|mensaje original|"
    r"mensagem original|"
    r"原始邮件|原始郵件|転送メッセージ) ?-{3,}|_{20,}[ \t]*$(?=\n\s*(?:\*?[\w ]{2,12}:))|-- $|--$)",
    re.MULTILINE,
)
_QUOTED_LINE = re.compile(r"^[ \t]*+>.*$", re.MULTILINE)
_SENT_FROM = re.compile(
    r"^[ \t]*+(?i:sent from my |sent via |get outlook for |von meinem |enviado desde mi |enviado do meu |"
    r"envoyé de mon |"
    r"inviato da |발신: |从我的|從我的)[^\n]{0,80}$",
    re.MULTILINE,
)
_NEXT_TEXT = re.compile(r"\S")


def may_quote(text: str) -> bool:
    return "\n" in text or "T @" in text or "T@" in text or text[:8].lstrip()[:2].lower() == "rt"


def may_quote_unfolded(text: str) -> bool:
    """Whether a text may quote once it is under NFKC: quicker, and rather too often than not often enough."""
    if "\n" in text or "\uff20" in text or "\ufe6b" in text or _may_become("rR", text[:8].lstrip()[:1]):
        return True
    at = text.find("@")
    while at >= 0:
        if at and (_may_become("T", text[at - 1]) or (text[at - 1] == " " and _may_become("T", text[at - 2 : at - 1]))):
            return True
        at = text.find("@", at + 1)
    return False


def _may_become(letters: str, char: str) -> bool:
    """Whether it is one of these letters, or may be under NFKC. Of signs and spaces beyond ASCII we do not know."""
    if char.isascii():
        return bool(char) and char in letters
    return not char.isalpha() or normalize("NFKC", char)[-1] in letters


def without_quotes(text: Text) -> Text:
    """What the author wrote; a barrier stands for each part that was taken away."""
    text = sub(_RETWEET, BARRIER, text)
    if "\n" not in str(text):
        return text
    text = _until(_DIVIDER, text)
    text = _without_attribution(text)
    text = sub(_QUOTED_LINE, BARRIER, text)
    return sub(_SENT_FROM, BARRIER, text)


def _until(pattern: re.Pattern[str], text: Text) -> Text:
    found = pattern.search(str(text))
    return join([text[: found.start()], BARRIER], like=text) if found else text


def _without_attribution(text: Text) -> Text:
    """Cut at "Bob wrote:", unless the quote below it is marked and the author may have answered under it."""
    found = _attribution(str(text))
    if not found:
        return text
    start, end = found
    below = _NEXT_TEXT.search(str(text), end)
    rest: Text | str = text[end:] if below and below.group() == ">" else ""
    return join([text[:start], BARRIER, rest], like=text)


def _attribution(text: str) -> tuple[int, int] | None:
    """The first line that says who wrote what follows; its beginning may stand on the line before."""
    for found in _ENDS_IN_COLON.finditer(text):
        line, start = found[1][-_LONGEST_ATTRIBUTION:], found.start()
        if not _WROTE.search(line):
            continue
        before = text.rfind("\n", 0, max(0, start - 1)) + 1
        if _DATE_OR_ADDRESS.search(line) and not line.lstrip().startswith("<"):
            return start, found.end()
        if start - before <= _LONGEST_ATTRIBUTION and _DATE_OR_ADDRESS.search(text, before, start):
            return before, found.end()
    return None
