"""Pages under ASGI: one thread from the first middleware to the last, and nothing left with it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from io import BytesIO

import pytest
from django.core.signals import request_finished, request_started
from django.db import connection as database
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from config.pages import WATCHING, Pages
from teams.models import User

FILE = b"0123456789" * 20_000
ran: list[str] = []
together = threading.Barrier(2)


@csrf_exempt
def echo(request: HttpRequest) -> HttpResponse:
    ran.append(threading.current_thread().name)
    return HttpResponse(request.POST.get("word", "-"))


def people(_request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(User.objects.filter(username="nobody-of-that-name").count()))


def file(_request: HttpRequest) -> HttpResponseBase:
    User.objects.exists()
    return FileResponse(BytesIO(FILE), filename="file.bin")


def meet(_request: HttpRequest) -> HttpResponse:
    together.wait(timeout=30)
    return HttpResponse("met")


def broken(_request: HttpRequest) -> HttpResponse:
    raise ZeroDivisionError


views = {"echo": echo, "people": people, "file": file, "meet": meet, "broken": broken}
urlpatterns = [path(f"{name}/", view) for name, view in views.items()]
urlpatterns += [path(each.removeprefix("/"), echo) for each in WATCHING]


@pytest.fixture(autouse=True)
def pages(settings) -> Pages:
    settings.ROOT_URLCONF = __name__
    ran.clear()
    return Pages()


@pytest.fixture
def threads() -> Iterator[list[str]]:
    """The threads in which a request began and ended."""
    found: list[str] = []

    def note(**_said: object) -> None:
        found.append(threading.current_thread().name)

    request_started.connect(note)
    request_finished.connect(note)
    yield found
    request_started.disconnect(note)
    request_finished.disconnect(note)


async def ask(pages: Pages, page: str, *pieces: bytes, leaves: bool = False) -> tuple[int, bytes]:
    """The status and the whole body; (0, b"") when nothing was answered."""
    kind = (b"content-type", b"application/x-www-form-urlencoded")
    scope = {
        "type": "http",
        "method": "POST" if pieces else "GET",
        "path": page if page.startswith("/") else f"/{page}/",
        "query_string": b"",
        "headers": [(b"host", b"127.0.0.1"), kind, (b"content-length", str(len(b"".join(pieces))).encode())],
    }
    told = [{"type": "http.request", "body": each, "more_body": True} for each in pieces]
    told.append({"type": "http.disconnect"} if leaves else {"type": "http.request", "body": b"", "more_body": False})
    waiting, sent = iter(told), []

    async def receive():
        return next(waiting)

    async def send(message):
        sent.append(message)

    await pages(scope, receive, send)
    return (sent[0]["status"], b"".join(each.get("body", b"") for each in sent[1:])) if sent else (0, b"")


def test_a_request_stays_in_one_thread_from_its_beginning_to_its_end(pages, threads) -> None:
    assert asyncio.run(ask(pages, "echo", b"word=", b"hello")) == (200, b"hello")
    assert threads == [ran[0], ran[0]]
    assert ran[0].startswith("pages")


def test_requests_are_answered_side_by_side_as_many_as_there_are_threads(pages) -> None:
    async def both() -> list[tuple[int, bytes]]:
        return list(await asyncio.gather(ask(pages, "meet"), ask(pages, "meet")))

    assert asyncio.run(both()) == [(200, b"met"), (200, b"met")]


def test_what_there_is_no_thread_for_waits_its_turn(settings, threads) -> None:
    settings.WEB_THREADS = 1
    pages = Pages()

    async def several() -> list[tuple[int, bytes]]:
        return list(await asyncio.gather(*(ask(pages, "echo", b"word=%d" % n) for n in range(5))))

    assert asyncio.run(several()) == [(200, b"%d" % n) for n in range(5)]
    assert len(set(threads)) == 1


@pytest.mark.parametrize("watched", WATCHING)
def test_who_watches_the_process_waits_behind_no_page(settings, watched) -> None:
    settings.WEB_THREADS = 1
    pages = Pages()

    async def ask_while_a_page_waits() -> tuple[bytes, bytes]:
        waiting = asyncio.create_task(ask(pages, "meet"))
        _status, told = await asyncio.wait_for(ask(pages, watched, b"word=well"), 20)
        assert not waiting.done()
        await asyncio.get_running_loop().run_in_executor(None, together.wait, 20)
        return told, (await waiting)[1]

    assert asyncio.run(ask_while_a_page_waits()) == (b"well", b"met")


def test_who_leaves_before_all_is_said_asks_for_nothing(pages, threads) -> None:
    assert asyncio.run(ask(pages, "echo", b"word=hel", leaves=True)) == (0, b"")
    assert (ran, threads) == ([], [])


def test_a_mistake_is_a_500_and_the_next_request_is_answered(pages, threads) -> None:
    assert asyncio.run(ask(pages, "broken"))[0] == 500
    assert asyncio.run(ask(pages, "echo", b"word=still")) == (200, b"still")
    assert len(threads) == 4


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("name", "body"), [("people", b"0"), ("file", FILE)])
def test_no_thread_keeps_a_database_connection_between_two_requests(pages, threads, name, body) -> None:
    database.close()
    taken = database.pool.get_stats().get("pool_size", 0) - database.pool.get_stats().get("pool_available", 0)

    for _again in range(3):
        assert asyncio.run(ask(pages, name)) == (200, body)

    stats = database.pool.get_stats()
    assert stats["pool_size"] - stats["pool_available"] == taken
    assert len(threads) == 6
