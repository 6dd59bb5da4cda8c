"""Rules over HTTP: edit, publish, restore, lint, and ask where a text would go."""

from __future__ import annotations

from typing import Any, cast

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from routing import rulesets, trying
from routing.api_shapes import (
    Order,
    PageOfRules,
    PageOfVersions,
    PublishGiven,
    RouteGiven,
    RuleGiven,
    RuleShape,
    VersionShape,
    Yaml,
)
from routing.errors import InvalidRules, NoSuchRule, NoSuchVersion
from routing.findings import findings
from routing.models import Rule, RulesetVersion
from routing.permissions import EditAll, ReadOrEdit, hidden_teams, visible_rules
from teams.api_errors import PROBLEMS, WRITING
from teams.api_fields import Given, check, misfit
from teams.errors import Invalid
from teams.models import User
from teams.moments import in_json

PAGE, LARGEST_PAGE = 200, 1_000
SIZES = ("size", "page_size", "limit")
CURSOR = OpenApiParameter("cursor", OpenApiTypes.STR, description="Where the page begins, as `next` says.")
SIZE = OpenApiParameter("size", OpenApiTypes.INT, description=f"Rows on a page, at most {LARGEST_PAGE}.")


def rule_json(rule: Rule) -> dict[str, Any]:
    return {**rule.to_json(), "position": rule.position, "updated_at": in_json(rule.updated_at)}


def version_json(version: RulesetVersion, *, whole: bool = False) -> dict[str, Any]:
    shown = {
        "version": version.number,
        "published_by": version.published_by.username if version.published_by else None,
        "published_at": in_json(version.published_at),
        "note": version.note,
        "rules": len(version.document["rules"]),
    }
    return {**shown, "document": version.document} if whole else shown


def _number(request: Request, name: str, default: int, smallest: int, largest: int) -> int:
    value = request.query_params.get(name, str(default))
    if not (value.isascii() and value.isdecimal() and smallest <= int(value[:9]) <= largest):
        wanted = _("Give a number from %(smallest)s to %(largest)s.")
        raise Invalid(**{name: wanted % {"smallest": smallest, "largest": largest}})
    return int(value)


def _page(request: Request, rows: Any, show: Any) -> Response:
    """Rows in their own order; the cursor is how many come before."""
    for name in sorted(set(request.query_params) - {"cursor", "format", *SIZES}):
        raise Invalid(**{name: _("There is no such filter.")})
    size_name = next((name for name in SIZES if name in request.query_params), SIZES[0])
    start, size = _number(request, "cursor", 0, 0, 10**8), _number(request, size_name, PAGE, 1, LARGEST_PAGE)
    found = list(rows[start : start + size + 1])
    after = start + size if len(found) > size else None
    before = max(0, start - size) if start else None
    return Response(
        {
            "results": [show(row) for row in found[:size]],
            "next": _address(request, after),
            "previous": _address(request, before),
        }
    )


def _address(request: Request, cursor: int | None) -> str | None:
    if cursor is None:
        return None
    query = request.query_params.copy()
    query["cursor"] = str(cursor)
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")


def _who(request: Request) -> User:
    return cast(User, request.user)


def _body(request: Request) -> dict[str, Any]:
    if not isinstance(request.data, dict):
        raise Invalid(rule=_("A rule is an object with a name."))
    wrong = {name: misfit(field, request.data.get(name)) for name, field in RuleGiven().fields.items()}
    if any(wrong.values()):
        raise Invalid(**{name: words for name, words in wrong.items() if words})
    return {name: value for name, value in request.data.items() if name not in ("id", "updated_at", "created_at")}


def _visible(request: Request, pk: int) -> Rule:
    rule = visible_rules(request.user).filter(pk=pk).first()
    if rule is None:
        raise NoSuchRule(pk)
    return rule


def _may_send_to(request: Request, body: dict[str, Any]) -> None:
    """A private team that one cannot see does not exist, here as anywhere."""
    team = body.get("team")
    if isinstance(team, str) and team in set(hidden_teams(request.user).values_list("slug", flat=True)):
        raise Invalid(team=_("There is no team “%(team)s”.") % {"team": team})


class RuleList(APIView):
    permission_classes = [ReadOrEdit]

    @extend_schema(operation_id="rules_list", parameters=[CURSOR, SIZE], responses={200: PageOfRules, **PROBLEMS})
    def get(self, request: Request) -> Response:
        """The rules as they are being edited, in order. What is in force is the newest version."""
        return _page(request, visible_rules(request.user), rule_json)

    @extend_schema(operation_id="rules_create", request=RuleGiven, responses={201: RuleShape, **WRITING})
    def post(self, request: Request) -> Response:
        """Add a rule. A new rule is live unless it says otherwise; it acts once the rules are published."""
        body = {"state": Rule.State.LIVE, **_body(request)}
        _may_send_to(request, body)
        return Response(rule_json(rulesets.create_rule(body)), status=201)


