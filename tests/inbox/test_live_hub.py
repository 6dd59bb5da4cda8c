"""Open tabs hear that a queue changed, only if they may see it, and never what is in it."""

from __future__ import annotations

import asyncio
import itertools
import time
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from inbox.live import hub as hub_module
from inbox.live.message import Change, Message
from inbox.live.publisher import publisher
from inbox.live.words import READERS, spread
from teams.models import Membership, Team
from tests import world as small_world
from tests.inbox.at_the_hub import Stream, at_the_hub, in_database, message, say, session_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _own_channel(settings):
    settings.LIVE_CHANNEL = f"{settings.LIVE_CHANNEL}:test:{time.monotonic_ns()}"
    publisher.redis.reset()


@pytest.fixture
def world(transactional_db) -> small_world.World:
    return small_world.build()


def test_a_nudge_reaches_an_open_tab(world) -> None:
    session = session_of(world.alice)

    async def scenario(hub):
        tab = await Stream(hub, session).live()
        began = time.monotonic()
        await say(teams=[world.support.pk], item=7)
        await tab.until(lambda tab: tab.nudges)
        return tab, time.monotonic() - began

    tab, took = at_the_hub(scenario)

    assert tab.nudges == [([world.support.pk], 7)]
    assert took < 1
    assert tab.headers["content-type"].startswith("text/event-stream")
    assert "no-store" in tab.headers["cache-control"]
    assert tab.raw.startswith(b"retry: 3000\n\n")


@pytest.mark.parametrize(
    ("tabs", "within"), [(1, 0), (READERS, 0), (READERS * 2, 2_000), (200, 8_000), (2_000, 10_000)]
)
def test_many_tabs_spread_what_they_read_again(tabs: int, within: int) -> None:
    assert spread(tabs) == within


def test_tabs_are_told_over_how_long_to_spread(world, monkeypatch) -> None:
    monkeypatch.setattr("inbox.live.words.READERS", 1)
    sessions = [session_of(world.alice), session_of(world.bob)]

    async def scenario(hub):
        tabs = [await Stream(hub, session).live() for session in sessions]
        await say(teams=[world.support.pk], item=7)
        return [await tab.until(lambda tab: tab.nudges) for tab in tabs]

    assert [tab.events[-1][1]["within"] for tab in at_the_hub(scenario)] == [2_000, 2_000]


def test_only_tabs_that_a_nudge_concerns_count_as_its_readers(world, monkeypatch) -> None:
    monkeypatch.setattr("inbox.live.words.READERS", 1)
    hers, others = session_of(world.dora), session_of(world.alice)

    async def scenario(hub):
        dora = await Stream(hub, hers).live()
        for _tab in range(3):
            await Stream(hub, others).live()
        await say(teams=[world.legal.pk], item=7)
        return await dora.until(lambda tab: tab.nudges)

    assert at_the_hub(scenario).events[-1][1]["within"] == 0


