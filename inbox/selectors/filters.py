"""What somebody asks a list for: read from a query string, every wrong value refused by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from inbox.models import Item
from inbox.models.item import Kind
from inbox.selectors.words import Term, take_apart
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
_LENGTHS = {"m": 1, "h": 60, "d": 60 * 24}  # in minutes
LONGEST_WAIT = 366 * 24 * 60  # minutes
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
    language: str = ""
    rule: str = ""  # the name of the rule that brought the item where it is
    waits: int | None = None  # longer than so many minutes
    breached: bool | None = None  # a target has been missed, and its clock runs
    mentioned: bool | None = None  # a note names me
    unread: bool | None = None  # something came that I have not looked at
    before: datetime | None = None  # the last message came before
    after: datetime | None = None
    order: str = "newest"
    terms: tuple[Term, ...] = ()  # what `q` looks for, without its operators
    also: Filters | None = None  # what the operators of `q` ask for

    @classmethod
    def parse(cls, query: Query, *, states: frozenset[str] = UNFINISHED) -> Filters:
        """Read the filters of a query string; `states` is meant when it names none."""
        words = _words(query)
        asked = take_apart(words)
        return cls(
            team=_one(query, "team"),
            states=_states(query, states),
            assignee=_one(query, "assignee"),
            q=words,
            kind=_choice(query, "kind", {kind: kind for kind in Kind.values}) or "",
            platform=_one(query, "platform"),
            connection=_number(query, "connection"),
            label=_one(query, "label"),
            priority=_choice(query, "priority", _PRIORITIES),
            returned=_choice(query, "returned", _YES_NO),
            language=_one(query, "language"),
            rule=_one(query, "rule"),
            waits=_length(query, "waits"),
            breached=_choice(query, "breached", _YES_NO),
            mentioned=_choice(query, "mentioned", _YES_NO),
            unread=_choice(query, "unread", _YES_NO),
            before=_day(query, "before"),
            after=_day(query, "after"),
            order=_choice(query, "order", {order: order for order in ORDERS}) or "newest",
            terms=asked.terms,
            also=cls.parse(_Given(asked.narrow), states=EVERY) if asked.narrow else None,
        )

    @property
    def all_states(self) -> frozenset[str]:
        """The states that are meant: an `is:` says more than what a list shows by itself."""
        if self.also is None or self.also.states == EVERY:
            return self.states
        return self.also.states if self.states in {UNFINISHED, EVERY} else self.states & self.also.states


class _Given:
    """Filters that came out of a search, read as those of an address are."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def getlist(self, key: str) -> list[str]:
        return [self._values[key]] if key in self._values else []

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)


NAMES = frozenset({"state", *Filters.__dataclass_fields__} - {"states", "terms", "also"})


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


def _length(query: Query, name: str) -> int | None:
    """`30m`, `4h` or `2d`; a bare number is minutes."""
    value = _one(query, name).lower()
    if not value:
        return None
    number, unit = (value[:-1], _LENGTHS[value[-1]]) if value[-1] in _LENGTHS else (value, 1)
    if not (number.isascii() and number.isdecimal()) or not 0 < int(number[:9]) * unit <= LONGEST_WAIT:
        raise Invalid(**{name: _("Give a length of time such as 30m, 4h or 2d.")})
    return int(number) * unit


def _day(query: Query, name: str) -> datetime | None:
    """The beginning of a day on the viewer's clock: `2026-11-20`, `today`, `yesterday`, or `7d` for seven days ago."""
    value = _one(query, name).lower()
    if not value:
        return None
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    back = {"today": 0, "yesterday": 1}.get(value)
    if back is None and value.endswith("d") and value[:-1].isascii() and value[:-1].isdecimal() and len(value) < 6:
        back = int(value[:-1])
    try:
        day = parse_date(value) if back is None else None
        if back is None and day is None:
            raise ValueError(value)
        return today.replace(year=day.year, month=day.month, day=day.day) if day else today - timedelta(days=back or 0)
    except (ValueError, OverflowError):
        raise Invalid(**{name: _("Give a day such as 2026-11-20, today, yesterday or 7d.")}) from None
