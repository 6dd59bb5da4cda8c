"""What somebody types into the search box: words, "phrases", -without, and operators such as team:support."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from teams.errors import Invalid

# Each operator is a filter under the name it has in the address.
OPERATORS = {
    "from": "from", "team": "team", "rule": "rule", "before": "before", "after": "after", "is": "is", "label": "label",
    "platform": "platform", "kind": "kind", "priority": "priority", "language": "language", "lang": "language",
    "assignee": "assignee", "holder": "assignee",
}  # fmt: skip
IS = {
    "open": ("state", "open"), "waiting": ("state", "waiting"), "snoozed": ("state", "snoozed"),
    "done": ("state", "resolved"), "resolved": ("state", "resolved"), "ignored": ("state", "ignored"),
    "unclaimed": ("assignee", "none"), "mine": ("assignee", "me"), "returned": ("returned", "true"),
    "overdue": ("breached", "true"), "unread": ("unread", "true"), "mentioned": ("mentioned", "true"),
}  # fmt: skip
MOST_TERMS = 8
# An operator is a word and a colon right before its value; what goes on with // is an address, and "10:30" a time.
TOKEN = re.compile(
    r'(?P<no>-)?(?:(?P<op>[a-z]{2,20}):(?!//))?(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))', re.IGNORECASE
)
SPACES = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Term:
    """Something to be found, as it was typed. `sender` looks at who wrote and nowhere else."""

    text: str
    without: bool = False
    sender: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    terms: tuple[Term, ...] = ()
    narrow: dict[str, str] = field(default_factory=dict)  # filters, as they would stand in an address


def take_apart(text: str) -> Asked:
    """The terms and filters of a search; what cannot be meant is refused with the reason."""
    terms: list[Term] = []
    narrow: dict[str, str] = {}
    for token in TOKEN.finditer(text):
        value = SPACES.sub(" ", token["phrase"] if token["phrase"] is not None else token["word"] or "").strip()
        if token["op"]:
            _operator(token, value, terms, narrow)
        elif value.lower().removesuffix(":") in OPERATORS and value.endswith(":"):
            _operator(token, "", terms, narrow, name=value[:-1].lower())
        elif value:
            terms.append(Term(value, without=bool(token["no"])))
    if len(terms) > MOST_TERMS:
        raise Invalid(q=_("Search for at most %(limit)s words at once.") % {"limit": MOST_TERMS})
    return Asked(tuple(dict.fromkeys(terms)), narrow)


def _operator(token: re.Match[str], value: str, terms: list[Term], narrow: dict[str, str], *, name: str = "") -> None:
    name = name or token["op"].lower()
    if name not in OPERATORS:
        known = ", ".join(f"{each}:" for each in OPERATORS)
        raise Invalid(q=_("There is no operator “%(name)s:”. There are: %(known)s") % {"name": name, "known": known})
    if not value:
        raise Invalid(q=_("Say what “%(name)s:” is to be, without a space between.") % {"name": name})
    if name == "from":
        terms.append(Term(value.removeprefix("@"), without=bool(token["no"]), sender=True))
        return
    if token["no"]:
        raise Invalid(q=_("“-” works with words and with “from:”, not with “%(name)s:”.") % {"name": name})
    for filter_name, wanted in _meant(name, value):
        if narrow.get(filter_name, wanted) != wanted:
            raise Invalid(q=_("“%(name)s:” stands there twice.") % {"name": name})
        narrow[filter_name] = wanted


def _meant(name: str, value: str) -> Iterator[tuple[str, str]]:
    if name != "is":
        yield OPERATORS[name], value
        return
    if value.lower() not in IS:
        raise Invalid(q=_("“is:” can be: %(choices)s") % {"choices": ", ".join(IS)})
    yield IS[value.lower()]
