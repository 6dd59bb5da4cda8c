"""What the composer draws: what was typed before, and the keys of its actions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from django import template
from django.db.models import QuerySet

from inbox import draft_files, drafts
from inbox.models import Draft, DraftFile, Item
from teams.models import User

register = template.Library()


@register.simple_tag
def my_drafts(item: Item, viewer: User) -> dict[str, Draft | QuerySet[DraftFile]]:
    """The viewer's own unsent texts in this item, by mode, and the files of their reply."""
    return {**drafts.of(item, viewer), "files": draft_files.of(item, viewer)}


@register.filter
def counted(reactions: Iterable[dict[str, str]]) -> list[tuple[str, int]]:
    """Each reaction once, with how many gave it, the most given first."""
    return Counter(each["emoji"] for each in reactions if each.get("emoji")).most_common(12)
