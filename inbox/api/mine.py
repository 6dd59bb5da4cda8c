"""What concerns the person who asks: notifications, what they handed over, whether they are away."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from inbox import notify, relay
from inbox.api.items import viewer
from inbox.models import Handoff, Item, Notification
from teams import attendance
from teams.api_errors import PROBLEMS, WRITING
from teams.api_fields import Given, check
from teams.models import User

MOST = 100  # rows


class NotificationShape(serializers.Serializer[Any]):
    """It is about an item or, to an admin, about a connection."""

    id = serializers.IntegerField()
    item = serializers.IntegerField(source="item_id", allow_null=True)
    connection = serializers.IntegerField(source="connection_id", allow_null=True)
    topic = serializers.CharField()
    text = serializers.CharField()
    at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True)


class NotificationsShape(serializers.Serializer[Any]):
    unread = serializers.IntegerField()
    results = NotificationShape(many=True)


class ReadGiven(Given):
    id = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)


class SentShape(serializers.Serializer[Any]):
    """A handoff of mine. `item` is null when it lies with a private team where I cannot look."""

    id = serializers.IntegerField()
    item = serializers.IntegerField(allow_null=True)
    team = serializers.CharField()
    reason = serializers.CharField()
    outcome = serializers.CharField()
    at = serializers.DateTimeField()
    settled_at = serializers.DateTimeField(allow_null=True)
    return_reason = serializers.CharField()


class AwayGiven(Given):
    away = serializers.BooleanField()


class AwayShape(serializers.Serializer[Any]):
    away_since = serializers.DateTimeField(allow_null=True)


class Notifications(APIView):
    @extend_schema(operation_id="notifications_list", responses={200: NotificationsShape, **PROBLEMS})
    def get(self, request: Request) -> Response:
        """Your newest notifications, and how many of all are unread."""
        by = viewer(request)
        rows: QuerySet[Notification] = notify.visible(by).order_by("-pk")[:MOST]
        return Response(NotificationsShape({"unread": notify.unread(by), "results": rows}).data)

    @extend_schema(operation_id="notifications_read", request=ReadGiven, responses={200: NotificationsShape, **WRITING})
    def post(self, request: Request) -> Response:
        """Mark one as read, or, without an `id`, all."""
        notify.mark_read(by=viewer(request), notification=check(ReadGiven, request.data).get("id"))
        return self.get(request)


class Sent(APIView):
    @extend_schema(operation_id="handoffs_list", responses={200: SentShape(many=True), **PROBLEMS})
    def get(self, request: Request) -> Response:
        """What you have handed over, newest first, and what came of it."""
        return Response(SentShape(followed(viewer(request)), many=True).data)


class Away(APIView):
    @extend_schema(operation_id="me_away", request=AwayGiven, responses={200: AwayShape, **WRITING})
    def post(self, request: Request) -> Response:
        """Say that you are away, or back. Nothing new is given to who is away."""
        person = attendance.set_away(person=viewer(request), away=check(AwayGiven, request.data)["away"])
        return Response(AwayShape(person).data)


def followed(person: User) -> list[dict[str, Any]]:
    rows = list(relay.sent_by(person)[:MOST])
    visible = set(
        Item.objects.visible_to(person).filter(pk__in=[row.item_id for row in rows]).values_list("pk", flat=True)
    )
    return [_followed(row, sees=row.item_id in visible) for row in rows]


def _followed(row: Handoff, *, sees: bool) -> dict[str, Any]:
    """Of an item that went where its sender cannot look they learn which team it is with."""
    return {
        "id": row.pk,
        "item": row.item_id if sees else None,
        "team": row.to_team.slug,
        "reason": row.reason,
        "outcome": row.outcome if sees else "with_team",
        "at": row.at,
        "settled_at": row.settled_at if sees else None,
        "return_reason": row.return_reason if sees else "",
    }
