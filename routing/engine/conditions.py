"""The conditions of a rule (`when:`): each has a name, a form to be written in, and a test on the facts."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from routing.engine.errors import gettext_noop as _
from routing.engine.errors import wrong
from routing.facts import Facts

KINDS = ("mention", "comment", "dm", "review", "message")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
UNKNOWN = "unknown"
_HOURS = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)\s*[-–]\s*([01]?\d|2[0-4]):([0-5]\d)\Z")
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")

# The facts, and the language of the text, which is detected only when a rule asks for it.
Test = Callable[[Any, Facts, Callable[[], str]], bool]
Seen = Callable[[Any, Facts, Callable[[], str]], Any]


@dataclass(frozen=True, slots=True)
class Condition:
    """How to read a condition, what it looks at, and whether that satisfies it."""

    read: Callable[[str, Any], Any]
    seen: Seen
    holds: Callable[[Any, Any], bool]
    # Costly ones are asked last.
    cost: int = 0


def texts(field: str, value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    found = [str(each).strip() for each in values if isinstance(each, str | int) and not isinstance(each, bool)]
    if not found or len(found) != len(values) or not all(map(storable, found)):
        raise wrong(field, _("Give one text or a list of texts."))
    return list(dict.fromkeys(found))


def storable(text: str) -> bool:
    """Whether a text says something and can be kept: no NUL, no half of a character."""
    return bool(text) and _UNSTORABLE.search(text) is None


def number(field: str, value: Any) -> int:
    if isinstance(value, bool) or not re.fullmatch(r"-?\d{1,12}", str(value).strip()):
        raise wrong(field, _("“%(given)s” is no whole number."), given=value)
    return int(value)


def numbers(field: str, value: Any) -> list[int]:
    values = value if isinstance(value, list) else [value]
    return sorted({number(field, each) for each in values})


def yes_or_no(field: str, value: Any) -> bool:
    known = {"true": True, "false": False, "yes": True, "no": False}
    found = value if isinstance(value, bool) else known.get(str(value).strip().lower())
    if found is None:
        raise wrong(field, _("“%(given)s” is neither true nor false."), given=value)
    return found


def _kinds(field: str, value: Any) -> list[str]:
    return _out_of(KINDS, field, [each.lower() for each in texts(field, value)])


def _days(field: str, value: Any) -> list[str]:
    return _out_of(DAYS, field, [each.lower()[:3] for each in texts(field, value)])


def _out_of(known: tuple[str, ...], field: str, values: list[str]) -> list[str]:
    for value in values:
        if value not in known:
            raise wrong(field, _("“%(given)s” is none of %(known)s."), given=value, known=", ".join(known))
    return values


def _lower(field: str, value: Any) -> list[str]:
    return [each.lower() for each in texts(field, value)]


def _languages(field: str, value: Any) -> list[str]:
    found = [each.lower() for each in texts(field, value)]
    for each in found:
        if each != UNKNOWN and not re.fullmatch(r"[a-z]{2,3}(-[a-z0-9]{2,8})*", each):
            raise wrong(field, _("“%(given)s” is no language code such as en or zh, nor “unknown”."), given=each)
    return found


def _hours(field: str, value: Any) -> str:
    found = _HOURS.match(str(value).strip())
    if not found:
        raise wrong(field, _("“%(given)s” is no time of day such as 09:00-17:30."), given=value)
    first, first_minute, last, last_minute = map(int, found.groups())
    if max(first * 60 + first_minute, last * 60 + last_minute) > 24 * 60:
        raise wrong(field, _("A day ends at 24:00."))
    if (first, first_minute) == (last, last_minute):
        raise wrong(field, _("These hours begin and end at the same time."))
    return f"{first:02}:{first_minute:02}-{last:02}:{last_minute:02}"


def time_zone(field: str, value: Any) -> str:
    if str(value) not in _zones():
        raise wrong(field, _("“%(given)s” is no time zone such as Europe/Berlin."), given=value)
    return str(value)


@lru_cache(maxsize=1)
def _zones() -> set[str]:
    return available_timezones()


@lru_cache(maxsize=1_000)
def _minutes(hours: str) -> tuple[int, int]:
    first, last = hours.split("-")
    return int(first[:2]) * 60 + int(first[3:]), int(last[:2]) * 60 + int(last[3:])


def within(hours: str, clock: datetime) -> bool:
    """Whether a local time is in the hours, the end excluded; 22:00-06:00 reaches into the next day."""
    first, last = _minutes(hours)
    minute = clock.hour * 60 + clock.minute
    return first <= minute < last if first < last else minute >= first or minute < last


def _spoken(wanted: list[str], seen: str) -> bool:
    return seen in wanted or seen.partition("-")[0] in wanted


def _one_of(wanted: list[Any], seen: Any) -> bool:
    return seen in wanted


def _below(wanted: int, seen: int | None) -> bool:
    return seen is not None and seen < wanted


def _above(wanted: int, seen: int | None) -> bool:
    return seen is not None and seen > wanted


def _same(wanted: bool, seen: bool | None) -> bool:  # noqa: FBT001
    return seen is not None and seen == wanted


def _any_of(wanted: list[str], seen: list[str]) -> bool:
    return not set(wanted).isdisjoint(seen)


def _none_of(wanted: list[str], seen: list[str]) -> bool:
    return set(wanted).isdisjoint(seen)


def fact(name: str) -> Seen:
    return lambda _wanted, facts, _language: getattr(facts, name)


def _author_labels(_wanted: Any, facts: Facts, _language: Any) -> list[str]:
    return [label.lower() for label in facts.labels]


CONDITIONS: Mapping[str, Condition] = {
    "platform": Condition(_lower, fact("platform"), _one_of),
    "connection": Condition(texts, fact("connection"), _one_of),
    "kind": Condition(_kinds, fact("kind"), _one_of),
    "rating": Condition(numbers, fact("rating"), _one_of),
    "rating_below": Condition(number, fact("rating"), _below),
    "rating_above": Condition(number, fact("rating"), _above),
    "followers_below": Condition(number, fact("followers"), _below),
    "followers_above": Condition(number, fact("followers"), _above),
    "verified": Condition(yes_or_no, fact("verified"), _same),
    "is_reply": Condition(yes_or_no, fact("is_reply"), _same),
    "has_media": Condition(yes_or_no, fact("has_media"), _same),
    "author_labels": Condition(_lower, _author_labels, _any_of, 1),
    "no_author_labels": Condition(_lower, _author_labels, _none_of, 1),
    "on_duty": Condition(texts, lambda _w, facts, _l: sorted(facts.covered), _any_of, 1),
    "off_duty": Condition(texts, lambda _w, facts, _l: sorted(facts.covered), _none_of, 1),
    "days": Condition(_days, lambda _w, facts, _l: facts.at, lambda wanted, seen: DAYS[seen.weekday()] in wanted, 2),
    "hours": Condition(_hours, lambda _w, facts, _l: facts.at, within, 2),
    "language": Condition(_languages, lambda _w, _f, language: language(), _spoken, 9),
}
ZONE = "zone"
# Conditions that hold when the fact of their name is one of the values.
PLAIN = frozenset(name for name, condition in CONDITIONS.items() if condition.holds is _one_of)


def read(field: str, when: Any) -> dict[str, Any]:
    """The conditions in their one canonical form."""
    if not isinstance(when, dict):
        raise wrong(field, _("Conditions are a mapping such as {platform: [x]}."))
    found: dict[str, Any] = {}
    for name, value in when.items():
        if name == ZONE:
            found[ZONE] = time_zone(f"{field}.zone", value)
        elif name in CONDITIONS:
            found[name] = CONDITIONS[name].read(f"{field}.{name}", value)
        else:
            raise wrong(
                f"{field}.{name}",
                _("There is no condition “%(name)s”; known are %(known)s."),
                name=name,
                known=", ".join(CONDITIONS),
            )
    _refuse_impossible(field, found)
    return found


def _refuse_impossible(field: str, when: dict[str, Any]) -> None:
    for what in ("rating", "followers"):
        above, below = when.get(f"{what}_above"), when.get(f"{what}_below")
        if above is not None and below is not None and below - above < 2:
            raise wrong(
                f"{field}.{what}_below",
                _("Nothing is above %(above)s and below %(below)s: this can never match."),
                above=above,
                below=below,
            )
    for yes, no in (("author_labels", "no_author_labels"), ("on_duty", "off_duty")):
        if when.get(yes) and set(when[yes]) <= set(when.get(no, ())):
            raise wrong(
                f"{field}.{no}", _("%(no)s takes back all that %(yes)s asks for: this can never match."), no=no, yes=yes
            )


def local_time(at: datetime, zone: str) -> datetime:
    return at.astimezone(ZoneInfo(zone))
