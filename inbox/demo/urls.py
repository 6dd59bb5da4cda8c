"""Where the demo's own replies go."""

from __future__ import annotations

from django.urls import path

from inbox.demo import platforms

urlpatterns = [
    path("app/<str:key>/", platforms.app, name="demo-app"),
    path("bot-api/bot<str:token>/sendMessage", platforms.bot_api, name="demo-bot-api"),
]
