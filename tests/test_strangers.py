"""What every address says to whoever has no business there. An address without an entry fails.

Each entry holds four answers to GET and four to POST: to an anonymous visitor, to charlie (signed in,
in no team), to alice (leads Support, and may not see the private team Legal), and to ada, the admin,
who proves that the address was a real one. All objects in the addresses belong to Legal.
"""

from __future__ import annotations

import asyncio
from typing import NamedTuple

import httpx
import pytest
from django.db import transaction
from django.test import Client

from config.asgi import Relaybox
from inbox.models import Event
from tests.strangers import SECRET_WORDS, Hidden, ask, routes, state_of_everything

Answers = tuple[int, int, int, int]


class Door(NamedTuple):
    get: Answers
    post: Answers
    body: str = "{}"


NO_GET, NO_POST = (302, 405, 405, 405), (302, 405, 405, 405)
HIDDEN = (302, 404, 404, 200)
PAGE = Door((302, 200, 200, 200), NO_POST)
OWN_FORM = Door((302, 200, 200, 200), (302, 200, 200, 200))
HIDDEN_PAGE = Door(HIDDEN, NO_POST)
HIDDEN_FORM = Door(HIDDEN, HIDDEN)
HIDDEN_ACT = Door(NO_GET, (302, 404, 404, 302))
HIDDEN_NAMELESS = Door(NO_GET, (302, 404, 404, 400))  # a name is missing
HIDDEN_LOST = Door(NO_GET, (302, 404, 404, 409))  # the item is not in the state for it
ADMIN_PAGE = Door(HIDDEN, (302, 404, 404, 405))
ADMIN_ACT = Door((302, 404, 404, 405), (302, 404, 404, 302))
MACHINES = Door((200, 200, 200, 200), (405, 405, 405, 405))
NOTHING_NAMED = Door(NO_GET, (302, 200, 200, 200))  # of the items somebody names, each is asked for by itself
SIGNED = Door((404, 404, 404, 404), (405, 405, 405, 405))  # for platforms, which are told a signed name
BRAND = Door((405, 405, 405, 405), (404, 404, 404, 404))

API_NO = (401, 405, 405, 405)
API_LIST = Door((401, 200, 200, 200), API_NO)
API_ADMIN = Door((401, 403, 403, 200), API_NO)


def api_act(body: str = "{}", *, admin: int = 200) -> Door:
    return Door(API_NO, (401, 404, 404, admin), body)


