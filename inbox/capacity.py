"""How many open items one person can hold: their own limits, and those of the team."""

from __future__ import annotations

from collections import Counter

from inbox.models import Item
from teams.models import Capacity, Team, User


def full_platforms(person: User, load: Counter[str] | None = None) -> frozenset[str] | None:
    """The platforms this person has no room for; None when there is no room for anything."""
    load = load if load is not None else open_items(person)
    limits = {row.platform: row.most for row in Capacity.objects.filter(user=person)}
    if "" in limits and load.total() >= limits[""]:
        return None
    return frozenset(platform for platform, most in limits.items() if platform and load[platform] >= most)


def has_room(person: User, team: int, platform: str = "") -> bool:
    """Whether the person can take one more item of this team, on that platform."""
    load = open_items(person)
    full = full_platforms(person, load)
    if full is None or platform in full:
        return False
    most = Team.objects.values_list("capacity", flat=True).get(pk=team)
    return most is None or _of_team(person, team) < most


def open_items(person: User) -> Counter[str]:
    """By platform: what the person holds and has to answer now."""
    held = Item.objects.filter(assignee=person, state=Item.State.OPEN).order_by()
    return Counter(held.values_list("connection__kind", flat=True))


def _of_team(person: User, team: int) -> int:
    return Item.objects.filter(assignee=person, state=Item.State.OPEN, team=team).count()