class TestWhoMayHear:
    def test_every_person_hears_exactly_of_the_teams_they_may_see(self, world) -> None:
        """By enumeration: every set of teams against every person."""
        teams = [world.support.pk, world.marketing.pk, world.legal.pk, world.fallback.pk]
        sets = [set(some) for size in range(1, 5) for some in itertools.combinations(teams, size)]
        may = {person.pk: set(Team.objects.visible_to(person).values_list("pk", flat=True)) for person in world.people}
        sessions = {person: session_of(person) for person in world.people}

        async def scenario(hub):
            tabs = {person: await Stream(hub, key).live() for person, key in sessions.items()}
            for number, some in enumerate(sets):
                hub._tell(message((some, number)))
                await asyncio.sleep(0.01)
            return tabs

        for person, tab in at_the_hub(scenario).items():
            expected = [
                (sorted(some & may[person.pk]), number if some <= may[person.pk] else None)
                for number, some in enumerate(sets)
                if some & may[person.pk]
            ]
            assert tab.nudges == expected, person
        assert may[world.charlie.pk] == set()
        assert world.legal.pk not in may[world.alice.pk]
        assert may[world.ada.pk] >= set(teams)

    def test_several_items_in_one_message_are_named_to_nobody(self, world) -> None:
        session = session_of(world.alice)

        async def scenario(hub):
            tab = await Stream(hub, session).live()
            hub._tell(message(({world.support.pk}, 1), ({world.support.pk, world.marketing.pk}, 2)))
            hub._tell(message(({world.legal.pk}, 3)))
            return await tab.until(lambda tab: tab.nudges)

        assert at_the_hub(scenario).nudges == [(sorted([world.support.pk, world.marketing.pk]), None)]

    def test_a_handoff_is_heard_by_both_teams(self, world) -> None:
        sessions = [session_of(world.alice), session_of(world.bob)]

        async def scenario(hub):
            tabs = [await Stream(hub, session).live() for session in sessions]
            await say(teams={world.support.pk, world.marketing.pk}, item=9)
            return [await tab.until(lambda tab: tab.nudges) for tab in tabs]

        both = sorted([world.support.pk, world.marketing.pk])
        assert [tab.nudges for tab in at_the_hub(scenario)] == [[(both, 9)]] * 2

    def test_where_somebody_looks_is_said_to_those_alone_who_may_see_the_item(self, world) -> None:
        sessions = {person: session_of(person) for person in world.people}
        looks = {Change(frozenset({world.legal.pk}), 8), Change(frozenset({world.support.pk}), 9)}

        async def scenario(hub):
            tabs = {person: await Stream(hub, key).live() for person, key in sessions.items()}
            hub._tell(Message(looks=looks))
            await asyncio.sleep(0.1)
            return tabs

        tabs = at_the_hub(scenario)
        heard = {
            person.username: [data["items"] for name, data in tab.events if name == "look"]
            for person, tab in tabs.items()
        }
        assert heard == {"alice": [[9]], "bob": [[9]], "charlie": [], "dora": [[8, 9]], "ada": [[8, 9]]}
        assert all(tab.nudges == [] for tab in tabs.values())  # nothing has to be read again for it

    def test_what_changed_for_a_person_is_told_them_beside_where_somebody_looks(self, world) -> None:
        session = session_of(world.bob)

        async def scenario(hub):
            tab = await Stream(hub, session).live()
            hub._tell(Message(users={world.bob.pk}, looks={Change(frozenset({world.support.pk}), 9)}))
            return await tab.until(lambda tab: len(tab.events) > 2)

        assert [name for name, _data in at_the_hub(scenario).events] == ["live", "nudge", "look"]

    def test_a_nudge_for_a_person_reaches_that_person_alone(self, world) -> None:
        sessions = [session_of(world.bob), session_of(world.alice)]

        async def scenario(hub):
            bob, alice = [await Stream(hub, session).live() for session in sessions]
            await say(users=[world.bob.pk])
            await bob.until(lambda tab: tab.nudges)
            await asyncio.sleep(0.1)
            return bob, alice

        bob, alice = at_the_hub(scenario)
        assert bob.nudges == [([], None)]
        assert alice.nudges == []

    @pytest.mark.parametrize(
        "cookie", ["", "session=", "session=nobody", "session=" + "a" * 32, 'session="\\000abc"', "session=é☃", "=;=;;"]
    )
    def test_a_stranger_gets_401_and_nothing_else(self, world, cookie) -> None:
        async def scenario(hub):
            tab = Stream(hub, "", cookie=cookie.encode().decode("latin-1"))
            await tab.until(lambda tab: tab.ended)
            return tab, len(hub.tabs)

        tab, open_tabs = at_the_hub(scenario)

        assert (tab.status, open_tabs) == (401, 0)
        assert tab.events == []

    def test_only_get_opens_a_stream(self, world) -> None:
        session = session_of(world.alice)

        async def scenario(hub):
            tabs = [Stream(hub, session, method=method) for method in ("POST", "DELETE", "HEAD")]
            return [(await tab.until(lambda tab: tab.ended)).status for tab in tabs]

        assert at_the_hub(scenario) == [405, 405, 200]


class TestTheEndOfASession:
    @pytest.fixture(autouse=True)
    def _look_often(self, monkeypatch):
        monkeypatch.setattr(hub_module, "CHECK_EVERY", 0.1)

    def _ends(self, world, change) -> bool:
        session = session_of(world.alice)

        async def scenario(hub):
            tab = await Stream(hub, session).live()
            await asyncio.sleep(0.3)
            assert not tab.ended
            await in_database(lambda: change(world, session))
            await tab.until(lambda tab: tab.ended, within=2)
            await tab.task
            return tab.ended and not hub.tabs

        return at_the_hub(scenario)

    def test_signing_out_ends_the_stream(self, world) -> None:
        assert self._ends(world, lambda world, key: Session.objects.filter(pk=key).delete())

    def test_an_expired_session_ends_the_stream(self, world) -> None:
        past = timezone.now() - timedelta(seconds=1)
        assert self._ends(world, lambda world, key: Session.objects.filter(pk=key).update(expire_date=past))

    def test_deactivation_ends_the_stream(self, world) -> None:
        def deactivate(world, key):
            world.alice.is_active = False
            world.alice.save()

        assert self._ends(world, deactivate)

    def test_a_new_password_ends_the_stream(self, world) -> None:
        def change(world, key):
            world.alice.set_password("something-else-entirely")
            world.alice.save()

        assert self._ends(world, change)

    def test_what_a_person_may_see_is_looked_at_anew(self, world) -> None:
        session = session_of(world.alice)
        world.alice.memberships.create(team=world.legal)

        async def scenario(hub):
            tab = await Stream(hub, session).live()
            hub._tell(message(({world.legal.pk}, 1)))
            await tab.until(lambda tab: tab.nudges)
            await in_database(lambda: Membership.objects.filter(user=world.alice, team=world.legal).delete())
            await asyncio.sleep(0.5)
            hub._tell(message(({world.legal.pk}, 2)))
            hub._tell(message(({world.support.pk}, 3)))
            await tab.until(lambda tab: len(tab.nudges) > 1)
            return tab

        assert at_the_hub(scenario).nudges == [([world.legal.pk], 1), ([world.support.pk], 3)]


