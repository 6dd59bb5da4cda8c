"""The whole API under one roof: every app's part, its schema, and an answer to addresses that do not exist."""

from __future__ import annotations

from django.urls import Resolver404, include, path, resolve
from django.utils.translation import gettext as _
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from teams.errors import NotFound


class Schema(SpectacularAPIView):
    """The OpenAPI document, as JSON unless YAML is asked for."""

    renderer_classes = [OpenApiJsonRenderer, OpenApiYamlRenderer]
    permission_classes = [AllowAny]


@extend_schema(exclude=True)
class Nowhere(APIView):
    """JSON, not a page, for whoever asks for an address that the API does not have."""

    def dispatch(self, request: Request, *args: object, **kwargs: object) -> Response:  # type: ignore[override]
        self.http_method_names = [str(request.method).lower()]
        setattr(self, self.http_method_names[0], self._refuse)
        return super().dispatch(request, *args, **kwargs)  # type: ignore[return-value]

    def _refuse(self, request: Request, rest: str = "") -> Response:
        with_slash = f"{request.path}/"
        if request.path.endswith("/") or _view_at(with_slash) in {None, Nowhere}:
            raise NotFound(_("There is nothing at this address."))
        query = request.META.get("QUERY_STRING", "")
        return Response(
            {"detail": _("This address ends with a slash."), "code": "moved"},
            status=308,  # with method and body
            headers={"Location": f"{with_slash}?{query}" if query else with_slash},
        )


def _view_at(path: str) -> type | None:
    try:
        return getattr(resolve(path).func, "view_class", None)
    except Resolver404:
        return None


app_name = "api"
urlpatterns = [
    path("schema/", Schema.as_view(), name="schema"),
    path("", include("teams.api_urls")),
    path("", include("routing.api_urls")),
    path("", include("inbox.api.urls")),
    path("", Nowhere.as_view(), name="top"),
    path("<path:rest>", Nowhere.as_view(), name="nowhere"),
]
