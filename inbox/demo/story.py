"""A morning's work on the demo's items, so that its first look shows claims, handoffs, a return and a reply."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone

from inbox import queue, relay, replies
from inbox.models import Item
from teams.errors import Refusal
from teams.models import Team, User

Step = Callable[[int], object]


def tell() -> int:
    """Tell it, unless somebody has begun to work; returns how many steps found their item as they expected it."""
    by = {user.username: user for user in User.objects.filter(username__in=["sam", "sue", "max", "mia"])}
    teams = {team.slug: team for team in Team.objects.filter(slug__in=["support", "marketing"])}
    if len(by) < 4 or len(teams) < 2 or Item.objects.exclude(assignee=None).exists():
        return 0
    return sum(_try(who, step) for who, step in _steps(by, teams))


def _steps(by: dict[str, User], teams: dict[str, Team]) -> list[tuple[str, Step]]:
    sam, sue, max_, mia = by["sam"], by["sue"], by["max"], by["mia"]
    support, marketing = teams["support"], teams["marketing"]
    return [
        ("Priya Nair", lambda item: queue.claim(item=item, by=sam)),
        ("Tom Ashworth", lambda item: queue.claim(item=item, by=sue)),
        ("Tom Ashworth", lambda item: queue.note(item=item, by=sue, text="Same phone as yesterday's two reports.")),
        (
            "David Kim",
            lambda item: relay.hand_off(item=item, by=sam, to=marketing, reason="Praise", note="“Can’t” misled us."),
        ),
        ("David Kim", lambda item: queue.claim(item=item, by=mia)),
        ("Mai Anh", lambda item: relay.hand_off(item=item, by=max_, to=support, reason="Asks about delivery")),
        ("Mai Anh", lambda item: relay.return_(item=item, by=sam, reason="No question in it, only joy")),
        ("Rebecca Stone", lambda item: queue.claim(item=item, by=max_)),
        (
            "Ben Carter",
            lambda item: replies.reply(
                item=item, by=sam, text="Glad you found it, Ben. Have a good game!", key="demo-story-ben"
            ),
        ),
        ("Wei Ling", lambda item: queue.snooze(item=item, by=sue, until=timezone.now() + timedelta(hours=20))),
        ("Raúl Méndez", lambda item: queue.resolve(item=item, by=mia)),
    ]


def _try(who: str, step: Step) -> bool:
    item = Item.objects.filter(contact__name=who).order_by("pk").values_list("pk", flat=True).first()
    if item is None:
        return False
    try:
        step(item)
    except Refusal:  # somebody has worked on it already
        return False
    return True