class RuleDetail(APIView):
    permission_classes = [ReadOrEdit]

    @extend_schema(operation_id="rules_get", responses={200: RuleShape, **PROBLEMS})
    def get(self, request: Request, pk: int) -> Response:
        return Response(rule_json(_visible(request, pk)))

    @extend_schema(operation_id="rules_update", request=RuleGiven, responses={200: RuleShape, **WRITING})
    def patch(self, request: Request, pk: int) -> Response:
        """Change the given fields; `position` moves the rule."""
        body = _body(request)
        _visible(request, pk)
        _may_send_to(request, body)
        return Response(rule_json(rulesets.update_rule(pk, body)))

    @extend_schema(operation_id="rules_delete", responses={204: None, **WRITING})
    def delete(self, request: Request, pk: int) -> Response:
        rulesets.delete_rule(_visible(request, pk).pk)
        return Response(status=204)


class RuleOrder(APIView):
    permission_classes = [ReadOrEdit]

    @extend_schema(operation_id="rules_reorder", request=Order, responses={204: None, **WRITING})
    def post(self, request: Request) -> Response:
        """Put the named rules in this order, in the places that they hold among all."""
        wanted = check(Order, request.data)["rules"]
        if visible_rules(request.user).filter(pk__in=wanted).count() != len(wanted):
            raise Invalid(rules=_("Name existing rules, each once."))
        rulesets.reorder(wanted)
        return Response(status=204)


class Publish(APIView):
    permission_classes = [EditAll]

    @extend_schema(operation_id="rules_publish", request=PublishGiven, responses={201: VersionShape, **WRITING})
    def post(self, request: Request) -> Response:
        """Make the rules as they stand a new version. Workers take it up within two seconds."""
        given = check(PublishGiven, request.data)
        return Response(version_json(rulesets.publish(by=_who(request), note=given["note"])), status=201)


class Versions(APIView):
    permission_classes = [EditAll]

    @extend_schema(operation_id="versions_list", parameters=[CURSOR, SIZE], responses={200: PageOfVersions, **PROBLEMS})
    def get(self, request: Request) -> Response:
        """Every version ever published, newest first."""
        return _page(request, RulesetVersion.objects.select_related("published_by"), version_json)


class Version(APIView):
    permission_classes = [EditAll]

    @extend_schema(operation_id="versions_get", responses={200: VersionShape, **PROBLEMS})
    def get(self, request: Request, number: int) -> Response:
        """One version with its whole document."""
        version = RulesetVersion.objects.filter(number=number).select_related("published_by").first()
        if version is None:
            raise NoSuchVersion(number)
        return Response(version_json(version, whole=True))


class Restore(APIView):
    permission_classes = [EditAll]

    @extend_schema(operation_id="versions_restore", request=Given, responses={201: VersionShape, **WRITING})
    def post(self, request: Request, number: int) -> Response:
        """Bring the rules of a version back and publish them as a new one."""
        check(Given, request.data)
        return Response(version_json(rulesets.restore(number, by=_who(request))), status=201)


class Exchange(APIView):
    permission_classes = [EditAll]

    @extend_schema(operation_id="rules_export", responses={200: Yaml, **PROBLEMS})
    def get(self, request: Request) -> Response:
        """The rules as YAML."""
        return Response({"yaml": rulesets.export_yaml()})

    @extend_schema(operation_id="rules_import", request=Yaml, responses={201: VersionShape, **WRITING})
    def post(self, request: Request) -> Response:
        """Replace all rules by those of a YAML document and publish; all or nothing."""
        text = check(Yaml, request.data)["yaml"]
        try:
            version = rulesets.import_yaml(text, by=_who(request))
        except InvalidRules as error:
            raise error.within("yaml") from None
        return Response(version_json(version), status=201)


class Lint(APIView):
    permission_classes = [EditAll]

    @extend_schema(operation_id="rules_lint", responses={200: OpenApiTypes.OBJECT, **PROBLEMS})
    def get(self, request: Request) -> Response:
        """What is wrong with the rules as a whole: each finding names the rules and the words."""
        return Response({"results": [finding.to_json() for finding in findings()]})


class Route(APIView):
    permission_classes = [IsAuthenticated]

    @extend_schema(operation_id="route", request=RouteGiven, responses={200: OpenApiTypes.OBJECT, **WRITING})
    def post(self, request: Request) -> Response:
        """Where a message would go, and why. Nothing is stored.

        `draft: true` asks the rules as they are being edited; `explain` names a rule to be told, check
        by check, why it matched or did not.
        """
        given = check(RouteGiven, request.data)
        return Response(trying.route(given, viewer=request.user))
