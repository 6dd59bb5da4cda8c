"""The map of the HTTP surface. Hooks and live updates are answered in config/asgi.py, before Django."""

from django.urls import include, path

urlpatterns = [
    path("api/v1/", include("config.api")),
    path("demo/", include("inbox.demo.urls")),
    path("", include("insights.urls")),
    path("", include("routing.urls")),
    path("", include("teams.urls")),
    path("", include("inbox.urls")),
]
