"""What the pages of the inbox draw: the queues in the frame, filters in addresses, ages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import template
from django.http import QueryDict
from django.template import Context
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from connectors.registry import CONNECTORS
from inbox.models import Item
from inbox.models.item import Kind
from inbox.selectors.filters import priority_name
from inbox.selectors.first_steps import first_steps
from inbox.views import drawn, lists, marks
from inbox.views.rows import Row
from inbox.views.scopes import Scope
from teams.models import User
from teams.templatetags.page import span

register = template.Library()
register.simple_tag(first_steps)


@register.inclusion_tag("frame/nav_pane.html", takes_context=True)
def nav(context: Context, here: str) -> dict[str, Any]:
    request = context["request"]
    return {"request": request, **(context.get("frame") or lists.nav_context(request, here))}


@register.simple_tag
def draw(row: Row, viewer: User, inside: str) -> SafeString:
    """One row of a list."""
    return drawn.row(row, viewer, inside)


@register.simple_tag
def marked(parts: Iterable[marks.Part]) -> SafeString:
    """A text with its marked words, and nothing between them that the text has not."""
    return format_html_join("", "{}", ((_marked(part),) for part in parts))


def _marked(part: marks.Part) -> str:
    return format_html("<mark>{}</mark>", part.text) if part.marked else part.text


@register.simple_tag(takes_context=True)
def told(context: Context) -> int:
    """How many notifications the viewer has not read."""
    return lists.told(context["request"])


@register.simple_tag
def page_link(path: str) -> bool:
    """Whether there is a page at that address in this deployment."""
    try:
        resolve(path)
    except Resolver404:
        return False
    return True


@register.filter
def starts(text: str, beginning: str) -> bool:
    return text.startswith(beginning)


@register.filter
def path_only(url: str) -> str:
    return url.partition("?")[0]


@register.filter
def since_now(at: datetime) -> str:
    return span(timezone.now() - at)


@register.simple_tag
def filtered(scope: Scope, *, toggle: bool = False, **changes: str) -> str:
    """This list's address with one filter set, or taken off when it is set already."""
    return _address(scope, changes, toggle=toggle)


def _address(scope: Scope, changes: Mapping[str, str], *, toggle: bool = False) -> str:
    query = QueryDict(scope.query, mutable=True)
    for name, value in changes.items():
        if not value or (toggle and query.get(name) == value):
            query.pop(name, None)
        else:
            query[name] = value
    path = path_only(scope.open_url)
    return f"{path}?{query.urlencode()}" if query else path


@register.simple_tag
def page_at(scope: Scope, cursor: str) -> str:
    """The same list from another row on."""
    return f"{scope.url}{'&' if '?' in scope.url else '?'}cursor={cursor}"


@dataclass(frozen=True, slots=True)
class Chip:
    words: str
    url: str


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    label: str
    value: str
    choices: list[tuple[str, str]]  # none: any words


WAITS = ("15m", "1h", "4h", "1d", "3d")


@register.simple_tag
def filter_fields(scope: Scope) -> list[Field]:
    """The filters a list can be narrowed by, with what is chosen now."""
    query = QueryDict(scope.query)
    waits = [(length, gettext("More than %(time)s") % {"time": span(_minutes(length) * 60)}) for length in WAITS]
    people = [("me", gettext("You")), ("none", gettext("Nobody"))]
    fields = [
        ("state", gettext("State"), [(value, str(label)) for value, label in Item.State.choices]),
        ("assignee", gettext("Holder"), people),
        ("platform", gettext("Platform"), [(kind, connector.name) for kind, connector in CONNECTORS.items()]),
        ("kind", gettext("Kind"), [(value, str(label)) for value, label in Kind.choices]),
        (
            "priority",
            gettext("Priority"),
            [(priority_name(number), str(label)) for number, label in Item.Priority.choices],
        ),
        ("waits", gettext("Waits for"), waits),
        ("breached", gettext("Target"), [("true", gettext("Missed")), ("false", gettext("Not missed"))]),
        ("label", gettext("Label"), []),
        ("language", gettext("Language"), []),
        ("rule", gettext("Rule"), []),
    ]
    chosen = {name: query.get(name) or "" for name, _label, _choices in fields}
    return [Field(name, label, chosen[name], _with(choices, chosen[name])) for name, label, choices in fields]


def _minutes(length: str) -> int:
    return int(length[:-1]) * {"m": 1, "h": 60, "d": 1440}[length[-1]]


def _with(choices: list[tuple[str, str]], chosen: str) -> list[tuple[str, str]]:
    """The choices, with one that came by the address: a colleague's name, or four hours and a half."""
    known = {value for value, _words in choices}
    return [*choices, (chosen, chosen)] if choices and chosen and chosen not in known else choices


@register.simple_tag
def active_filters(scope: Scope) -> list[Chip]:
    """The filters that are set, each with the address that takes it off."""
    query = QueryDict(scope.query)
    fields = {field.name: field for field in filter_fields(scope)}
    own = {("assignee", "none"), ("unread", "true")}  # these have chips of their own
    shown = [name for name in query if name not in {"order", "returned"} and (name, query[name]) not in own]
    return [Chip(_chip(fields.get(name), query[name]), _address(scope, {name: ""})) for name in shown]


def _chip(field: Field | None, value: str) -> str:
    """What a filter is: the words of its choice, or its name and what was typed."""
    if field is None:
        return value
    words = dict(field.choices).get(value, value)
    return words if field.name in {"platform", "kind", "state"} else f"{field.label}: {words}"


@register.filter
def due_span(left: timedelta) -> str:
    """What is left of a clock, with a minus once nothing is."""
    return f"−{span(-left)}" if left <= timedelta() else span(left)
