"""What somebody asks a list for: read from a query string, every wrong value refused by name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, TypeVar

from django.utils.translation import gettext as _

from inbox.models import Item
from inbox.models.item import Kind
from teams.errors import Invalid

State = Item.State
UNFINISHED = frozenset(str(state) for state in Item.UNFINISHED)
EVERY = frozenset(State.values)
ME, NOBODY = "me", "none"
ORDERS = ("newest", "oldest", "urgent")
FORMAT = "format"  # not a filter: how some clients ask for JSON
LONGEST_QUERY = 200  # characters
LARGEST_ID = 2**63 - 1  # of a bigint column
_PRIORITIES = {priority.name.lower(): int(priority) for priority in Item.Priority}
_YES_NO = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
T = TypeVar("T")


class Query(Protocol):
    """What we need of a QueryDict."""

    def getlist(self, key: str) -> list[str]: ...

    def __iter__(self) -> Iterator[str]: ...


@dataclass(frozen=True, slots=True)
class Filters:
    """Which items a list shows, and in which order. Nothing set means: everything that is unfinished."""

    team: str = ""
    states: frozenset[str] = UNFINISHED
    assignee: str = ""  # a username, "me" or "none"
    q: str = ""
    kind: str = ""
    platform: str = ""
    connection: int | None = None
    label: str = ""
    priority: int | None = None
    returned: bool | None = None
    order: str = "newest"

    @classmethod
    def parse(cls, query: Query, *, states: frozenset[str] = UNFINISHED) -> Filters:
        """Read the filters of a query string; `states` is meant when it names none."""
        return cls(
            team=_one(query, "team"),
            states=_states(query, states),
            assignee=_one(query, "assignee"),
            q=_words(query),
            kind=_choice(query, "kind", {kind: kind for kind in Kind.values}) or "",
            platform=_one(query, "platform"),
            connection=_number(query, "connection"),
            label=_one(query, "label"),
            priority=_choice(query, "priority", _PRIORITIES),
            returned=_choice(query, "returned", _YES_NO),
            order=_choice(query, "order", {order: order for order in ORDERS}) or "newest",
        )


NAMES = frozenset({"state", *Filters.__dataclass_fields__} - {"states"})


def refuse_unknown(query: Query, *, known: frozenset[str]) -> None:
    """A filter that we do not know would silently show more than was asked for."""
    for name in query:
        if name not in known and name != FORMAT:
            raise Invalid(**{name[:100]: _("There is no such filter.")})


def priority_name(value: int) -> str:
    return next((name for name, number in _PRIORITIES.items() if number == value), "normal")


def _one(query: Query, name: str) -> str:
    """The last value given, as browsers and Django have it."""
    values = query.getlist(name)
    value = values[-1].strip() if values else ""
    if "\x00" in value or not value.isprintable():
        raise Invalid(**{name: _("This is not a value that can be searched for.")})
    return value


def _words(query: Query) -> str:
    value = _one(query, "q")
    if len(value) > LONGEST_QUERY:
        raise Invalid(q=_("Search for at most %(limit)s characters.") % {"limit": LONGEST_QUERY})
    return value


def _states(query: Query, default: frozenset[str]) -> frozenset[str]:
    """`state=open`, `state=open,waiting`, `state=open&state=waiting`, `state=unfinished` or `state=all`."""
    named = {word.strip() for value in query.getlist("state") for word in value.split(",") if word.strip()}
    if not named:
        return default
    found: set[str] = set()
    for name in named:
        found |= {"unfinished": UNFINISHED, "all": EVERY}.get(name, frozenset({name}))
    if found - EVERY:
        raise Invalid(
            state=_("Choose from %(choices)s.") % {"choices": ", ".join([*State.values, "unfinished", "all"])}
        )
    return frozenset(found)


def _choice(query: Query, name: str, choices: dict[str, T]) -> T | None:
    value = _one(query, name)
    if not value:
        return None
    if value not in choices:
        raise Invalid(**{name: _("Choose from %(choices)s.") % {"choices": ", ".join(choices)}})
    return choices[value]


def _number(query: Query, name: str) -> int | None:
    value = _one(query, name)
    if not value:
        return None
    if not (value.isascii() and value.isdecimal() and int(value[:20]) <= LARGEST_ID):
        raise Invalid(**{name: _("Give a number.")})
    return int(value)