DOORS: dict[str, Door] = {
    "api/v1/schema/": MACHINES,
    "api/v1/teams/": API_LIST,
    "api/v1/me/": API_LIST,
    "api/v1/tokens/": Door((401, 200, 200, 200), (401, 201, 201, 201)),
    "api/v1/tokens/<int:pk>/": Door(API_NO, API_NO),
    "api/v1/items/": API_LIST,
    "api/v1/items/<int:pk>/": Door((401, 404, 404, 200), API_NO),
    "api/v1/items/<int:pk>/replies/": api_act('{"text": "Hi"}', admin=201),
    "api/v1/items/<int:pk>/claim/": api_act(),
    "api/v1/items/<int:pk>/release/": api_act(admin=409),
    "api/v1/items/<int:pk>/resolve/": api_act(),
    "api/v1/items/<int:pk>/ignore/": api_act(),
    "api/v1/items/<int:pk>/reopen/": api_act(admin=409),
    "api/v1/items/<int:pk>/snooze/": api_act('{"until": "2027-06-01T00:00:00Z"}'),
    "api/v1/items/<int:pk>/notes/": api_act('{"text": "Hi"}'),
    "api/v1/items/<int:pk>/handoff/": api_act('{"team": "support", "reason": "Hi"}'),
    "api/v1/items/<int:pk>/return/": api_act('{"reason": "Hi"}', admin=409),
    "next/": Door(NO_GET, (302, 302, 302, 302)),
    "items/<int:pk>/skip/": HIDDEN_FORM,
    "items/<int:pk>/there/": HIDDEN_FORM,
    "looking/": PAGE,
    "notifications/": Door((302, 200, 200, 200), (302, 302, 302, 302)),
    # Somebody else's leads where one's own list is, as one that is not there does.
    "notifications/<int:pk>/": Door((302, 302, 302, 302), NO_POST),
    "notifications/browsers/": Door(NO_GET, (302, 400, 400, 400)),
    "notifications/browsers/end/": Door(NO_GET, (302, 302, 302, 302)),
    "push-worker.js": MACHINES,
    "handed-over/": PAGE,
    "away/": Door(NO_GET, (302, 302, 302, 302)),
    "coverage/": ADMIN_PAGE,
    "ledger/": ADMIN_PAGE,
    "people/reasons/": HIDDEN_FORM,
    "people/targets/": HIDDEN_FORM,
    "people/teams/<int:pk>/duty/": HIDDEN_FORM,
    "people/teams/<int:pk>/targets/": HIDDEN_FORM,
    "people/teams/<int:pk>/close/": Door((302, 404, 404, 405), (302, 404, 404, 400)),
    "api/v1/items/next/": Door(API_NO, (401, 409, 409, 200)),
    "api/v1/items/bulk/": Door(API_NO, (401, 200, 200, 200), '{"verb": "claim", "items": [1]}'),
    "api/v1/items/undo/": Door(API_NO, (401, 404, 404, 404), '{"undo": "00000000-0000-4000-8000-000000000000"}'),
    "api/v1/items/<int:pk>/skip/": api_act('{"reason": "Hi"}'),
    "api/v1/items/<int:pk>/reassign/": api_act('{"person": "dora"}'),
    "api/v1/items/<int:pk>/labels/": api_act('{"add": ["vip"]}'),
    "api/v1/items/<int:pk>/priority/": api_act('{"priority": "high"}'),
    "api/v1/items/<int:pk>/presence/": Door((401, 404, 404, 200), (401, 404, 404, 200)),
    "api/v1/handoffs/": API_LIST,
    "api/v1/notifications/": Door((401, 200, 200, 200), (401, 200, 200, 200)),
    "api/v1/me/away/": Door(API_NO, (401, 200, 200, 200), '{"away": false}'),
    "api/v1/replies/<int:pk>/take-back/": api_act(admin=409),
    "api/v1/replies/<int:pk>/mark-sent/": api_act(),
    "api/v1/replies/<int:pk>/send-again/": api_act(),
    "api/v1/connections/": API_LIST,
    "api/v1/connections/<int:pk>/messages/": Door(
        API_NO, (401, 403, 403, 201), '{"id": "m", "kind": "dm", "text": "Hi", "author": {"id": "u"}}'
    ),
    "api/v1/events/": API_ADMIN,
    "api/v1/events/<int:pk>/": API_ADMIN,
    "api/v1/events/<int:pk>/replay/": Door(API_NO, (401, 403, 403, 200)),
    "api/v1/rules/": Door((401, 200, 200, 200), (401, 403, 400, 400)),
    "api/v1/rules/<int:pk>/": Door((401, 404, 404, 200), (401, 403, 405, 405)),
    "api/v1/rules/order/": Door(API_NO, (401, 403, 400, 400)),
    "api/v1/rules/publish/": Door((401, 403, 403, 405), (401, 403, 403, 201)),
    "api/v1/rules/lint/": Door((401, 403, 403, 200), (401, 403, 403, 405)),
    "api/v1/rules/yaml/": Door((401, 403, 403, 200), (401, 403, 403, 201), '{"yaml": "rules: []"}'),
    "api/v1/rules/versions/": Door((401, 403, 403, 200), (401, 403, 403, 405)),
    "api/v1/rules/versions/<int:number>/": Door((401, 403, 403, 200), (401, 403, 403, 405)),
    "api/v1/rules/versions/<int:number>/restore/": Door((401, 403, 403, 405), (401, 403, 403, 201)),
    "api/v1/route/": Door(API_NO, (401, 200, 200, 200), '{"text": "the quiet one, settlement and all"}'),
    "api/v1/": Door((401, 404, 404, 404), (401, 404, 404, 404)),
    "api/v1/<path:rest>": Door((401, 404, 404, 404), (401, 404, 404, 404)),
    "demo/app/<str:key>/": BRAND,
    "demo/bot-api/bot<str:token>/sendMessage": BRAND,
    "healthz": MACHINES,
    "readyz": MACHINES,
    "metrics": MACHINES,
    "sign-in/": Door((200, 302, 302, 302), (200, 302, 302, 302)),
    "sign-out/": Door((405, 405, 405, 405), (302, 302, 302, 302)),
    "preferences/": OWN_FORM,
    "preferences/keys/": OWN_FORM,
    "preferences/password/": OWN_FORM,
    "bulk/claim/": NOTHING_NAMED,
    "bulk/resolve/": NOTHING_NAMED,
    "bulk/undo/<uuid:token>/": Door(NO_GET, (302, 404, 404, 404)),
    "bulk/label/": NOTHING_NAMED,
    "bulk/snooze/": Door(NO_GET, (302, 400, 400, 400)),
    "bulk/hand-over/": Door((302, 200, 200, 200), (302, 400, 400, 400)),
    "people/": ADMIN_PAGE,
    "people/new/": HIDDEN_FORM,
    "people/<int:pk>/": HIDDEN_FORM,
    "people/<int:pk>/reactivate/": ADMIN_ACT,
    "people/<int:pk>/deactivate/": ADMIN_ACT,
    "people/teams/new/": HIDDEN_FORM,
    "people/teams/<int:pk>/": HIDDEN_FORM,
    "rules/": PAGE,
    "rules/new/": Door((302, 404, 200, 200), (302, 404, 400, 400)),
    "rules/<int:pk>/": Door(HIDDEN, (302, 404, 404, 400)),
    "rules/<int:pk>/delete/": Door((302, 404, 405, 405), (302, 404, 404, 302)),
    "rules/<int:pk>/move/": Door((302, 404, 405, 405), (302, 404, 404, 302)),
    "rules/try/": Door(NO_GET, (302, 200, 200, 200)),
    "rules/publish/": ADMIN_ACT,
    "rules/versions/": ADMIN_PAGE,
    "rules/past/": ADMIN_PAGE,
    "rules/versions/<int:number>/restore/": ADMIN_ACT,
    "rules/yaml/": Door(HIDDEN, (302, 404, 404, 400)),
    "rules/yaml/export/": ADMIN_PAGE,
    "": PAGE,
    "queue/<slug:view>/": PAGE,
    "views/": Door(NO_GET, (302, 400, 400, 400)),  # a view needs a name
    "views/<int:pk>/": HIDDEN_PAGE,
    "views/<int:pk>/rename/": HIDDEN_NAMELESS,
    "views/<int:pk>/delete/": HIDDEN_ACT,
    "queues/": PAGE,
    "counts/": PAGE,
    "unsent/": PAGE,
    "team/<slug:slug>/": HIDDEN_PAGE,
    "attachments/<uuid:token>/": HIDDEN_PAGE,
    "files/<str:signed>/": SIGNED,
    "files/<str:signed>/small/": SIGNED,
    "items/<int:pk>/": HIDDEN_PAGE,
    "items/<int:pk>/live/": HIDDEN_PAGE,
    "items/<int:pk>/claim/": HIDDEN_ACT,
    "items/<int:pk>/release/": HIDDEN_LOST,
    "items/<int:pk>/resolve/": HIDDEN_ACT,
    "items/<int:pk>/reopen/": HIDDEN_LOST,
    "items/<int:pk>/ignore/": HIDDEN_ACT,
    "items/<int:pk>/hand-over/": HIDDEN_FORM,
    "items/<int:pk>/return/": HIDDEN_FORM,
    "items/<int:pk>/snooze/": HIDDEN_FORM,
    "items/<int:pk>/answer/": Door(NO_GET, (302, 404, 404, 400)),
    "items/<int:pk>/draft/": Door(NO_GET, (302, 404, 404, 400)),
    "items/<int:pk>/drafts/": HIDDEN_PAGE,
    "items/<int:pk>/files/": Door(HIDDEN, (302, 404, 404, 400)),
    "items/<int:pk>/files/<uuid:token>/": Door(NO_GET, (302, 404, 404, 404)),  # somebody else's, also for an admin
    "items/<int:pk>/files/<uuid:token>/remove/": Door(NO_GET, (302, 404, 404, 404)),
    "items/<int:pk>/saved-replies/": HIDDEN_PAGE,
    "items/<int:pk>/names/": HIDDEN_PAGE,
    "saved-replies/": PAGE,
    "saved-replies/new/": Door((302, 200, 200, 200), (302, 400, 400, 400)),
    "saved-replies/<int:pk>/": Door(HIDDEN, (302, 404, 404, 400)),
    "saved-replies/<int:pk>/delete/": HIDDEN_ACT,
    "items/<int:pk>/replies/<int:outbound>/take-back/": HIDDEN_LOST,
    "items/<int:pk>/replies/<int:outbound>/mark-sent/": HIDDEN_ACT,
    "items/<int:pk>/replies/<int:outbound>/send-again/": HIDDEN_ACT,
    "connections/": ADMIN_PAGE,
    "connections/new/": ADMIN_PAGE,
    "connections/new/<slug:kind>/": HIDDEN_FORM,
    "connections/<int:pk>/": HIDDEN_FORM,
    "connections/<int:pk>/arrivals/": ADMIN_PAGE,
    "connections/<int:pk>/events/": ADMIN_PAGE,
    "connections/<int:pk>/pause/": ADMIN_ACT,
    "connections/<int:pk>/resume/": ADMIN_ACT,
    "connections/<int:pk>/secrets/<slug:name>/": Door((302, 404, 404, 405), HIDDEN),
    "connections/dead/": ADMIN_PAGE,
    "connections/dead/replay/": ADMIN_ACT,
    "connections/events/<int:pk>/": ADMIN_PAGE,
    "connections/events/<int:pk>/replay/": ADMIN_ACT,
}
# What a signed-in person may change anywhere: their own tokens, and nothing of anybody else's.
OWN_WRITES = {"api/v1/tokens/"}
# Django's form views take a PUT for a POST, whose fields they then miss.
FORMS = {"sign-in/", "preferences/password/"}


