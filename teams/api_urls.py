"""The addresses of the API's people part."""

from __future__ import annotations

from django.urls import path

from teams.api import Me, TeamList, Token, Tokens

urlpatterns = [
    path("teams/", TeamList.as_view(), name="teams"),
    path("me/", Me.as_view(), name="me"),
    path("tokens/", Tokens.as_view(), name="tokens"),
    path("tokens/<int:pk>/", Token.as_view(), name="token"),
]
