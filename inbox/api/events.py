"""Raw deliveries over HTTP, for admins: look at what came in, and try once more what died."""

from __future__ import annotations

import base64
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from inbox import events
from inbox.api.given import PAGING, SIZES, Nothing, page_size
from inbox.api.items import viewer
from inbox.api.numbered import page_by_number
from inbox.api.paging import page_of, paged
from inbox.models import Event
from inbox.selectors.filters import refuse_unknown
from teams.api_errors import PROBLEMS, WRITING
from teams.api_fields import Moment, check
from teams.errors import Invalid

FILTERS = [
    OpenApiParameter("state", OpenApiTypes.STR, enum=list(Event.State.values)),
    OpenApiParameter("connection", OpenApiTypes.INT),
    *PAGING,
]


class EventShape(serializers.Serializer[Event]):
    id = serializers.IntegerField(source="pk")
    connection = serializers.IntegerField(source="connection_id")
    delivery_key = serializers.CharField()
    state = serializers.ChoiceField(Event.State.choices)
    reason = serializers.CharField(allow_blank=True)
    attempts = serializers.IntegerField()
    received_at = Moment()
    settled_at = Moment(allow_null=True)


class FullEventShape(EventShape):
    """Also the request itself. `body` is its text as far as it is UTF-8; `body_base64` is every byte."""

    headers = serializers.DictField()
    query = serializers.CharField(allow_blank=True)
    body = serializers.SerializerMethodField()
    body_base64 = serializers.SerializerMethodField()

    def get_body(self, event: Event) -> str:
        return bytes(event.body).decode("utf-8", "replace")

    def get_body_base64(self, event: Event) -> str:
        return base64.b64encode(bytes(event.body)).decode()


class EventList(APIView):
    @extend_schema(operation_id="events_list", parameters=FILTERS, responses={200: page_of(EventShape), **PROBLEMS})
    def get(self, request: Request) -> Response:
        """Deliveries, newest first, such as `?state=dead`."""
        query = request.query_params
        rows = events.events_for(viewer(request)).defer("body", "headers", "query")
        refuse_unknown(query, known=frozenset({"state", "connection", "cursor", *SIZES}))
        if query.get("state"):
            rows = rows.filter(state=_state(query["state"]))
        if query.get("connection"):
            rows = rows.filter(connection=_number(query["connection"]))
        page = page_by_number(rows, query.get("cursor"), page_size(query, default=50, largest=200))
        return paged(request, _rows(page.rows), onward=page.onward, back=page.back)


class EventDetail(APIView):
    @extend_schema(operation_id="events_retrieve", responses={200: FullEventShape, **PROBLEMS})
    def get(self, request: Request, pk: int) -> Response:
        """One delivery as it was received; secrets in its headers were taken out before it was stored."""
        return Response(FullEventShape(events.find_event(pk, viewer(request))).data)


class Replay(APIView):
    @extend_schema(operation_id="events_replay", request=Nothing, responses={200: EventShape, **WRITING})
    def post(self, request: Request, pk: int) -> Response:
        """Work a delivery once more. What it brought before is not brought twice."""
        check(Nothing, request.data)
        return Response(EventShape(events.replay(event=pk, by=viewer(request))).data)


def _rows(events: Any) -> Any:
    return EventShape(events, many=True).data


def _state(value: str) -> str:
    if value not in Event.State.values:
        raise Invalid(state=_("Choose from %(choices)s.") % {"choices": ", ".join(Event.State.values)})
    return value


def _number(value: str) -> int:
    if not (value.isascii() and value.isdecimal() and len(value) < 19):
        raise Invalid(connection=_("Give a number."))
    return int(value)