def test_every_address_has_an_entry_and_every_entry_an_address():
    assert sorted(routes()) == sorted(DOORS)


@pytest.mark.parametrize("route", DOORS)
def test_who_gets_what(world, route: str):
    hidden, door = Hidden.make(world), DOORS[route]
    people = (None, world.charlie, world.alice, world.ada)
    before = state_of_everything()
    for method, answers in (("GET", door.get), ("POST", door.post)):
        for person, expected in zip(people, answers, strict=True):
            with Undone():
                client = Client()
                if person:
                    client.force_login(person)
                response = ask(client, method, hidden.path(route), is_api=route.startswith("api/"), body=door.body)
                said = (method, person, response.status_code)
                assert said == (method, person, expected), response.content[:500]
                if person != world.ada:
                    assert SECRET_WORDS.encode() not in response.content
                    assert route in OWN_WRITES or state_of_everything() == before
                if person is None and expected == 302:
                    assert response["Location"].startswith("/sign-in/")


@pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH"])
def test_no_other_method_does_anything(world, method: str):
    hidden = Hidden.make(world)
    before = state_of_everything()
    for person in (None, world.charlie, world.alice):
        client = Client()
        if person:
            client.force_login(person)
        for route in sorted(set(DOORS) - FORMS):
            response = ask(client, method, hidden.path(route), is_api=route.startswith("api/"))
            assert response.status_code in ({401, 405, 302, 404} if person is None else {405, 404, 403}), route
            assert SECRET_WORDS.encode() not in response.content
    assert state_of_everything() == before


