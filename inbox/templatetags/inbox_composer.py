"""What the composer draws: what was typed before, and the keys of its actions."""

from __future__ import annotations

from django import template

from inbox import drafts
from inbox.models import Draft, Item
from teams.models import User

register = template.Library()


@register.simple_tag
def my_drafts(item: Item, viewer: User) -> dict[str, Draft]:
    """The viewer's own unsent texts in this item, by mode."""
    return drafts.of(item, viewer)
