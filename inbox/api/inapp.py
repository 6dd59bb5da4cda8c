"""Messages of a company's own app over HTTP, for programs that hold an admin's token."""

from __future__ import annotations

from typing import Any, cast

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from connectors.base import Kind
from inbox import inapp
from inbox.api.items import viewer
from inbox.models import Event
from teams.api_errors import WRITING
from teams.api_fields import Given, Moment, check

LONGEST_ID = 512


class AuthorGiven(Given):
    """Who wrote it: `id` is the person's own in your app, and joins what they write into one contact."""

    id = serializers.CharField(max_length=LONGEST_ID, trim_whitespace=False)
    handle = serializers.CharField(required=False, allow_null=True, allow_blank=True, max_length=255)
    name = serializers.CharField(required=False, allow_null=True, allow_blank=True, max_length=255)
    avatar = serializers.CharField(required=False, allow_null=True, allow_blank=True, max_length=2000)


class FileGiven(Given):
    """A file by `url`, or its bytes in base64 as `content`."""

    url = serializers.CharField(required=False, max_length=2000)
    content = serializers.CharField(required=False)
    type = serializers.CharField(required=False, allow_blank=True, max_length=100)
    name = serializers.CharField(required=False, allow_blank=True, max_length=255)


class MessageGiven(Given):
    """The same form as at the generic door. An edit names `id` and `text`, a deletion `id`."""

    id = serializers.CharField(max_length=LONGEST_ID, trim_whitespace=False)
    thread = serializers.CharField(required=False, allow_null=True, max_length=LONGEST_ID, trim_whitespace=False)
    parent = serializers.CharField(  # type: ignore[assignment]  # its metaclass takes the fields out of the class
        required=False, allow_null=True, max_length=LONGEST_ID, trim_whitespace=False
    )
    event = serializers.ChoiceField(["create", "edit", "delete"], required=False)
    kind = serializers.ChoiceField([each.value for each in Kind], required=False)
    text = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False)
    author = AuthorGiven(required=False)
    at = Moment(required=False)
    url = serializers.CharField(required=False, allow_null=True, max_length=2000)
    rating = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=5)
    language = serializers.CharField(required=False, allow_null=True, max_length=16)
    media = FileGiven(many=True, required=False)
    outbound = serializers.BooleanField(required=False)
    reply_key = serializers.CharField(required=False, allow_null=True, max_length=100)


class TakenShape(serializers.Serializer[inapp.Taken]):
    """`event` carries the message; `events/{event}/` tells what became of it."""

    event = serializers.IntegerField(source="event.pk")
    state = serializers.ChoiceField(Event.State.choices, source="event.state")
    known = serializers.BooleanField(source="is_known")


class Messages(APIView):
    @extend_schema(
        operation_id="connections_messages",
        request=MessageGiven,
        responses={200: TakenShape, 201: TakenShape, **WRITING},
    )
    def post(self, request: Request, pk: int) -> Response:
        """A customer wrote in your own app: 201 when it is stored, 200 when this object has come before."""
        check(MessageGiven, request.data)
        taken = inapp.take(connection=pk, message=cast("dict[str, Any]", request.data), by=viewer(request))
        return Response(TakenShape(taken).data, status=200 if taken.is_known else 201)
