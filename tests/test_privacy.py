"""Who may not see a private team's item cannot learn of it, by enumeration of everything that answers.

Each address is asked twice by each person: in a world without the item, and in the same world with it and with
all that can happen to it. Whatever differs would be a way to learn of it: a text, a name, a number, a status.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
import time_machine
from django.core import mail
from django.db import connection as database
from django.db import transaction
from django.test import Client
from django.utils import timezone

from inbox import drafts, marks, notify, presence, queue, relay, replies, sweep
from inbox.live.message import Message as LiveMessage
from inbox.live.publisher import publisher
from inbox.models import Item, Notification
from inbox.models.notification import Topic
from inbox.selectors.filters import ORDERS
from routing.rulesets import create_rule, publish
from teams.models import Team, User
from tests import strangers
from tests.inbox.client import Api
from tests.strangers import SECRET_WORDS, Hidden, ask, routes
from tests.test_strangers import DOORS, Undone
from tests.world import World, make_item, make_person, make_team

MACHINES = {"healthz", "readyz", "metrics"}  # not for people: they count the work of the whole installation
CHANGES = re.compile(r'(csrfmiddlewaretoken" value|name="csrf" content|name="key" value)="[^"]*"')
SEARCHES = ["settlement", "dora", "A Customer", "quiet", "secret", "law"]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[LiveMessage]:
    """What went to the open tabs."""
    messages: list[LiveMessage] = []
    monkeypatch.setattr(publisher, "publish", messages.append)
    return messages


@pytest.fixture
def still() -> Iterator[None]:
    with time_machine.travel(timezone.now(), tick=False):
        yield


@contextmanager
def meanwhile(life: Callable[[], Any]) -> Iterator[Any]:
    """The world with something in it that is gone again afterwards."""
    with transaction.atomic():
        yield life()
        transaction.set_rollback(True)


def live_a_life(world: World) -> Hidden:
    """All that can happen to the items of a private team."""
    hidden = Hidden.make(world)
    other, asleep, done = (make_item(world.connection, world.legal, SECRET_WORDS, thread=f"l{n}") for n in range(3))
    by, pk = world.dora, hidden.item.pk
    queue.claim(item=pk, by=by)
    queue.note(item=pk, by=by, text=f"{SECRET_WORDS}, @alice and @support")
    marks.label(item=pk, by=by, add=["settlement"])
    marks.prioritise(item=pk, by=by, priority=Item.Priority.URGENT)
    drafts.save(item=pk, by=by, mode="note", text=SECRET_WORDS, version=None)
    presence.here(item=pk, by=by, typing=True)
    replies.reply(item=pk, by=by, text=SECRET_WORDS, key="k2")
    queue.snooze(item=asleep.pk, by=by, until=timezone.now() + timedelta(hours=1))
    queue.resolve(item=done.pk, by=by)
    queue.ignore(item=other.pk, by=by)
    queue.reopen(item=other.pk, by=by)
    relay.hand_off(item=other.pk, by=by, to=Team.objects.get(slug="board"), reason="Law", note=SECRET_WORDS)
    for topic in Topic:
        notify.tell(topic, hidden.item, User.objects.values_list("pk", flat=True), key=f"all-{topic}")
    sweep.tidy(grace=timedelta())
    return hidden


def pages(hidden: Hidden) -> list[str]:
    """Every address there is, those that name something naming something hidden; and every way to search."""
    found = [hidden.path(route) for route in routes() if route not in MACHINES and "demo/" not in route]
    for base in ("/queue/all/", "/api/v1/items/"):
        searched = [f"q={quote(words)}" for words in SEARCHES]
        filtered = ["assignee=dora", "label=settlement", "team=legal", "priority=urgent", "state=all", "returned=1"]
        found += [f"{base}?{query}" for query in (*searched, *filtered, *(f"order={order}" for order in ORDERS))]
    found.append(f"/looking/?items={','.join(str(row.pk) for row in Item.objects.all())}")
    return sorted(set(found))


def said(person: User, addresses: Sequence[str]) -> dict[str, tuple[int, str, str]]:
    """Everything that one person is told, by address."""
    client, told = Client(), {}
    client.force_login(person)
    for address in addresses:
        with Undone():
            response = client.get(address)
            body = b"".join(response) if response.streaming else response.content  # type: ignore[arg-type]
            words = CHANGES.sub(r'\1="…"', body.decode(errors="replace"))
            told[address] = (response.status_code, response.get("Location", ""), words)
    return told


def differences(before: tuple[int, str, str], after: tuple[int, str, str]) -> list[str]:
    """The lines of which only one of two answers speaks."""
    both = [[str(status), location, *words.splitlines()] for status, location, words in (before, after)]
    return [line for line in difflib.ndiff(*both) if line[0] in "-+"] if both[0] != both[1] else []


def done(person: User, paths: Mapping[str, str]) -> dict[str, tuple[int, str]]:
    """How every address answers to a POST about something hidden."""
    client, answers = Client(), {}
    client.force_login(person)
    for route, path in paths.items():
        with Undone():
            response = ask(client, "POST", path, is_api=route.startswith("api/"), body=DOORS[route].body)
            assert SECRET_WORDS not in response.content.decode(errors="replace")
            answers[route] = (response.status_code, re.sub(r"\d+", "#", response.get("Location", "")))
    return answers


@pytest.fixture
def place(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The world before: the rule is there, which everybody may read, and what everybody may see."""
    board = make_team("board", is_private=True)
    make_person("erin", board)
    rule = create_rule({"name": "Law", "any": [SECRET_WORDS], "team": "legal", "state": "live"})
    publish(by=world.ada)
    monkeypatch.setattr(strangers, "create_rule", lambda _values: rule)
    monkeypatch.setattr(strangers, "publish", lambda **_by: None)
    for team in (world.support, world.marketing):
        queue.claim(item=make_item(world.connection, team, thread=f"o{team.pk}").pk, by=world.alice)
        make_item(world.connection, team, thread=f"p{team.pk}")
    browser = Client()
    browser.force_login(world.ada)
    browser.get("/preferences/")  # the installation makes its key for Web Push when it is first asked for
    return world