def test_a_nudge_for_a_person_checks_at_once_what_they_may_see(world) -> None:
    session = session_of(world.dora)

    async def scenario(hub):
        tab = await Stream(hub, session).live()
        await in_database(lambda: Membership.objects.all().delete())
        await say(teams=[world.legal.pk], users=[world.dora.pk])
        await tab.until(lambda tab: tab.nudges)
        return tab

    assert at_the_hub(scenario).nudges == [([], None)]


class TestSlowTabs:
    def test_one_that_does_not_read_gets_one_event_for_all(self, world) -> None:
        sessions = [session_of(world.alice), session_of(world.bob)]

        async def scenario(hub):
            slow, quick = [await Stream(hub, session).live() for session in sessions]
            slow.reading.clear()
            for number in range(50):
                hub._tell(message(({world.support.pk}, number)))
                await asyncio.sleep(0.002)
            slow.reading.set()
            await slow.until(lambda tab: len(tab.nudges) > 1)
            await asyncio.sleep(0.05)
            return slow, quick

        slow, quick = at_the_hub(scenario)
        assert slow.nudges == [([world.support.pk], 0), (None, None)]
        assert len(quick.nudges) == 50

    def test_one_that_never_reads_again_is_let_go(self, world, monkeypatch) -> None:
        monkeypatch.setattr(hub_module, "CHECK_EVERY", 0.1)
        monkeypatch.setattr(hub_module, "STUCK", 0.2)
        session = session_of(world.alice)

        async def scenario(hub):
            tab = await Stream(hub, session).live()
            tab.reading.clear()
            hub._tell(message(({world.support.pk}, 1)))
            await asyncio.wait_for(tab.task, 3)
            return len(hub.tabs)

        assert at_the_hub(scenario) == 0

    def test_a_burst_is_written_in_a_few_rounds(self, world) -> None:
        session = session_of(world.alice)

        async def scenario(hub):
            tab = await Stream(hub, session).live()
            for number in range(100):
                await say(teams=[world.support.pk], item=number)
            hub_quiet = asyncio.sleep(0.3)
            await hub_quiet
            return tab

        nudges = at_the_hub(scenario).nudges
        assert 1 <= len(nudges) < 50


def test_a_mistake_in_one_round_does_not_end_the_hub(world, monkeypatch) -> None:
    session = session_of(world.alice)

    async def scenario(hub):
        tab = await Stream(hub, session).live()
        with monkeypatch.context() as broken:
            broken.setattr(hub, "_tell", lambda message: 1 / 0)
            await say(teams=[world.support.pk])
            await asyncio.sleep(0.2)
        await asyncio.sleep(1)
        await say(teams=[world.support.pk], item=2)
        await tab.until(lambda tab: tab.nudges)
        return tab

    assert at_the_hub(scenario).nudges == [([world.support.pk], 2)]


class TestTheStream:
    def test_beats_while_nothing_happens(self, world, monkeypatch) -> None:
        monkeypatch.setattr(hub_module, "BEAT_EVERY", 0.05)
        session = session_of(world.alice)

        async def scenario(hub):
            tab = await Stream(hub, session).live()
            return await tab.until(lambda tab: tab.raw.count(b": \n\n") >= 3)

        assert [name for name, _ in at_the_hub(scenario).events] == ["live"]

    def test_a_closed_tab_is_forgotten(self, world) -> None:
        session = session_of(world.alice)

        async def scenario(hub):
            tabs = [await Stream(hub, session).live() for _ in range(3)]
            assert (len(hub.tabs), hub._per_user) == (3, {world.alice.pk: 3})
            for tab in tabs:
                tab.leave()
            await asyncio.gather(*(tab.task for tab in tabs))
            return len(hub.tabs), dict(hub._per_user)

        assert at_the_hub(scenario) == (0, {})

    def test_ends_in_order_when_the_process_ends(self, world) -> None:
        session = session_of(world.alice)

        async def scenario(hub):
            tab = await Stream(hub, session).live()
            began = time.monotonic()
            hub.end_streams()
            await tab.task
            late = Stream(hub, session)
            await late.until(lambda tab: tab.ended)
            return tab, late.status, time.monotonic() - began

        tab, late, took = at_the_hub(scenario)
        assert (tab.ended, late) == (True, 503)
        assert took < 1

    def test_one_person_cannot_take_all_the_room(self, world, monkeypatch) -> None:
        monkeypatch.setattr(hub_module, "MOST_PER_USER", 2)
        sessions = [session_of(world.alice), session_of(world.bob)]

        async def scenario(hub):
            for _ in range(2):
                await Stream(hub, sessions[0]).live()
            third = Stream(hub, sessions[0])
            await third.until(lambda tab: tab.ended)
            await Stream(hub, sessions[1]).live()
            return third.status

        assert at_the_hub(scenario) == 429
