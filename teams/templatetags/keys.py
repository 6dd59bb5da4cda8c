"""The keys on a page: printed in buttons, listed on the sheet, told to the script."""

from __future__ import annotations

import json

from django import template
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString

from teams import keys
from teams.models import User

register = template.Library()


@register.simple_tag(takes_context=True)
def key(context: Context, action: str) -> SafeString | str:
    """The key of an action as this person has it."""
    person = context["request"].user
    printed = keys.shown(person, action) if isinstance(person, User) else ""
    return format_html("<kbd>{}</kbd>", printed) if printed else ""


@register.simple_tag(takes_context=True)
def in_brackets(context: Context, action: str) -> str:
    """The key of an action after its words, where there is no room for a mark of its own."""
    person = context["request"].user
    printed = keys.shown(person, action) if isinstance(person, User) else ""
    return f" ({printed})" if printed else ""


@register.simple_tag
def key_sheet(person: User) -> list[tuple[list[str], str]]:
    """Every key and what it does, for the sheet behind the question mark: the table that the script obeys."""
    own = keys.keys_of(person)
    rows = [([own[each.action].upper()], str(each.words)) for each in keys.KEYS if own[each.action]]
    return rows + keys.fixed_rows(own)


@register.filter
def keymap(person: User) -> str:
    """Which key does what, for the script."""
    return json.dumps({key: action for action, key in keys.keys_of(person).items() if key})