def test_a_token_of_somebody_else_cannot_be_revoked(world):
    hidden = Hidden.make(world)
    client = Client()
    client.force_login(world.ada)
    assert client.delete(hidden.path("api/v1/tokens/<int:pk>/")).status_code == 404
    hidden.token.refresh_from_db()
    assert hidden.token.revoked_at is None


@pytest.mark.django_db(transaction=True)
def test_what_is_answered_before_django_refuses_strangers_too():
    """/live/ and /hooks/ are no part of the URLconf: config.asgi takes them first."""
    answers = asyncio.run(_knock())
    assert answers == {"/live/": [401, 401], "/hooks/nobody/": [404, 404], "/hooks/": [404, 404]}
    assert not Event.objects.exists()


async def _knock() -> dict[str, list[int]]:
    """A visitor without a session and with a made-up one, at what is no page."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(Relaybox()), base_url="http://testserver") as web:
        made_up = {"cookie": "session=made-up"}
        live = [(await web.get("/live/", headers=headers)).status_code for headers in ({}, made_up)]
        hooks = {
            path: [(await web.request(method, path)).status_code for method in ("GET", "POST")]
            for path in ("/hooks/nobody/", "/hooks/")
        }
    return {"/live/": live, **hooks}


class Undone:
    """A savepoint that is always rolled back, so that the next visitor finds the world as it was."""

    def __enter__(self) -> None:
        self.savepoint = transaction.savepoint()

    def __exit__(self, *_failure: object) -> None:
        transaction.savepoint_rollback(self.savepoint)
