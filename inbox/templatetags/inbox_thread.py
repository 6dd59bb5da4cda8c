"""What the thread draws: its actions, ages, initials and the small words of a message."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import template
from django.template import Context
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from inbox.models import Item, Outbound
from inbox.views.answers import new_key as answer_key
from inbox.views.story import Leg
from teams.models import User
from teams.templatetags.page import span

register = template.Library()

ACTIONS = {
    # name: words, icon, whether it asks something first; its key is in teams.keys
    "claim": (_("Claim"), "hand", False),
    "hand-over": (_("Hand over"), "baton", True),
    "return": (_("Return"), "back", True),
    "resolve": (_("Done"), "check", False),
    "reopen": (_("Reopen"), "again", False),
    "release": (_("Put back"), "out", False),
    "snooze": (_("Snooze"), "moon", True),
    "skip": (_("Pass over"), "right", True),
    "ignore": (_("Ignore"), "bin", False),
}
DELIVERY = {
    "take-back": (_("Take back"), "back"),
    "mark-sent": (_("It is there: mark as sent"), "check"),
    "send-again": (_("Send again"), "again"),
}
EARLIER = 6


@register.inclusion_tag("inbox/act.html", takes_context=True)
def act(context: Context, name: str, *, main: bool = False) -> dict[str, Any]:
    """One action as a button: a form that works without JavaScript, or a link to the form that asks first."""
    words, icon_name, dialog = ACTIONS[name]
    item = context["item"]
    found = {"name": name, "words": words, "icon_name": icon_name, "dialog": dialog, "main": main}
    return {**_carried(context), **found, "item": item, "url": reverse(f"inbox:{name}", args=[item.pk])}


@register.inclusion_tag("inbox/delivery_act.html", takes_context=True)
def delivery_act(context: Context, name: str, outbound: Outbound) -> dict[str, Any]:
    words, icon_name = DELIVERY[name]
    url = reverse(f"inbox:{name}", args=[outbound.item_id, outbound.pk])
    return {**_carried(context), "words": words, "icon_name": icon_name, "url": url, "id": f"{name}-{outbound.pk}"}


def _carried(context: Context) -> dict[str, Any]:
    names = ("csrf_token", "request", "story", "inside")
    return {name: context[name] for name in names if name in context}


@register.simple_tag
def new_key() -> str:
    return answer_key()


@register.simple_tag
def earlier_items(item: Item, viewer: User) -> list[Item]:
    """What else this contact wrote, as far as the viewer may see it."""
    if item.contact_id is None:
        return []
    rows = Item.objects.visible_to(viewer).filter(contact=item.contact_id).exclude(pk=item.pk)
    return list(rows.select_related("connection").order_by("-pk")[:EARLIER])


@register.simple_tag
def rule_link(rule: int | None, viewer: User) -> str:
    """Where an admin reads the rule, when this deployment has that page."""
    if rule is None or not viewer.is_admin:
        return ""
    try:
        return reverse("routing:rule", args=[rule])
    except NoReverseMatch:
        return ""


@register.filter
def leg_length(leg: Leg) -> str:
    if leg.end is None:
        return gettext("%(time)s so far") % {"time": span(timezone.now() - leg.start)}
    return span(leg.end - leg.start)


@register.filter
def initials(name: str) -> str:
    parts = name.split()
    letters = [part[0] for part in (parts[:1] + parts[-1:] if len(parts) > 1 else parts)]
    return ("".join(letters) if len(letters) > 1 else name[:2]).upper()


@register.filter
def stars(rating: int) -> str:
    return "★" * rating + "☆" * max(5 - rating, 0)


@register.filter
def web_only(url: str) -> str:
    """An address a browser may open; anything but http and https is not one."""
    return url if url.startswith(("https://", "http://")) else ""


@register.filter
def platform_of(scope: str) -> str:
    return scope.partition(":")[0]


@register.filter
def read_time(text: str | None) -> datetime | None:
    return parse_datetime(text) if text else None


@register.filter
def is_over(at: datetime) -> bool:
    return at <= timezone.now()
