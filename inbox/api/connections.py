"""Connections over HTTP: where messages come from. Secrets are never said, not even to admins."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from inbox import connections
from inbox.api.given import PAGING, SIZES, page_size
from inbox.api.items import viewer
from inbox.api.numbered import page_by_number
from inbox.api.paging import page_of, paged
from inbox.models import Connection
from inbox.selectors.filters import refuse_unknown
from teams.api_errors import PROBLEMS
from teams.api_fields import Moment
from teams.models import Team


class ConnectionShape(serializers.Serializer[Connection]):
    """What everybody who works here may know. Admins also see the fields that are optional here."""

    id = serializers.IntegerField(source="pk")
    kind = serializers.CharField()
    name = serializers.CharField()
    state = serializers.ChoiceField(Connection.State.choices)
    last_event_at = Moment(allow_null=True)


class AdminConnectionShape(ConnectionShape):
    key = serializers.CharField(required=False)
    url = serializers.SerializerMethodField(required=False)
    external_id = serializers.CharField(allow_blank=True, required=False)
    settings = serializers.DictField(required=False)
    secrets = serializers.SerializerMethodField(required=False, help_text="The names of the secrets that are set.")
    last_error = serializers.CharField(allow_blank=True, required=False)
    last_error_at = Moment(allow_null=True, required=False)
    created_at = Moment(required=False)

    def get_url(self, connection: Connection) -> str:
        return connections.url_of(connection)

    def get_secrets(self, connection: Connection) -> list[str]:
        return sorted({secret.name for secret in connection.secrets.all()})


class ConnectionList(APIView):
    @extend_schema(
        operation_id="connections_list",
        parameters=PAGING,
        responses={200: page_of(AdminConnectionShape), **PROBLEMS},
    )
    def get(self, request: Request) -> Response:
        """All connections, newest first. Whoever is in no team sees none."""
        query, by = request.query_params, viewer(request)
        refuse_unknown(query, known=frozenset({"cursor", *SIZES}))
        rows = Connection.objects.prefetch_related("secrets") if by.is_admin else Connection.objects.all()
        if not Team.objects.visible_to(by).exists():
            rows = rows.none()
        size = page_size(query, default=50, largest=200)
        page = page_by_number(rows.order_by("-pk"), query.get("cursor"), size)
        shape: type[serializers.Serializer[Any]] = AdminConnectionShape if by.is_admin else ConnectionShape
        return paged(request, shape(page.rows, many=True).data, onward=page.onward, back=page.back)
