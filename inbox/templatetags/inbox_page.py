"""What the pages of the inbox draw: the queues in the frame, filters in addresses, ages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import template
from django.http import QueryDict
from django.template import Context
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.utils.translation import gettext

from connectors.registry import CONNECTORS
from inbox.models import Item
from inbox.models.item import Kind
from inbox.selectors.filters import priority_name
from inbox.views import lists
from inbox.views.scopes import Scope
from teams.templatetags.page import span

register = template.Library()


@register.inclusion_tag("frame/nav_pane.html", takes_context=True)
def nav(context: Context, here: str) -> dict[str, Any]:
    request = context["request"]
    return {"request": request, **(context.get("frame") or lists.nav_context(request, here))}


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
    query = QueryDict(scope.query, mutable=True)
    for name, value in changes.items():
        if not value or (toggle and query.get(name) == value):
            query.pop(name, None)
        else:
            query[name] = value
    path = path_only(scope.url)
    return f"{path}?{query.urlencode()}" if query else path


def without(scope: Scope, name: str) -> str:
    """This list's address with one filter taken off."""
    query = QueryDict(scope.query, mutable=True)
    query.pop(name, None)
    path = path_only(scope.url)
    return f"{path}?{query.urlencode()}" if query else path


@dataclass(frozen=True, slots=True)
class Chip:
    words: str
    url: str


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    label: str
    value: str
    choices: list[tuple[str, str]]


@register.simple_tag
def filter_fields(scope: Scope) -> list[Field]:
    """The filters a list can be narrowed by, with what is chosen now."""
    query = QueryDict(scope.query)
    priorities = [(priority_name(number), str(label)) for number, label in Item.Priority.choices]
    fields = [
        ("platform", gettext("Platform"), [(kind, connector.name) for kind, connector in CONNECTORS.items()]),
        ("kind", gettext("Kind"), [(value, str(label)) for value, label in Kind.choices]),
        ("priority", gettext("Priority"), priorities),
    ]
    return [Field(name, label, query.get(name) or "", choices) for name, label, choices in fields]


@register.simple_tag
def active_filters(scope: Scope) -> list[Chip]:
    """The filters that are set, each with the address that takes it off."""
    query = QueryDict(scope.query)
    named = {field.name: dict(field.choices) for field in filter_fields(scope)}
    shown = [name for name in query if name not in {"order", "returned"} and query.get(name) != "none"]
    return [Chip(named.get(name, {}).get(query[name], query[name]), without(scope, name)) for name in shown]