@pytest.mark.slow
def test_no_address_tells_a_stranger_or_an_agent_of_another_team_anything(
    place: World, still: None, told: list[LiveMessage]
) -> None:
    people = (place.charlie, place.alice, place.bob)
    with meanwhile(lambda: live_a_life(place)) as hidden:
        addresses = pages(hidden)
        after = {person.username: said(person, addresses) for person in people}
        paths = {route: hidden.path(route) for route in DOORS if route != "sign-out/"}
        acted = {person.username: done(person, paths) for person in (place.charlie, place.alice)}
        proof = said(place.dora, addresses)
    assert not Item.objects.filter(team=place.legal).exists()
    for person in people:
        before = said(person, addresses)
        for address in addresses:
            assert not differences(before[address], after[person.username][address]), (person, address)
            assert SECRET_WORDS not in before[address][2] or "rule" in address, (person, address)
    for person in (place.charlie, place.alice):
        assert acted[person.username] == done(person, paths)
    assert sum(SECRET_WORDS in words for _status, _location, words in proof.values()) > 20  # it was there to be found


def test_no_tab_notification_or_mail_speaks_of_it(
    place: World, told: list[LiveMessage], django_capture_on_commit_callbacks: Any
) -> None:
    User.objects.update(email="somebody@example.org")
    told.clear()
    database.run_on_commit.clear()  # of what was done before, nothing is said now
    with django_capture_on_commit_callbacks(execute=True):
        live_a_life(place)
    sweep.carry()
    assert any(place.legal.pk in change.teams for message in told for change in message.changes)
    assert any(place.legal.pk in change.teams for message in told for change in message.looks)
    for person in (place.charlie, place.alice, place.bob):
        visible = frozenset(Team.objects.visible_to(person).values_list("pk", flat=True))
        for message in told:
            assert message.seen_by(visible) == ([], None), (person, message)
            assert message.looked_at(visible) == []
            assert person.pk not in message.users
        assert not Notification.objects.filter(user=person).exists()
    assert Notification.objects.filter(user=place.dora).exists()
    assert not [letter for letter in mail.outbox if SECRET_WORDS in f"{letter.subject} {letter.body}"]


@pytest.mark.slow
def test_who_hands_over_to_a_private_team_learns_only_that_it_is_with_them(
    place: World, still: None, told: list[LiveMessage], django_capture_on_commit_callbacks: Any
) -> None:
    """Whatever becomes of it there: taken, answered, passed on to another private team, done."""
    item = make_item(place.connection, place.support, "A question about a contract", thread="c1")
    before_it_left = frozenset(Team.objects.visible_to(place.alice).values_list("pk", flat=True))
    relay.hand_off(item=item.pk, by=place.alice, to=place.legal, reason="A contract", note="Please look")
    addresses = ["/", "/queue/all/", "/queue/mine/", "/queues/", "/counts/", "/handed-over/", "/notifications/"]
    addresses += [
        f"/items/{item.pk}/",
        f"/items/{item.pk}/live/",
        f"/items/{item.pk}/there/",
        f"/looking/?items={item.pk}",
    ]
    addresses += [
        f"/api/v1/{name}" for name in ("items/", f"items/{item.pk}/", "handoffs/", "notifications/", "teams/")
    ]
    addresses += ["/?q=contract", "/api/v1/items/?q=contract"]
    before = said(place.alice, addresses)
    told.clear()
    database.run_on_commit.clear()  # of what was done before, nothing is said now

    with django_capture_on_commit_callbacks(execute=True):
        queue.claim(item=item.pk, by=place.dora)
        presence.here(item=item.pk, by=place.dora)
        queue.note(item=item.pk, by=place.dora, text=f"{SECRET_WORDS} @alice")
        replies.reply(item=item.pk, by=place.dora, text=SECRET_WORDS, key="k")
        relay.hand_off(item=item.pk, by=place.dora, to=Team.objects.get(slug="board"), reason=SECRET_WORDS)
        queue.resolve(item=item.pk, by=User.objects.get(username="erin"))

    assert said(place.alice, addresses) == before
    (sent,) = Api(place.alice).get("handoffs/")
    assert (sent["item"], sent["team"], sent["outcome"], sent["settled_at"]) == (None, "legal", "with_team", None)
    page = before["/handed-over/"][2]
    assert "With Legal" in page
    assert f"/items/{item.pk}/" not in page
    assert before[f"/items/{item.pk}/"][0] == before[f"/api/v1/items/{item.pk}/"][0] == 404
    assert told
    for message in told:
        assert message.seen_by(before_it_left) == ([], None)
        assert place.alice.pk not in message.users
