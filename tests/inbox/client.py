"""Talking to the API as somebody."""

from __future__ import annotations

from functools import partial
from typing import Any

from rest_framework.test import APIClient

from teams.models import User
from teams.tokens import create_token


class Api:
    """The API as one person's program sees it: a real token, real middleware, JSON in and out."""

    def __init__(self, user: User | None = None) -> None:
        self.client = APIClient(raise_request_exception=True)
        if user:
            self.client.credentials(HTTP_AUTHORIZATION=f"Bearer {create_token(user)}")
        self.get = partial(self._ask, "get")
        self.post = partial(self._ask, "post")
        self.delete = partial(self._ask, "delete")

    def _ask(self, method: str, path: str, body: Any = None, *, expect: int = 200, **headers: str) -> Any:
        options = {} if method == "get" else {"format": "json"}
        address = path if path.startswith("http") else f"/api/v1/{path}"
        response = getattr(self.client, method)(address, body, headers=headers, **options)
        assert response.status_code == expect, (response.status_code, response.content[:1000])
        return response.json() if response.content else None
