"""The list of pages that the browser reads leaves none out."""

from __future__ import annotations

from django.test import Client
from django.urls import resolve

from tests.browser.pages import AT_THE_DOOR, Shown
from tests.strangers import Hidden, routes
from tests.world import World


def test_every_page_of_the_urlconf_is_read_by_axe(world: World):
    hidden = Hidden.make(world)
    client = Client()
    client.force_login(world.ada)
    found = {route for route in routes() if not route.startswith("api/") and is_page(client, hidden.path(route))}
    read = {resolve(address.partition("?")[0]).route for address in (AT_THE_DOOR, *Shown().addresses())}
    assert {"", "items/<int:pk>/", "rules/", "rules/past/"} <= found
    assert found - read == set()


def is_page(client: Client, path: str) -> bool:
    """A document of its own, not a fragment of one."""
    response = client.get(path)
    html = response.status_code == 200 and response["Content-Type"].startswith("text/html")
    return html and "<html" in response.content.decode()
