"""What every page draws the same way: icons, people, teams and moments."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import lru_cache

from django import template
from django.templatetags.static import static
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext

from teams.models import User

register = template.Library()

PLATFORM_ICONS = frozenset(
    {
        "appstore",
        "bluesky",
        "discord",
        "email",
        "facebook",
        "generic",
        "github",
        "google",
        "inapp",
        "instagram",
        "line",
        "linkedin",
        "mastodon",
        "messenger",
        "play",
        "reddit",
        "slack",
        "telegram",
        "threads",
        "tiktok",
        "trustpilot",
        "whatsapp",
        "youtube",
    }
)
HUE_STEP = 5  # degrees; static/css/hues.css holds one line a step


@register.simple_tag
def icon(name: str, label: str = "", css: str = "") -> SafeString:
    """One drawing of the sprite; silent for screen readers unless it has a label."""
    return _drawing(name, str(label), css)


@lru_cache(maxsize=2048, typed=True)  # a safe label is not one that is not
def _drawing(name: str, label: str, css: str) -> SafeString:
    spoken = format_html('role="img" aria-label="{}"', label) if label else format_html('aria-hidden="{}"', "true")
    title = format_html("<title>{}</title>", label) if label else ""
    place = f"{static('icons.svg')}#{name}"
    return format_html('<svg class="i {}" {}>{}<use href="{}"/></svg>', css, spoken, title, place)


@register.simple_tag
def platform(kind: str, label: str = "", css: str = "") -> SafeString:
    """The mark of a platform."""
    name = "platform-x" if kind == "x" else kind if kind in PLATFORM_ICONS else "generic"
    return icon(name, label, css)


@register.filter
def lang_only(language: str) -> str:
    """A language a browser knows what to do with; "unknown" and its like are none."""
    return language if re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", language) and language != "und" else ""


@register.filter
def hue(degrees: object) -> int | str:
    """The nearest hue that the style sheet knows; a team without one is neutral."""
    if not isinstance(degrees, int):
        return "none"
    return round(degrees / HUE_STEP) * HUE_STEP % 360


@register.simple_tag
def face(person: User | None, viewer: User | None = None, css: str = "") -> SafeString:
    """A person's initials in a circle: blue when it is you, an empty ring for nobody."""
    if person is None:
        return format_html('<span class="av open {}" aria-hidden="true"></span>', css)
    you = "you" if viewer is not None and viewer.pk == person.pk else ""
    return format_html(
        '<span class="av {} {}" aria-hidden="true" title="{}">{}</span>', you, css, person.name, person.initials
    )


@register.simple_tag
def ago(at: datetime | None, css: str = "") -> SafeString | str:
    """How long ago, in a column's width; the exact moment is in the title."""
    if at is None:
        return ""
    return format_html(
        '<time datetime="{}" title="{}" class="{}" data-ago>{}</time>',
        at.isoformat(timespec="seconds"),
        exact(at),
        css,
        short_age(timezone.now() - at, at),
    )


@register.simple_tag
def clock_time(at: datetime | None) -> SafeString | str:
    """The time of day, with the day when it is not today; the exact moment is in the title."""
    if at is None:
        return ""
    local = timezone.localtime(at)
    words = formats.time_format(local, "H:i")
    if local.date() != timezone.localdate():
        words = f"{day_name(at)} {words}"
    return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(timespec="seconds"), exact(at), words)


@register.simple_tag
def short_time(at: datetime | None) -> SafeString | str:
    """As `clock_time`, in a column's width: the time of day within a week, with the day of the week, else the date."""
    if at is None:
        return ""
    local = timezone.localtime(at)
    days = (local.date() - timezone.localdate()).days
    near = "H:i" if days == 0 else "D H:i"
    words = formats.date_format(local, near) if 0 <= days < 7 else _narrow_date(local)
    return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(timespec="seconds"), exact(at), words)


@register.filter
def exact(at: datetime | None) -> str:
    """Day, time and zone, spelt out."""
    if at is None:
        return ""
    local = timezone.localtime(at)
    return f"{formats.date_format(local, 'DATE_FORMAT')}, {local:%H:%M:%S} {local:%Z}"


@register.filter
def day_name(at: datetime) -> str:
    """Today, yesterday, or the date; the year only when it is another one."""
    day, today = timezone.localtime(at).date(), timezone.localdate()
    if day == today:
        return gettext("Today")
    if day == today - timedelta(days=1):
        return gettext("Yesterday")
    return formats.date_format(day, "MONTH_DAY_FORMAT" if day.year == today.year else "DATE_FORMAT")


@register.filter
def span(length: timedelta | float | None) -> str:
    """A length of time in its largest unit or two: 41m, 1h 48m, 3d."""
    if length is None:
        return ""
    seconds = int(length.total_seconds() if isinstance(length, timedelta) else length)
    minutes = max(seconds, 0) // 60
    if minutes < 1:
        return pgettext("seconds", "%(n)ss") % {"n": max(seconds, 0)}
    if minutes < 60:
        return pgettext("minutes", "%(n)sm") % {"n": minutes}
    if minutes < 24 * 60:
        hours = pgettext("hours", "%(n)sh") % {"n": minutes // 60}
        rest = pgettext("minutes", "%(n)sm") % {"n": minutes % 60} if minutes % 60 and minutes < 600 else ""
        return f"{hours} {rest}".strip()
    return pgettext("days", "%(n)sd") % {"n": minutes // 1440}


def short_age(age: timedelta, at: datetime) -> str:
    """An age for a narrow column: the date once it is older than a week."""
    if age < timedelta(minutes=1):
        return gettext("now")
    if age < timedelta(hours=1):
        return pgettext("minutes", "%(n)sm") % {"n": int(age.total_seconds() // 60)}
    if age < timedelta(days=1):
        return pgettext("hours", "%(n)sh") % {"n": int(age.total_seconds() // 3600)}
    if age < timedelta(days=7):
        return pgettext("days", "%(n)sd") % {"n": age.days}
    return _narrow_date(timezone.localtime(at))


def _narrow_date(local: datetime) -> str:
    same_year = local.year == timezone.localdate().year
    return formats.date_format(local, "MONTH_DAY_FORMAT" if same_year else "YEAR_MONTH_FORMAT")
