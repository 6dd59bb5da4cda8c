"""The addresses of the API's rules part."""

from __future__ import annotations

from django.urls import path

from routing import api

urlpatterns = [
    path("rules/", api.RuleList.as_view(), name="rules"),
    path("rules/<int:pk>/", api.RuleDetail.as_view(), name="rule"),
    path("rules/order/", api.RuleOrder.as_view(), name="rules-order"),
    path("rules/publish/", api.Publish.as_view(), name="rules-publish"),
    path("rules/lint/", api.Lint.as_view(), name="rules-lint"),
    path("rules/yaml/", api.Exchange.as_view(), name="rules-yaml"),
    path("rules/versions/", api.Versions.as_view(), name="versions"),
    path("rules/versions/<int:number>/", api.Version.as_view(), name="version"),
    path("rules/versions/<int:number>/restore/", api.Restore.as_view(), name="version-restore"),
    path("route/", api.Route.as_view(), name="route"),
]
