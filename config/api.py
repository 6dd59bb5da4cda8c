"""The whole API under one roof: every app's part, its schema, and an answer to addresses that do not exist."""

from __future__ import annotations

from django.urls import include, path
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

    def _refuse(self, request: Request, rest: str) -> Response:
        raise NotFound(_("There is nothing at this address."))


app_name = "api"
urlpatterns = [
    path("schema/", Schema.as_view(), name="schema"),
    path("", include("teams.api_urls")),
    path("", include("routing.api_urls")),
    path("", include("inbox.api.urls")),
    path("<path:rest>", Nowhere.as_view(), name="nowhere"),
]
