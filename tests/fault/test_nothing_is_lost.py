"""Workers die, Redis is emptied or gone, the web process is killed: nothing is lost and nothing is doubled."""

from __future__ import annotations

import json
import random
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from django.db.models import Count
from django.utils import timezone

from connectors.generic import sign
from inbox import replies
from inbox.models import Attempt, Decision, Event, Item, Message, Outbound
from tests import world as small_world
from tests.fault.machinery import machinery, wait
from tests.platforms.telegram import TOKEN, TelegramServer

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]
PENDING = Event.objects.filter(state__in=["pending", "leased"])


class Platform:
    """A platform that keeps its own books: what it sent, what was accepted. It redelivers what got no 2xx."""

    def __init__(self, url: str, key: str) -> None:
        self.url, self.key = url, key
        self.accepted: dict[str, bytes] = {}
        self.slowest = 0.0

    def send(self, number: int, *, again: bool = False) -> None:
        text = ["I can't log in", "so much fun", "Guten Tag", "助けて"][number % 4]
        author = {"id": f"u{number % 50}", "name": "Somebody"}
        body = json.dumps({"id": f"m{number}", "kind": "mention", "text": text, "author": author}).encode()
        for _delivery in range(2 if again else 1):
            while not self._deliver(f"d{number}", body):
                time.sleep(0.1)
        self.accepted[f"d{number}"] = body

    def _deliver(self, name: str, body: bytes) -> bool:
        start = time.monotonic()
        headers = sign(small_world.SECRET, name, datetime.now(UTC), body)
        try:
            status = httpx.post(f"{self.url}/hooks/{self.key}/", content=body, headers=headers, timeout=10).status_code
        except httpx.HTTPError:
            return False
        self.slowest = max(self.slowest, time.monotonic() - start)
        assert status in {200, 503}
        return status == 200


def check_the_books(platform: Platform, count: int) -> None:
    """The platform's own log against our database; our own logs are not asked."""
    stored = {event.delivery_key: bytes(event.body) for event in Event.objects.all()}
    assert stored == platform.accepted
    assert len(stored) == count
    assert set(Event.objects.values_list("state", flat=True)) == {"done"}
    assert sorted(Message.objects.values_list("external_id", flat=True)) == sorted(f"m{n}" for n in range(count))
    assert Item.objects.count() == count  # a mention is an item of its own
    assert Decision.objects.count() == count
    assert not Item.objects.annotate(many=Count("messages")).exclude(many=1).exists()


def let_leases_end() -> None:
    """A minute passes: what a killed worker held is free again."""
    PENDING.update(lease_until=timezone.now() - timedelta(seconds=1), next_at=timezone.now())


def test_killed_workers_and_a_flushed_redis_lose_and_double_nothing(tmp_path: Path) -> None:
    world = small_world.build()
    dice = random.Random(7)  # printed by nobody: the same every time
    with machinery(tmp_path) as machines:
        for start in (machines.broker, machines.web, machines.worker, machines.sweeper):
            start()
        platform = Platform(machines.url, world.connection.key)
        sending = threading.Thread(
            target=lambda: [platform.send(n, again=dice.random() < 0.2) for n in range(500)], daemon=True
        )
        sending.start()
        kills = 0
        while sending.is_alive():
            time.sleep(0.4)
            machines.redis().flushall()
            machines.kill("worker")
            machines.worker()
            kills += 1
            if kills == 2:
                machines.kill("web")
                machines.web()
            if kills % 3 == 0:
                machines.kill("sweeper")
                machines.sweeper()
        assert kills >= 3
        for name in ("worker", "sweeper"):
            machines.kill(name)
        let_leases_end()
        machines.worker()
        machines.sweeper()
        wait(lambda: not PENDING.exists(), "the end of the backlog", patience=120)
    check_the_books(platform, 500)


def test_without_redis_everything_still_happens(tmp_path: Path) -> None:
    world = small_world.build()
    with machinery(tmp_path) as machines:
        machines.web()  # there is no broker at all, and no worker
        machines.sweeper()
        platform = Platform(machines.url, world.connection.key)
        for number in range(60):
            platform.send(number)
        assert platform.slowest < 1
        wait(lambda: not PENDING.exists(), "the end of the backlog")
    check_the_books(platform, 60)


def test_a_frozen_redis_does_not_hold_up_the_door(tmp_path: Path) -> None:
    world = small_world.build()
    with machinery(tmp_path) as machines:
        machines.broker()
        machines.web()
        machines.sweeper()
        machines.alive["broker"].send_signal(19)  # SIGSTOP: it accepts connections and never answers
        platform = Platform(machines.url, world.connection.key)
        for number in range(40):
            platform.send(number)
        assert platform.slowest < 1
        wait(lambda: not PENDING.exists(), "the end of the backlog")
        machines.alive["broker"].send_signal(18)
    check_the_books(platform, 40)


def test_a_reply_is_posted_at_most_once_whoever_dies(tmp_path: Path, settings: object) -> None:
    """Telegram knows no idempotency key: what was on its way when a worker died is unknown, never sent again."""
    world = small_world.build()
    telegram = TelegramServer()
    telegram.fall_silent(0.3)
    connection = small_world.make_connection("telegram", api_base=telegram.url)
    small_world.add_secret(connection, "bot_token", TOKEN)
    count = 24
    items = small_world.receive(connection, *(small_world.entry(f"Q{n}", thread=str(1000 + n)) for n in range(count)))
    with machinery(tmp_path) as machines:
        machines.broker()
        for item in items:
            replies.reply(item=item.pk, by=world.alice, text=f"Answer {item.thread}", key="k")
        for _kill in range(4):
            machines.worker()
            machines.sweeper()
            time.sleep(2.5)
            machines.kill("worker")
            machines.kill("sweeper")
        Outbound.objects.filter(state="sending").update(lease_until=timezone.now() - timedelta(seconds=1))
        machines.sweeper()
        settled = ["sent", "unknown"]
        wait(lambda: not Outbound.objects.exclude(state__in=settled).exists(), "every reply", patience=60)
    telegram.close()
    posts = [post["text"] for post in telegram.accepted]
    assert len(posts) == len(set(posts))
    sent = set(Outbound.objects.filter(state="sent").values_list("message__text", flat=True))
    assert sent <= set(posts)
    assert Outbound.objects.count() == count
    assert Attempt.objects.count() == count  # one automatic try each


def test_the_machinery_can_fail(tmp_path: Path) -> None:
    """The control: without a worker and a sweeper the backlog stays, and the books do not balance."""
    world = small_world.build()
    with machinery(tmp_path) as machines:
        machines.web()
        platform = Platform(machines.url, world.connection.key)
        platform.send(1)
        time.sleep(1)
    with pytest.raises(AssertionError):
        check_the_books(platform, 1)
