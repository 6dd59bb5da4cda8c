"""How much a request may bring is seen to while it comes in, and what is too much is said in words."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from django.test import RequestFactory

from config import bodies
from config.bodies import Counted, most

FILES, ANSWER = "/items/7/files/", "/items/7/answer/"


class Client:
    """Sends its body in pieces, and then goes. Knows how much was taken from it."""

    def __init__(self, *pieces: int) -> None:
        self.pieces = list(pieces)
        self.taken = self.beyond = 0

    async def __call__(self) -> dict[str, Any]:
        if not self.pieces:
            self.beyond += 1  # a real client would keep us waiting here until it goes
            return {"type": "http.disconnect"}
        size = self.pieces.pop(0)
        self.taken += size
        return {"type": "http.request", "body": b"x" * size, "more_body": bool(self.pieces)}


def received(path: str, client: Client, **headers: str) -> tuple[int, dict[str, Any]]:
    """How many bytes Django gets to see, and what the scope says afterwards."""
    given = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope: dict[str, Any] = {"type": "http", "path": path, "headers": given}

    async def read() -> int:
        receive, size = Counted(scope, client), 0
        while True:
            message = await receive()
            size += len(message.get("body", b""))
            if not message.get("more_body"):
                assert client.beyond == 0
                assert (await receive())["type"] == "http.disconnect"
                return size

    return asyncio.run(read()), scope


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, size in {"ONE_FILE": 100, "WHOLE_REPLY": 200, "OTHERS": 50, "MOST_LET_GO": 400}.items():
        monkeypatch.setattr(bodies, name, size)


@pytest.mark.parametrize(("path", "limit"), [(FILES, 100), (ANSWER, 200), ("/items/7/claim/", 50), ("/api/v1/", 50)])
def test_each_door_has_its_limit(path: str, limit: int) -> None:
    assert most(path) == limit
    whole, scope = received(path, Client(limit - 10, 10))
    assert (whole, bodies.TOO_LARGE in scope) == (limit, False)
    _seen, scope = received(path, Client(limit - 10, 11))
    assert scope[bodies.TOO_LARGE] == limit


def test_the_limits_hold_the_largest_file_and_the_form_around_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert most(FILES) == 21 * 1024 * 1024
    assert most(ANSWER) == 61 * 1024 * 1024
    assert most("/items/7/files/x/") == most("/anything/") == 4 * 1024 * 1024


def test_a_body_that_announces_too_much_is_never_handed_on() -> None:
    client = Client(60, 60)
    seen, scope = received(FILES, client, content_length="120")
    assert (seen, scope[bodies.TOO_LARGE], client.taken) == (0, 100, 120)


def test_one_that_waits_for_our_word_is_not_even_read() -> None:
    seen, scope = received(FILES, Client(), content_length="120", expect="100-continue")
    assert (seen, scope[bodies.TOO_LARGE]) == (0, 100)


def test_a_chunked_body_is_cut_off_where_it_becomes_too_much() -> None:
    client = Client(60, 60, 60)
    seen, scope = received(FILES, client)
    assert (seen, scope[bodies.TOO_LARGE], client.taken) == (60, 100, 180)


def test_no_more_than_so_much_is_read_past() -> None:
    client = Client(*[60] * 50)
    got: list[int] = []
    original = client.__call__

    async def counted() -> dict[str, Any]:
        message = await original()
        got.append(client.taken)
        return message

    scope: dict[str, Any] = {"type": "http", "path": FILES, "headers": []}

    async def read() -> None:
        receive = Counted(scope, counted)
        while (await receive()).get("more_body"):
            continue

    asyncio.run(read())
    assert got[-1] == 420  # the first piece over 400, of 3,000


@pytest.fixture
def client_told(rf: RequestFactory) -> Callable[..., Any]:
    def told(path: str, **headers: str) -> Any:
        request = rf.post(path, headers=headers)
        request.scope = {bodies.TOO_LARGE: 21 * 1024 * 1024}  # type: ignore[attr-defined]
        request.htmx = "HX-Request" in headers  # type: ignore[attr-defined]

        def page(_request: Any) -> Any:
            raise AssertionError("the page was asked for all the same")

        return bodies.TooLargeMiddleware(page)(request)

    return told


@pytest.mark.django_db
def test_the_answer_names_the_limit(client_told: Callable[..., Any]) -> None:
    answer = client_told(FILES, **{"HX-Request": "true"})
    assert answer.status_code == 413
    words = "What was sent is larger than 21.0 MB, the most that can come at once."
    assert words in answer.content.decode().replace("\xa0", " ")
    api = client_told("/api/v1/items/")
    assert (api.status_code, api["content-type"]) == (413, "application/json")
    assert b'"code": "too_large"' in api.content
