"""Take away what somebody else wrote: retweeted text, quoted mail, forwarded mail, signatures."""

import re

from routing.engine.alphabet import BARRIER
from routing.engine.traced import Text, join, sub

_RETWEET = re.compile(r"(?:^\s*(?i:RT)|(?<=\s)(?:RT|MT|QT)) ?@\w{1,50}(?:@[\w.-]++)?(?::|(?=\s))[\s\S]*+")
# "On Monday, Bob wrote:" as the common mail programs say it; bounded, so that it stays linear.
_WROTE = (
    r"wrote|schrieb[^\n:]{0,80}|a écrit|escribió|escreveu|"
    r"ha scritto|schreef[^\n:]{0,80}|skrev[^\n:]{0,80}|yazdı|"
    r"đã viết|"
    r"написал(?:\(а\)|а)?|пише|napisał\(?a?\)?|écrivait|kirjoitti|写道|寫道|のメール|님이 작성|كتب|เขียนว่า|ने लिखा"
)
_ATTRIBUTION = re.compile(
    rf"^[ \t]*+(?=[^\n]{{0,200}}(?:\d|@))[^\n>]{{2,200}}(?:\n[^\n>]{{0,120}})?(?:{_WROTE})[  ]?[:：][ \t]*$",
    re.MULTILINE,
)
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
    found = _ATTRIBUTION.search(str(text))
    if not found:
        return text
    below = _NEXT_TEXT.search(str(text), found.end())
    rest: Text | str = text[found.end() :] if below and below.group() == ">" else ""
    return join([text[: found.start()], BARRIER, rest], like=text)
