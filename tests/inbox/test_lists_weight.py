"""What a page weighs on its way to the browser: everything it loads, compressed as it is sent."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from tests.inbox.rows import add_item, add_message
from tests.world import World

PAGE_LIMIT = 150_000  # bytes
SCRIPT_LIMIT = 50_000
ALREADY_COMPRESSED = {".woff2"}


def found(address: str) -> Path:
    path = finders.find(address.partition("/static/")[2].partition("#")[0].partition("?")[0])
    assert path, f"{address} is not among the static files"
    return Path(str(path))


def loaded(page: str) -> set[Path]:
    """Every file the browser fetches: what the page names, and what that names in turn."""
    waiting = [found(each) for each in re.findall(r'(?:src|href)="(/static/[^"]+)"', page)]
    files: set[Path] = set()
    while waiting:
        path = waiting.pop()
        if path in files:
            continue
        files.add(path)
        if path.suffix == ".js":
            waiting += [path.parent / each for each in re.findall(r'(?:from|import) "(\./[^"]+)"', path.read_text())]
        if path.suffix == ".css":
            waiting += [(path.parent / each).resolve() for each in re.findall(r'url\("([^"]+)"\)', path.read_text())]
    return files


def weight(path: Path) -> int:
    data = path.read_bytes()
    return len(data) if path.suffix in ALREADY_COMPRESSED else len(gzip.compress(data))


@pytest.fixture
def page(world: World) -> str:
    """A thread of thirty messages beside a full page of the list."""
    for number in range(60):
        add_item(world.connection, world.support, f"Item number {number} wants something of us", by=f"Person {number}")
    item = add_item(world.connection, world.support)
    for number in range(30):
        add_message(item, f"Message {number} of a rather long conversation about one and the same thing")
    client = Client()
    client.force_login(world.alice)
    return client.get(f"/items/{item.pk}/").content.decode()


def test_the_whole_page_is_light(page: str):
    sizes = {path.name: weight(path) for path in loaded(page)}
    assert {"app.js", "list.css", "icons.svg", "inter-latin.woff2"} <= sizes.keys()
    assert any(name.startswith("htmx") for name in sizes)
    whole = sum(sizes.values()) + len(gzip.compress(page.encode()))
    assert whole <= PAGE_LIMIT, sizes


def test_its_scripts_are_small(page: str):
    scripts = {path.name: weight(path) for path in loaded(page) if path.suffix in {".js", ".mjs"}}
    assert len(scripts) > 10
    assert sum(scripts.values()) <= SCRIPT_LIMIT, scripts


def test_a_list_alone_comes_compressed(world: World):
    for _number in range(60):
        add_item(world.connection, world.support)
    client = Client(headers={"Accept-Encoding": "gzip"})
    client.force_login(world.alice)
    answer = client.get("/")
    assert answer["Content-Encoding"] == "gzip"
    assert len(answer.content) < 20_000
