"""What the composer draws: what was typed before, and the keys of its actions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from django import template

from inbox import drafts
from inbox.models import Draft, Item
from teams.models import User

register = template.Library()


@register.simple_tag
def my_drafts(item: Item, viewer: User) -> dict[str, Draft]:
    """The viewer's own unsent texts in this item, by mode."""
    return drafts.of(item, viewer)


@register.filter
def counted(reactions: Iterable[dict[str, str]]) -> list[tuple[str, int]]:
    """Each reaction once, with how many gave it, the most given first."""
    return Counter(each["emoji"] for each in reactions if each.get("emoji")).most_common(12)
