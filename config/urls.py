"""The map of the HTTP surface. Hooks and live updates are answered in config/asgi.py, before Django."""

from django.urls import include, path

from inbox.views.preferences import preferences

urlpatterns = [
    path("api/v1/", include("config.api")),
    path("demo/", include("inbox.demo.urls")),
    path("", include("insights.urls")),
    path("", include("routing.urls")),
    path("", include("teams.urls")),
    # Named as if it were of teams, which draws the links to it; it shows what the inbox tells people too.
    path("preferences/", preferences, name="preferences"),
    path("", include("inbox.urls")),
]
