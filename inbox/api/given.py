"""What the API takes: the bodies of its writes and the filters of its lists."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from inbox.models import Item
from inbox.models.item import Kind
from inbox.queue import NOTE_LENGTH, REASON_LENGTH
from inbox.selectors import filters
from teams.api_fields import Given, Moment
from teams.errors import Invalid

LARGEST_VERSION = 2**31 - 1


class Seen(Given):
    """`version` is the item's version that you acted on; when the item is newer, the answer is 409 stale."""

    version = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=LARGEST_VERSION)


class HandOff(Seen):
    team = serializers.CharField(max_length=50)
    reason = serializers.CharField(max_length=REASON_LENGTH)
    note = serializers.CharField(required=False, allow_blank=True, max_length=NOTE_LENGTH, default="")
    person = serializers.CharField(required=False, allow_null=True, max_length=150, default=None)


class Return(Seen):
    reason = serializers.CharField(max_length=REASON_LENGTH)
    note = serializers.CharField(required=False, allow_blank=True, max_length=NOTE_LENGTH, default="")


class Snooze(Seen):
    until = Moment()


class Note(Seen):
    text = serializers.CharField(max_length=NOTE_LENGTH, trim_whitespace=False)


class Reply(Seen):
    text = serializers.CharField(trim_whitespace=False)


class Nothing(Given):
    """An empty body."""


def page_size(query: Any, *, default: int, largest: int) -> int:
    """`size` of a page, also under the names that other APIs give it."""
    for name in SIZES:
        value = query.get(name)
        if value is not None:
            if not (value.isascii() and value.isdecimal() and 1 <= int(value[:9]) <= largest):
                raise Invalid(**{name: _("Give a number from 1 to %(largest)s.") % {"largest": largest}})
            return int(value)
    return default


SIZES = ("size", "page_size", "limit")
PAGING = [
    OpenApiParameter("cursor", OpenApiTypes.STR, description="Where the page begins, as `next` and `previous` say."),
    OpenApiParameter("size", OpenApiTypes.INT, description="Rows on a page; also as page_size or limit."),
]
ITEM_FILTERS = [
    OpenApiParameter("team", OpenApiTypes.STR, description="A team's short name."),
    OpenApiParameter(
        "state",
        OpenApiTypes.STR,
        description=f"{', '.join(Item.State.values)}: one, or several with commas; `unfinished`; `all` (the default).",
    ),
    OpenApiParameter("assignee", OpenApiTypes.STR, description="A username, `me` or `none`."),
    OpenApiParameter(
        "q",
        OpenApiTypes.STR,
        description='Words in messages, notes and names, or an item\'s number; half words too. `"phrase"`, `-without`, '
        "and the operators from:, team:, rule:, before:, after:, is:, label:, platform:, kind:, priority:, language:, "
        "assignee:.",
    ),
    OpenApiParameter("kind", OpenApiTypes.STR, enum=list(Kind.values)),
    OpenApiParameter("platform", OpenApiTypes.STR, description="The kind of the connection, such as `generic`."),
    OpenApiParameter("connection", OpenApiTypes.INT),
    OpenApiParameter("label", OpenApiTypes.STR),
    OpenApiParameter("priority", OpenApiTypes.STR, enum=[p.name.lower() for p in Item.Priority]),
    OpenApiParameter("returned", OpenApiTypes.BOOL),
    OpenApiParameter("language", OpenApiTypes.STR),
    OpenApiParameter("rule", OpenApiTypes.STR, description="The name of the rule that brought it to its team."),
    OpenApiParameter("waits", OpenApiTypes.STR, description="The customer waits longer than this: `30m`, `4h`, `2d`."),
    OpenApiParameter("breached", OpenApiTypes.BOOL, description="A target has been missed, and its clock runs."),
    OpenApiParameter("mentioned", OpenApiTypes.BOOL, description="A note names you."),
    OpenApiParameter("unread", OpenApiTypes.BOOL, description="Something came that you have not looked at."),
    OpenApiParameter("before", OpenApiTypes.STR, description="The last message came before this day."),
    OpenApiParameter("after", OpenApiTypes.STR, description="It came on this day or after."),
    OpenApiParameter("order", OpenApiTypes.STR, enum=list(filters.ORDERS)),
    *PAGING,
]
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="Up to 100 characters. The same key is the same reply, however often it is sent. "
    "Without one, every request is a reply of its own.",
)
