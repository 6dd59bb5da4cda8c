"""Teams, oneself and one's tokens over HTTP."""

from __future__ import annotations

from typing import Any, cast

from django.db.models import Prefetch
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from teams.api_errors import PROBLEMS, WRITING
from teams.api_fields import Given, Moment, check
from teams.errors import NotFound
from teams.models import ApiToken, Membership, Team, User
from teams.tokens import create_token

MOST_TOKENS = 200


class MemberShape(serializers.Serializer[Membership]):
    username = serializers.CharField(source="user.username")
    name = serializers.CharField(source="user.name")
    role = serializers.ChoiceField(Membership.Role.choices)


class TeamShape(serializers.Serializer[Team]):
    slug = serializers.CharField()
    name = serializers.CharField()
    hue = serializers.IntegerField(allow_null=True, help_text="In degrees; null is neutral.")
    is_private = serializers.BooleanField()
    is_fallback = serializers.BooleanField()
    members = MemberShape(many=True, source="memberships")


class MeShape(serializers.Serializer[User]):
    username = serializers.CharField()
    name = serializers.CharField()
    is_admin = serializers.BooleanField()
    time_zone = serializers.CharField()
    language = serializers.CharField()
    teams = serializers.SerializerMethodField()

    def get_teams(self, user: User) -> list[str]:
        return list(user.teams.order_by("slug").values_list("slug", flat=True))


class TokenShape(serializers.Serializer[ApiToken]):
    id = serializers.IntegerField(source="pk")
    name = serializers.CharField(allow_blank=True)
    created_at = Moment()
    last_used_at = Moment(allow_null=True)


class NewTokenShape(TokenShape):
    token = serializers.CharField(help_text="Shown this once.")


class NewToken(Given):
    name = serializers.CharField(required=False, allow_blank=True, max_length=80, default="")


def listed(shape: type[serializers.Serializer[Any]]) -> serializers.Serializer[Any]:
    """The schema of a list that is short enough for one page."""
    fields: dict[str, serializers.Field[Any, Any, Any, Any]] = {
        "results": shape(many=True),
        "next": serializers.URLField(allow_null=True),
        "previous": serializers.URLField(allow_null=True),
    }
    return inline_serializer(f"ListOf{shape.__name__}", fields)


class TeamList(APIView):
    @extend_schema(operation_id="teams_list", responses={200: listed(TeamShape), **PROBLEMS})
    def get(self, request: Request) -> Response:
        """The teams that you may look into, and who is in them."""
        people = Membership.objects.filter(user__is_active=True).select_related("user").order_by("user__username")
        rows: Any = Team.objects.visible_to(request.user).open()
        return _all(TeamShape(rows.prefetch_related(Prefetch("memberships", people)), many=True).data)


class Me(APIView):
    @extend_schema(operation_id="me", responses={200: MeShape, **PROBLEMS})
    def get(self, request: Request) -> Response:
        """Who you are here."""
        return Response(MeShape(cast(User, request.user)).data)


class Tokens(APIView):
    @extend_schema(operation_id="tokens_list", responses={200: listed(TokenShape), **PROBLEMS})
    def get(self, request: Request) -> Response:
        """Your tokens that still work. Their text is not kept anywhere."""
        return _all(TokenShape(_mine(request).order_by("-pk")[:MOST_TOKENS], many=True).data)

    @extend_schema(operation_id="tokens_create", request=NewToken, responses={201: NewTokenShape, **WRITING})
    def post(self, request: Request) -> Response:
        """A new token; its text is in this answer and nowhere else."""
        name = check(NewToken, request.data)["name"]
        text = create_token(cast(User, request.user), name=name)
        row = _mine(request).order_by("-pk")[0]
        return Response({**TokenShape(row).data, "token": text}, status=201)


class Token(APIView):
    @extend_schema(operation_id="tokens_delete", responses={204: None, **PROBLEMS})
    def delete(self, request: Request, pk: int) -> Response:
        """The token stops working at once."""
        if not _mine(request).filter(pk=pk).update(revoked_at=timezone.now()):
            raise NotFound(_("There is no such token."))
        return Response(status=204)


def _mine(request: Request) -> Any:
    return ApiToken.objects.filter(user=cast(User, request.user), revoked_at=None)


def _all(rows: Any) -> Response:
    return Response({"results": rows, "next": None, "previous": None})
