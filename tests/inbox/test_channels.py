"""Every kind of thing by every way to be told: exactly what was chosen, once, and no more."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from django.core import mail as outbox_of
from django.test import Client

from inbox import mail, notify, push
from inbox.models import Notification, NotificationChoice
from inbox.models.notification import Topic
from inbox.views.preferences import CHANNELS
from teams.models import User
from tests.platforms.push import PushService
from tests.world import World, make_item

OWN = {"time_zone": "UTC", "language": "en", "theme": "system", "density": "comfortable", "topics": "1"}
WAYS = list(itertools.product([True, False], repeat=3))


@pytest.fixture
def service(settings: Any) -> Iterator[PushService]:
    settings.ALLOW_PRIVATE_HOSTS = ["127.0.0.0/8"]
    made = PushService()
    yield made
    made.close()


def choose(person: User, topic: Topic, ways: tuple[bool, ...]) -> None:
    """On the page, as people do: everything else is turned the other way round."""
    client = Client()
    client.force_login(person)
    ticked = {
        f"{channel}_{each}": "on"
        for each in Topic
        for channel, chosen in zip(CHANNELS, ways, strict=True)
        if chosen == (each == topic)
    }
    answer = client.post("/preferences/", {**OWN, "email": f"{person.username}@example.org", **ticked})
    assert answer.status_code == 302
    person.refresh_from_db()


@pytest.mark.parametrize("topic", Topic)
def test_each_kind_comes_by_the_chosen_ways_and_by_no_other(world: World, service: PushService, topic: Topic) -> None:
    push.subscribe(by=world.alice, **service.subscribe().keys)
    for number, (in_page, by_mail, by_push) in enumerate(WAYS):
        choose(world.alice, topic, (in_page, by_mail, by_push))
        item = make_item(world.connection, world.support)
        outbox_of.outbox.clear()
        service.accepted.clear()
        for _twice in range(2):
            notify.tell(topic, item, [world.alice.pk], key=f"k{number}")
            mail.send_due()
            push.send_due()
        seen = notify.visible(world.alice).filter(item=item).count()
        assert (seen, len(outbox_of.outbox), len(service.accepted)) == (int(in_page), int(by_mail), int(by_push))
        if not (in_page or by_mail or by_push):
            assert not Notification.objects.filter(item=item).exists()


def test_what_the_page_shows_is_what_was_chosen(world: World) -> None:
    choose(world.alice, Topic.OVERDUE, (False, True, False))
    kept = {row.topic: (row.in_page, row.by_mail, row.by_push) for row in NotificationChoice.objects.all()}
    assert kept.pop("overdue") == (False, True, False)
    assert set(kept.values()) == {(True, False, True)}
    assert len(kept) == len(Topic) - 1
    client = Client()
    client.force_login(world.alice)
    page = client.get("/preferences/").content.decode()
    named = [f"{channel}_{topic}" for topic in Topic for channel in CHANNELS]
    ticked = {name for name in named if f'name="{name}" checked' in page}
    assert ticked == {"mail_overdue"} | {f"{way}_{topic}" for topic in kept for way in ("page", "push")}


def test_a_form_without_the_choices_changes_none(world: World) -> None:
    choose(world.alice, Topic.OVERDUE, (False, True, False))
    before = list(NotificationChoice.objects.order_by("pk").values())
    client = Client()
    client.force_login(world.alice)
    client.post("/preferences/", {name: value for name, value in OWN.items() if name != "topics"})
    assert list(NotificationChoice.objects.order_by("pk").values()) == before
